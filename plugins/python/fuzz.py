"""Puts changed replies to the judge's decoder, natively, for as many seconds as it is told to.

    python3 plugins/python/fuzz.py 600 [seed]

The decoder must answer with a plain value or raise an ordinary exception; a value must encode to a text that decodes to
the same again. Anything else ends the run with the text that caused it, and so does a crash of the interpreter, whose
last text is in the file `fuzz-last-SEED` of the folder for temporary files, which is removed in the end.
"""

import os
import random
import sys
import tempfile
import time
from decimal import Decimal
from fractions import Fraction

import encoding

PARTS = [
    "[", "]", "{", "}", '"', ":", ",", "\\", "\\u", "\\ud800", "null", "true", "NaN", "Infinity", "-", "1e5", "0x", "9" * 30,
    "9" * 5000, "[" * 200, "]" * 200, '{"l":1}', '{"t":2}', '{"d":1}', '{"s":2}', '{"z":1}', '{"g":1}', '{"o":"x"}',
    '{"i":"0x1"}', '{"f":"nan"}', '{"c":["0x1p0","0x1p0"]}', '{"q":["0x1","0x0"]}', '{"m":"1e999"}', '{"b":"0"}',
    '{"r":["0x0","0x9","0x0"]}', '{"l":-1}', '{"l":99999999999}', '"\x00"', "é", "\ud800",
]  # fmt: skip
PLAIN = {
    type(None), bool, int, float, complex, str, bytes, bytearray, range, list, tuple, set, frozenset, dict, Fraction, Decimal,
    encoding.Opaque, type(iter([])),
}  # fmt: skip


def value(chance, depth=0):
    """A value of the kinds that cross."""
    scalars = [
        None, True, False, 0, -1, 2**53, -(2**70), 0.5, float("inf"), 1j, "", "é\ud800", b"\x00", bytearray(b"x"),
        range(1, 9, 2), Fraction(-1, 3), Decimal("-0"),
    ]  # fmt: skip
    if depth > 3 or chance.random() < 0.5:
        return chance.choice(scalars)
    held = [value(chance, depth + 1) for _ in range(chance.randrange(5))]
    keys = [key for key in held if isinstance(key, (int, str, bytes, tuple)) and _hashable(key)]
    return chance.choice([held, tuple(held), set(keys), frozenset(keys), dict(zip(keys, held)), iter(held)])


def _hashable(key):
    try:
        hash(key)
    except TypeError:
        return False
    return True


def changed(chance, text):
    """A text that hardly an encoder writes."""
    for _ in range(chance.randrange(1, 6)):
        at, length = chance.randrange(len(text) + 1), chance.randrange(6)
        what = chance.randrange(4)
        if what == 0:
            text = text[:at] + text[at + length :]
        elif what == 1:
            text = text[:at] + chance.choice(PARTS) + text[at + length :]
        elif what == 2:
            text = text[:at] + text[at : at + 20] * chance.randrange(1, 5) + text[at:]
        else:
            text = text[:at] + chr(chance.choice([0, 34, 92, 93, 123, chance.randrange(0xD800)])) + text[at + 1 :]
    return text


def check(text):
    """What is wrong with what the decoder makes of a text, if anything is."""
    try:
        first = encoding.decode(text)
    except Exception:
        return None
    open_values = [first]
    while open_values:
        one = open_values.pop()
        if type(one) not in PLAIN:
            return f"a {type(one)} came out"
        if isinstance(one, (list, tuple, set, frozenset)):
            open_values.extend(one)
        elif isinstance(one, dict):
            open_values.extend([*one, *one.values()])
    try:
        again = encoding.encode(first)
    except encoding.TooLarge:
        return None
    # An iterator that was written down is at its end, so the second text is what has to be stable.
    third = encoding.encode(encoding.decode(again))
    return None if third == again or '"s"' in again or '"z"' in again else f"{again!r} became {third!r}"


def main():
    seconds = float(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    chance = random.Random(seed)
    last = os.path.join(tempfile.gettempdir(), f"fuzz-last-{seed}")
    end, tried = time.monotonic() + seconds, 0
    with open(last, "w", encoding="utf-8", errors="surrogatepass") as file:
        while time.monotonic() < end:
            text = encoding.encode((value(chance), value(chance)))
            for _ in range(20):
                text = changed(chance, text)[:20_000]
                file.seek(0)
                file.write(text)
                file.truncate()
                file.flush()
                wrong = check(text)
                if wrong:
                    sys.exit(f"seed {seed}, after {tried} texts: {wrong}\n{text!r}")
                tried += 1
    os.remove(last)
    print(f"seed {seed}: {tried} texts, nothing wrong")


if __name__ == "__main__":
    main()
