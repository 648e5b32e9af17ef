"""The trusted side: runs a check that reaches what it checks only through calls that carry plain values.

What comes back is whatever the subject made of its own side. A reply that cannot be read is the subject's failure, and
remains one when the check lets every exception pass.
"""

import ast
import builtins

import encoding
import failures
from componentize_py_types import Err
from wit_world.imports import subject

NAME = "<check>"

# What the rewritten check calls to say what an assertion compared.
_EXPLAIN = "__koderz_explain__"
_LEFT = "__koderz_left__"
_RIGHT = "__koderz_right__"

_PLACE = ("lineno", "col_offset", "end_lineno", "end_col_offset")


class _Raised:
    """Marks exceptions that came from the subject, with words for a person."""

    words = ""


class _Unreadable(BaseException):
    """Ends a check whose subject sent what no encoder writes."""


def judge(source, entry_points):
    """Runs a check. Answers (why it cannot be run, why it did not accept); both none where it accepted."""
    failures.remember(NAME, source)
    try:
        tree = ast.parse(source, NAME)
        _keep_sides(tree)
        code = compile(tree, NAME, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError) as error:
        return failures.summary(error), None
    scope = {"__name__": "check", _EXPLAIN: _explain}
    unreadable = []
    scope.update((name, _proxy(name, unreadable)) for name in entry_points)
    try:
        exec(code, scope)
        objection = None
    except BaseException as error:
        objection = _objection(error)
    return None, unreadable[0] if unreadable else objection


def _objection(error):
    if isinstance(error, _Raised):
        return error.words
    where = failures.trace(error, NAME).rsplit("\n", 1)[-1].strip()
    text = failures.summary(error)
    return f"{text}\n  {where}" if where else text


def _explain(left, right, message):
    text = f"{failures.value(left)} on the left, {failures.value(right)} on the right"
    return text if message is None else f"{text} ({message})"


def _proxy(entry_point, unreadable):
    def call(*positional, **named):
        arguments = (list(positional), named)
        sent = encoding.encode(arguments)
        try:
            try:
                value, changed = encoding.decode(subject.call(entry_point, sent))
                raised = None
            except Err as error:
                raised = _exception(encoding.decode(error.value))
        except Exception as error:
            unreadable.append(f"the answer's reply cannot be read: {failures.summary(error)}")
            raise _Unreadable from None
        if raised is not None:
            raise raised
        if changed is not None:
            encoding.carry_back(arguments, changed)
        return value

    call.__name__ = call.__qualname__ = entry_point
    return call


def _exception(told):
    """The exception that the subject raised, as the built-in class that it is of, so that a check can expect it."""
    kinds, message, words = told
    if not (type(kinds) is list and all(type(text) is str for text in (*kinds, message, words))):
        raise ValueError("not an encoded exception")
    members = {"__str__": lambda self: message, "words": words or "an exception without words"}
    name = kinds[0] if kinds and kinds[0].isidentifier() else "Exception"
    for kind in (*(getattr(builtins, name, None) for name in kinds[:100]), RuntimeError):
        if not (isinstance(kind, type) and issubclass(kind, Exception)):
            continue
        try:
            return type(name, (kind, _Raised), members)(message)
        except TypeError:
            # The class wants arguments of its own, so one of its bases has to do.
            continue


def _keep_sides(tree):
    """Makes assertions that compare keep both sides, so that their failure can show them.

    Only bodies are walked: an assertion is nowhere else, and a walk through every expression takes longer than most
    checks run.
    """
    open_bodies = [tree.body]
    while open_bodies:
        for node in open_bodies.pop():
            if type(node) is ast.Assert:
                _keep(node)
                continue
            for name in ("body", "orelse", "finalbody", "handlers", "cases"):
                if held := getattr(node, name, None):
                    open_bodies.append(held)


def _keep(node):
    test = node.test
    if type(test) is not ast.Compare or len(test.ops) != 1:
        return
    # assert (LEFT := left) == (RIGHT := right), EXPLAIN(LEFT, RIGHT, message)
    place = {name: getattr(node, name) for name in _PLACE}
    message = node.msg if node.msg is not None else ast.Constant(None, **place)
    left, right, explain = (ast.Name(name, ast.Load(), **place) for name in (_LEFT, _RIGHT, _EXPLAIN))
    node.msg = ast.Call(explain, [left, right, message], [], **place)
    test.left = ast.NamedExpr(ast.Name(_LEFT, ast.Store(), **place), test.left, **place)
    test.comparators = [ast.NamedExpr(ast.Name(_RIGHT, ast.Store(), **place), test.comparators[0], **place)]
