"""Exceptions in words: what happened, where, and the line it happened in."""

import linecache
import reprlib
import traceback

# Lines of a traceback that are kept, and characters of one value, of a message and of all that is said.
_FRAMES = 6
_MESSAGE = 500
_ALL = 4000
_VALUE = 200

_NAME = type.__dict__["__name__"].__get__
_BASES = type.__dict__["__mro__"].__get__

_short = reprlib.Repr()
_short.maxlevel = 4
_short.maxlist = _short.maxtuple = _short.maxset = _short.maxdict = 20
_short.maxstring = _short.maxother = _short.maxlong = _VALUE


def remember(name, source):
    """Lets tracebacks show the lines of a source that has no file."""
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)


def value(shown):
    """A value, short enough to read, whatever its own `__repr__` does."""
    try:
        return _short.repr(shown)
    except BaseException:
        return f"<{type(shown).__name__}>"


def summary(error):
    """An exception in one line."""
    kind = kinds(error)[0]
    try:
        if isinstance(error, ModuleNotFoundError) and error.name:
            return f"imports {error.name}, which this evaluator does not have"
        if isinstance(error, SyntaxError):
            return f"{kind}: {error.msg} (line {error.lineno})"
    except BaseException:
        return kind
    text = message(error, _MESSAGE)
    return f"{kind}: {text}" if text else kind


def kinds(error):
    """The names of an exception's types, the most particular first, whatever their metaclasses say."""
    return [_NAME(base)[:100] for base in _BASES(type(error))]


def message(error, most):
    """What an exception says, whatever its own `__str__` does."""
    try:
        # What `__str__` answers may be of a subclass.
        text = str.__getitem__(str(error), slice(most + 1))
    except BaseException:
        return ""
    return text if len(text) <= most else text[:most] + "…"


def sendable(text):
    """A text as it may leave the component: short, and without half characters."""
    text = text if len(text) <= _ALL else text[:_ALL] + "…"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def trace(error, name):
    """Where in a source an exception came from, the innermost place last."""
    try:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == name]
    except BaseException:
        return ""
    return "\n".join(f"  line {frame.lineno}, in {frame.name}: {frame.line}" for frame in frames[-_FRAMES:])
