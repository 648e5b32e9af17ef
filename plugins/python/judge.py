"""The trusted side: runs a check that reaches what it checks only through calls that carry plain values."""

import ast
import builtins
import json

import encoding
import failures
from componentize_py_types import Err
from wit_world.imports import subject

NAME = "<check>"

# What the rewritten check calls to say what an assertion compared.
_EXPLAIN = "__koderz_explain__"
_LEFT = "__koderz_left__"
_RIGHT = "__koderz_right__"


class _Raised:
    """Marks exceptions that came from the subject, with words for a person."""

    words = ""


def judge(source, entry_points):
    """Runs a check. Answers (why it cannot be run, why it did not accept); both none where it accepted."""
    failures.remember(NAME, source)
    try:
        tree = ast.parse(source, NAME)
        code = compile(ast.fix_missing_locations(_Assertions().visit(tree)), NAME, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError) as error:
        return failures.summary(error), None
    scope = {"__name__": "check", _EXPLAIN: _explain}
    scope.update((name, _proxy(name)) for name in entry_points)
    try:
        exec(code, scope)
    except BaseException as error:
        return None, _objection(error)
    return None, None


def _objection(error):
    if isinstance(error, _Raised):
        return error.words
    where = failures.trace(error, NAME).rsplit("\n", 1)[-1].strip()
    text = failures.summary(error)
    return f"{text}\n  {where}" if where else text


def _explain(left, right, message):
    text = f"{failures.value(left)} on the left, {failures.value(right)} on the right"
    return text if message is None else f"{text} ({message})"


def _proxy(entry_point):
    def call(*positional, **named):
        arguments = (list(positional), named)
        try:
            answer = subject.call(entry_point, encoding.encode(arguments))
        except Err as error:
            raise _exception(error.value) from None
        value, changed = encoding.decode(answer)
        if changed is not None:
            encoding.carry_back(arguments, changed)
        return value

    call.__name__ = call.__qualname__ = entry_point
    return call


def _exception(text):
    """The exception that the subject raised, as the built-in class that it is of, so that a check can expect it."""
    told = json.loads(text)
    for name in told["bases"]:
        kind = getattr(builtins, name, None)
        if isinstance(kind, type) and issubclass(kind, Exception):
            break
    else:
        kind = RuntimeError
    # An exception whose class wants arguments of its own cannot be made from a message alone.
    if issubclass(kind, (UnicodeError, BaseExceptionGroup)):
        kind = ValueError
    raised = type(told["type"], (kind, _Raised), {})(told["message"])
    raised.words = told["words"]
    return raised


class _Assertions(ast.NodeTransformer):
    """Keeps both sides of an assertion that compares, so that its failure can show them."""

    def visit_Assert(self, node):
        test = node.test
        if not (isinstance(test, ast.Compare) and len(test.ops) == 1):
            return node
        assign = [self._keep(_LEFT, test.left), self._keep(_RIGHT, test.comparators[0])]
        compare = ast.Compare(self._name(_LEFT), test.ops, [self._name(_RIGHT)])
        message = node.msg if node.msg is not None else ast.Constant(None)
        explain = ast.Call(self._name(_EXPLAIN), [self._name(_LEFT), self._name(_RIGHT), message], [])
        return [ast.copy_location(new, node) for new in (*assign, ast.Assert(compare, explain))]

    def _keep(self, name, value):
        return ast.Assign([ast.Name(name, ast.Store())], value)

    def _name(self, name):
        return ast.Name(name, ast.Load())
