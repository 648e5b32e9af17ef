"""The component's exports: who this is, and the roles an instance can play.

The host gives every program instances of its own, and each of them one role: it runs a whole program (`run`), holds a
subject (`load`, then `call`), or holds a judge (`judge`). This file only hands calls on.
"""

import sys

import failures
import library  # noqa: F401  Modules exist at run time only if they are imported when the component is made.
import judge
import subject
from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import evaluator, identity

VERSION = "0.1.0"


class Identity(exports.Identity):
    def describe(self):
        python = ".".join(str(part) for part in sys.version_info[:3])
        return identity.PluginInfo("python", VERSION, f"Runs Python programs: CPython {python} in WASM.")


class Evaluator(exports.Evaluator):
    def languages(self):
        return ["python"]

    def run(self, source):
        _or_raise(subject.run(source))

    def load(self, source):
        _or_raise(subject.load(source))

    def call(self, entry_point, input):
        answer, error = subject.call(entry_point, input)
        if error is not None:
            # Encoded, and read by a judge.
            raise Err(error)
        return answer

    def judge(self, source, entry_points):
        broken, failed = judge.judge(source, entry_points)
        if broken is not None:
            raise Err(evaluator.Objection_Broken(failures.sendable(broken)))
        if failed is not None:
            raise Err(evaluator.Objection_Failed(failures.sendable(failed)))


def _or_raise(error):
    if error is not None:
        raise Err(failures.sendable(error))
