"""The suite in the contract's words.

An `option` is a value or None here, a `variant` has a class for each of its cases, and what is raised as `Err` is the error of a
`result`. Every call is a pure function of its arguments: nothing may be remembered between two of them.
"""

import json

import sums
from componentize_py_types import Err, Ok
from wit_world.exports import suite
from wit_world.imports import chat

STAGE = "main"

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "terse": {
            "type": "boolean",
            "default": False,
            "description": "Ask for the number alone, without a sentence around it.",
        },
    },
}


class Suite(suite.Suite):
    def __init__(self, terse=False):
        self.terse = terse

    @classmethod
    def open(cls, settings):
        return cls(json.loads(settings).get("terse", False))

    def describe(self):
        return suite.SuiteInfo(
            stages=[suite.Stage(STAGE, suite.Pacing_Shared(), False)],
            metrics=[],
            samples=1,
            languages=[],
            slots=[],
            context_tokens=None,
            task_count=len(sums.SUMS),
        )

    def tasks(self, cursor):
        tasks = [suite.Task(f"sum/{left}+{right}", STAGE, json.dumps([left, right]), []) for left, right in sums.SUMS]
        return suite.TaskPage(tasks, None)

    def next(self, trial, history):
        left, right = json.loads(trial.task.input)
        if not history:
            return suite.Step_Perform([suite.Command_Ask(ask(sums.question(left, right, self.terse)))])
        match history[-1][0]:
            case suite.Completion_Asked(Ok(reply)):
                complaint = sums.complaint(left, right, reply.text)
                grade = suite.Grade_Fail() if complaint else suite.Grade_Pass()
                return finish(grade, complaint or "")
            case suite.Completion_Asked(Err(error)):
                # The machinery failed, which says nothing about the model.
                return finish(suite.Grade_Inconclusive(), error.message)
        raise Err("a trial asks one question and nothing else")


def ask(question):
    return chat.Request(
        slot="subject",
        prompt=chat.Prompt_Chat([chat.Message(chat.Role.USER, question)]),
        format=chat.Format_Text(),
        sampling=chat.Sampling(None, None, None, None, []),
        capture=chat.Capture(0),
        extra=None,
    )


def finish(grade, reason):
    return suite.Step_Finish(suite.Verdict(grade, [], reason, []))
