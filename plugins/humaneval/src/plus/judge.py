# Compares answers with those of the reference, one input after the other.

import binascii
import itertools
import json
import marshal
import math
import reprlib
import zlib

_ask, _digest, _digests = globals()[_name], _koderz_digest, _koderz_digests

# As numpy's `assert_allclose` has it, besides the tolerance of the problem.
_RELATIVE = 1e-7

# The tolerance where the answer is of floats and the problem has none.
_FLOATS = 1e-6


def _one_by_one():
    text = zlib.decompress(binascii.a2b_base64(_inputs)).decode()
    decode, at = json.JSONDecoder().raw_decode, text.index("[") + 1
    while True:
        while text[at] in " ,\t\r\n":
            at += 1
        if text[at] == "]":
            return
        value, at = decode(text, at)
        yield value


def _is_close(got, wanted):
    if type(got) is not type(wanted):
        return False
    several = type(wanted) in (list, tuple)
    parts, wanted = (got, wanted) if several else ([got], [wanted])
    of_floats = bool(wanted) and all(type(one) is float for one in wanted)
    tolerance = _tolerance or (_FLOATS if of_floats else 0)
    if tolerance == 0 or len(parts) != len(wanted):
        return False
    return all(_is_near(a, b, tolerance) for a, b in zip(parts, wanted))


def _is_near(got, wanted, tolerance):
    if not (isinstance(got, (int, float)) and isinstance(wanted, (int, float))):
        return False
    try:
        if math.isinf(got) or math.isinf(wanted):
            return got == wanted
        return abs(got - wanted) <= tolerance + _RELATIVE * abs(wanted)
    except OverflowError:
        return False


def _is_zero(arguments, got):
    try:
        return abs(_polynomial(*arguments, got)) <= _tolerance
    except (ArithmeticError, TypeError, ValueError):
        return False


def _fail(number, what):
    (arguments,) = itertools.islice(_one_by_one(), number, number + 1)
    shown = ", ".join(reprlib.repr(argument) for argument in arguments)
    outside = ", an input outside the problem's contract" if number in _outside else ""
    raise AssertionError(f"{_name}({shown}) {what} (input {number + 1} of {len(_wanted)}{outside})")


def _check(number, arguments, wanted):
    if wanted == ():
        return
    if _polynomial is not None:
        given = json.loads(json.dumps(arguments))
        got = _ask(*arguments)
        if not _is_zero(given, got):
            _fail(number, f"is {reprlib.repr(got)}, where the polynomial is not 0")
    elif type(wanted) is tuple:
        (wanted,) = wanted
        got = _ask(*arguments)
        if not (got == wanted or _is_close(got, wanted)):
            _fail(number, f"is {reprlib.repr(got)}, not {reprlib.repr(wanted)}")
    elif _digest(*arguments) != wanted[:12]:
        # Equal values may be of other types; only then is it worth a closer look.
        got = _digests()
        if type(got) is not bytes or got[-12:] != wanted[-12:]:
            _fail(number, "is another long value than the reference's")


_polynomial = None
if _oracle:
    _scope = {}
    exec(_prompt, _scope)
    _polynomial = _scope[_oracle]
_wanted, _outside = marshal.loads(zlib.decompress(binascii.a2b_base64(_expected)))
for _number, (_arguments, _answer) in enumerate(zip(_one_by_one(), _wanted, strict=True)):
    _check(_number, _arguments, _answer)
