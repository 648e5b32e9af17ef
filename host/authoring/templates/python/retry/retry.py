"""The policy in the contract's words.

An `option` is a value or None here, and a `variant` has a class for each of its cases. A decision is a pure function of the
attempt: time and chance are in it.
"""

import json

import waiting
from wit_world.exports import retry

CHANCES = 1 << 64

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "max-retries": {
            "type": "integer",
            "minimum": 0,
            "default": 3,
            "description": "Retries after the first attempt.",
        },
        "delay": {
            "type": "number",
            "minimum": 0,
            "maximum": 3600,
            "default": 2,
            "description": "Seconds before each retry, in which chance spreads the retries of many clients.",
        },
    },
}


class Policy(retry.Policy):
    def __init__(self, max_retries, delay):
        self.max_retries = max_retries
        self.delay = delay

    @classmethod
    def open(cls, settings):
        settings = json.loads(settings)
        return cls(settings.get("max-retries", 3), settings.get("delay", 2))

    def decide(self, attempt):
        if waiting.is_spent(attempt.number, self.max_retries):
            return retry.Decision_GiveUp("no retries are left")
        chance = attempt.entropy / CHANCES
        return retry.Decision_Retry(waiting.pause(self.delay, chance, attempt.failure.retry_after))
