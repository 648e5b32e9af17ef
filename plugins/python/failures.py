"""Exceptions in words: what happened, where, and the line it happened in."""

import linecache
import reprlib
import traceback

# Lines of a traceback that are kept, and characters of one value.
_FRAMES = 6
_VALUE = 200

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
    except Exception:
        return f"<{type(shown).__name__}>"


def summary(error):
    """An exception in one line."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"imports {error.name}, which this evaluator does not have"
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} (line {error.lineno})"
    try:
        text = str(error)
    except Exception:
        text = ""
    text = text if len(text) <= 500 else text[:500] + "…"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def trace(error, name):
    """Where in a source an exception came from, the innermost place last."""
    try:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == name]
    except Exception:
        return ""
    return "\n".join(f"  line {frame.lineno}, in {frame.name}: {frame.line}" for frame in frames[-_FRAMES:])
