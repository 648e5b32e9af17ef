# Asks the reference of a problem for its answers, and prints them: a line for the base inputs, and one for the others.
#
# An answer is kept as `kept.py` says, or is () where an input says nothing about anybody's.

import binascii
import contextlib
import io
import json
import marshal
import sys
import zlib


def _defined(source, name):
    scope = {"__name__": "reference"}
    exec(compile(source, "<reference>", "exec", dont_inherit=True), scope)
    return scope[name]


def _is_outside(arguments):
    try:
        _contract(*arguments)
    except Exception:
        return True
    return False


def _is_no_zero(arguments, answer):
    return _polynomial is not None and not abs(_polynomial(*arguments, answer)) <= _tolerance


def _needs_tolerance(value):
    several = value if type(value) in (list, tuple) and value else [value]
    return _tolerance != 0 or all(type(one) is float for one in several)


def _answers(packed):
    text = zlib.decompress(binascii.a2b_base64(packed)).decode()
    outside = [
        number for number, arguments in enumerate(json.loads(text)) if _is_outside(arguments)
    ]
    answers = []
    for number, arguments in enumerate(json.loads(text)):
        given = json.loads(json.dumps(arguments))
        answer = _reference(*arguments)
        if number in outside and _is_no_zero(given, answer):
            # Nobody promises that there is a zero, and which the reference comes by depends on the machine.
            answers.append(())
            continue
        longest = sys.maxsize if _needs_tolerance(answer) else _longest
        answers.append(_koderz_kept(answer, longest))
    return binascii.b2a_base64(zlib.compress(marshal.dumps((answers, outside), 2), 9)).decode().strip()


with contextlib.redirect_stdout(io.StringIO()):
    _reference = _defined(_prompt + _solution, _name)
    _contract = _defined(_prompt + _conditions + "\n    pass\n", _name)
    _polynomial = _defined(_prompt, _oracle) if _oracle else None
    _lines = [_answers(_base), _answers(_plus)]
print("\n" + "\n".join(_lines))
