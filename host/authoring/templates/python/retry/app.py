"""What the component exports. The resource `policy` is the class `Policy` of the module `retry`, where componentize-py looks for it."""

import json

import retry
from wit_world import exports
from wit_world.exports import identity


class Identity(exports.Identity):
    def describe(self):
        return identity.PluginInfo("new-plugin", "0.1.0", "Waits about as long before every retry, in Python.")


class Retry(exports.Retry):
    def settings_schema(self):
        return json.dumps(retry.SCHEMA)
