"""What the component exports. The resource `suite` is the class `Suite` of the module `suite`, where componentize-py looks for it."""

import json

import suite
from wit_world import exports
from wit_world.exports import identity


class Identity(exports.Identity):
    def describe(self):
        return identity.PluginInfo("new-plugin", "0.1.0", "Asks for sums, in Python.")


class Suite(exports.Suite):
    def settings_schema(self):
        return json.dumps(suite.SCHEMA)
