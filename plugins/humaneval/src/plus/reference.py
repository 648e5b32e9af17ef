# Asks the reference of a problem for its answers, and prints them: a line for the base inputs, and one for the others.

import binascii
import contextlib
import io
import json
import marshal
import sys
import zlib


def _defined(source):
    scope = {"__name__": "reference"}
    exec(compile(source, "<reference>", "exec", dont_inherit=True), scope)
    return scope[_name]


def _is_outside(arguments):
    try:
        _contract(*arguments)
    except Exception:
        return True
    return False


def _needs_tolerance(value):
    several = value if type(value) in (list, tuple) and value else [value]
    return _tolerance != 0 or all(type(one) is float for one in several)


def _answers(packed):
    text = zlib.decompress(binascii.a2b_base64(packed)).decode()
    outside = [number for number, arguments in enumerate(json.loads(text)) if _is_outside(arguments)]
    answers = []
    for arguments in json.loads(text):
        answer = _reference(*arguments)
        longest = sys.maxsize if _needs_tolerance(answer) else _longest
        answers.append(_koderz_kept(answer, longest))
    return binascii.b2a_base64(zlib.compress(marshal.dumps((answers, outside), 2), 9)).decode().strip()


with contextlib.redirect_stdout(io.StringIO()):
    _reference = _defined(_prompt + _solution)
    _contract = _defined(_prompt + _conditions + "\n    pass\n")
    _lines = [_answers(_base), _answers(_plus)]
print("\n" + "\n".join(_lines))
