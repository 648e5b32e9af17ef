"""Weekdays: on which day of the week does a date fall?

A suite that is written in Python. This file has what the component exports besides its resource; that is the class `Suite` of the
module `suite`, which componentize-py looks for by the interface's name.
"""

import json

import suite
from wit_world import exports
from wit_world.exports import identity


class Identity(exports.Identity):
    def describe(self):
        return identity.PluginInfo("weekdays", "0.1.0", "On which day of the week a date falls, asked in Python.")


class Suite(exports.Suite):
    def settings_schema(self):
        return json.dumps(suite.SCHEMA)
