"""The untrusted side: runs what a model wrote, and answers a judge's calls of it."""

import sys

import encoding
import failures

NAME = "<answer>"

# Characters of an exception's message that a check gets to see.
_MESSAGE = 2000

_loaded = {}


def run(source):
    """Runs a source as a main program; the error that ended it, or none."""
    return _execute(source, {"__name__": "__main__"})


def load(source):
    """Runs a source as a module and keeps what it defined; the error that ended it, or none."""
    _loaded["__name__"] = "answer"
    return _execute(source, _loaded)


def _execute(source, scope):
    failures.remember(NAME, source)
    sys.argv = [NAME]
    try:
        exec(compile(source, NAME, "exec", dont_inherit=True), scope)
    except BaseException as error:
        # SystemExit too: a program that leaves early has not done what it was asked to, whatever status it names.
        return _in_words(error)
    return None


def _in_words(error):
    where = failures.trace(error, NAME)
    return failures.summary(error) + ("\n" + where if where else "")


def call(entry_point, text):
    """Calls a definition with encoded arguments: an encoded pair of the value and the arguments, or an error.

    The pair holds the arguments only if the call changed them. The error is an encoded tuple of the names of the
    exception's types, the most particular first, its message, and words for a person.
    """
    try:
        positional, named = encoding.decode(text)
        fixed = encoding.unchangeable(positional) and not named
        value = _loaded[entry_point](*positional, **named)
        changed = not fixed and encoding.encode((positional, named)) != text
        return encoding.encode((value, (positional, named) if changed else None)), None
    except BaseException as error:
        told = failures.kinds(error), failures.message(error, _MESSAGE), failures.sendable(_in_words(error))
        return None, encoding.encode(told)
