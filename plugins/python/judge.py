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
        code = compile(ast.fix_missing_locations(_Assertions().visit(tree)), NAME, "exec", dont_inherit=True)
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
