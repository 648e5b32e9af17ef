"""The suite itself.

What the contract calls `option` is a value or None here, a `variant` a class for each of its
cases, and what is raised as `Err` is the error of a `result`.
"""

import datetime
import json

from componentize_py_types import Err, Ok
from wit_world.exports import suite
from wit_world.imports import chat

STAGE = "main"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DATES = ("1969-07-20", "1999-12-31", "2000-02-29", "2024-02-29", "2100-03-01")

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "dates": {
            "type": "array",
            "items": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
            "default": list(DATES),
            "description": "The dates that are asked for, as YEAR-MONTH-DAY.",
        },
    },
}


class Suite(suite.Suite):
    def __init__(self, dates=()):
        self.dates = dates

    @classmethod
    def open(cls, settings):
        dates = json.loads(settings).get("dates", DATES)
        try:
            return cls([datetime.date.fromisoformat(date) for date in dates])
        except ValueError as error:
            raise Err(f"dates: {error}") from None

    def describe(self):
        stages = [suite.Stage(STAGE, suite.Pacing_Shared(), False)]
        return suite.SuiteInfo(
            stages=stages, metrics=[], samples=1, languages=[], slots=[], context_tokens=1024, task_count=len(self.dates)
        )

    def tasks(self, cursor):
        tasks = [
            suite.Task(str(date), STAGE, json.dumps(str(date)), [("leap-day", "yes" if is_leap_day(date) else "no")])
            for date in self.dates
        ]
        return suite.TaskPage(tasks, None)

    def next(self, trial, history):
        date = datetime.date.fromisoformat(json.loads(trial.task.input))
        if not history:
            return suite.Step_Perform([suite.Command_Ask(question(date))])
        match history[-1][0]:
            case suite.Completion_Asked(Ok(reply)):
                return verdict(date, reply.text)
            case suite.Completion_Asked(Err(error)):
                return finish(suite.Grade_Inconclusive(), error.message)
        raise Err("a trial asks one question and nothing else")


def is_leap_day(date):
    return (date.month, date.day) == (2, 29)


def question(date):
    words = f"On which day of the week does {date} fall? Answer with the name of the day alone."
    return chat.Request(
        slot="subject",
        prompt=chat.Prompt_Chat([chat.Message(chat.Role.USER, words)]),
        format=chat.Format_Text(),
        sampling=chat.Sampling(None, None, 32, None, []),
        capture=chat.Capture(0),
        extra=None,
    )


def verdict(date, answer):
    wanted = DAYS[date.weekday()]
    named = [day for day in DAYS if day.lower() in answer.lower()]
    if named == [wanted]:
        return finish(suite.Grade_Pass(), "")
    return finish(suite.Grade_Fail(), f"{wanted} and not {' or '.join(named) or 'no day'}")


def finish(grade, reason):
    return suite.Step_Finish(suite.Verdict(grade, [], reason, []))
