"""Plain values as text, for the way between a judge and a subject.

A value is a JSON array of tokens, each value before what it holds. A scalar is one token; a container is a token that
says its kind and how many values follow it:

    null, true, false     None, True, False
    "text"                str, lone surrogates escaped
    12                    int below 2**53 in size
    {"i": "-0x1f"}        any other int
    {"f": "0x1.8p+1"}     float, exactly; also inf, -inf and nan
    {"c": ["0x…", "0x…"]} complex
    {"q": ["0x1", "0x3"]} Fraction
    {"m": "1.50"}         Decimal
    {"b": "00ff"}         bytes
    {"y": "00ff"}         bytearray
    {"r": [0, 9, 2]}      range
    {"l": 3}              list of the next 3 values; "t" tuple, "s" set, "z" frozenset, "g" iterator
    {"d": 2}              dict of the next 2 pairs of key and value
    {"o": "name"}         anything else, by the name of its type

The order is flat, so depth costs no stack. What a decoder makes is always plain: whatever a subject sends, the judge
gets no object of its making.
"""

import json
import re
from decimal import Decimal
from fractions import Fraction

# Tokens of one value. More than any honest answer has, and little enough to be refused before memory runs out.
MOST = 4_000_000

_SMALL = 1 << 53

# What an encoder writes, by its shape. The parser of JSON answers every open bracket with a call of itself, so a text
# that may be deep is held against this first. Nothing here goes back, so the time is linear.
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_SCALAR = rf"(?:{_STRING}|[-\w]++)"
_TOKEN = rf"(?:{_SCALAR}|\{{{_STRING}:(?:{_SCALAR}|\[{_SCALAR}(?:,{_SCALAR})*+\])\}})"
_SHAPE = re.compile(rf"\[{_TOKEN}(?:,{_TOKEN})*+\]")

# Brackets that may all be open at once without harm.
_SHALLOW = 100

# Containers within containers. Comparing and printing such values recurses, and the stack is 8 MiB.
DEEPEST = 30_000

# Values that are deeper. Freeing one recurses too, and would end the instance before it has said what is wrong.
_undying = []

# From so many tokens on it is worth a look whether the value ever ends.
_SUSPICIOUS = 20_000

# What stands for itself, and what does so where it is small enough.
_PLAIN = frozenset({type(None), bool, str})
_PLAIN_OR_INT = _PLAIN | {int}
_UNCHANGEABLE = _PLAIN_OR_INT | {float, complex, bytes, range, Fraction, Decimal}
_ITERATORS = tuple(
    type(sample)
    for sample in (
        (None for _ in ()), map(str, ()), filter(None, ()), zip(), enumerate(()), reversed([]), iter([]), iter(()),
        iter({}), iter(set()), {}.keys(), {}.values(), {}.items(), iter(range(0)), iter(""),
    )
)


class TooLarge(ValueError):
    """A value holds more than may cross, is nested too deep, or holds itself."""


class Opaque:
    """What arrives where a value was not plain. It equals nothing, not even itself."""

    __slots__ = ("_kind",)
    __hash__ = object.__hash__

    def __init__(self, kind):
        self._kind = kind

    def __eq__(self, other):
        return False

    def __ne__(self, other):
        return True

    def __repr__(self):
        return f"<{self._kind} object, which is not a plain value>"


# Made once: the functions of `json` make one anew for every text.
_write = json.encoder.c_make_encoder(
    None, None, json.encoder.encode_basestring_ascii, None, ":", ",", False, False, False
)
_read = json.JSONDecoder().scan_once


def encode(value):
    """A value as text."""
    tokens = []
    open_values = [value]
    looked = False
    while open_values:
        value = open_values.pop()
        kind = type(value)
        if kind in _PLAIN:
            tokens.append(value)
        elif kind is list or kind is tuple:
            _sequence("l" if kind is list else "t", value, tokens, open_values)
        else:
            _encode(value, tokens, open_values)
        held = len(tokens) + len(open_values)
        if held > _SUSPICIOUS and not looked:
            looked = True
            _refuse_endless([value, *open_values])
        if held > MOST:
            raise TooLarge("the value is too large")
    return "".join(_write(tokens, 0))


def _sequence(kind, held, tokens, open_values):
    tokens.append({kind: len(held)})
    kinds = set(map(type, held))
    if kinds <= _PLAIN or (kinds <= _PLAIN_OR_INT and all(_small(one) for one in held if type(one) is int)):
        tokens.extend(held)
    else:
        open_values.extend(reversed(held))


def _small(number):
    return -_SMALL < number < _SMALL


def _refuse_endless(roots):
    """Raises where one of some values holds itself, or others too deep: what cannot be written down."""
    path = set()
    # Each way down is a list of iterators, so that it costs no stack either.
    for root in roots:
        way = [(id(root), iter(_held(root)))]
        seen = set()
        while way:
            own, rest = way[-1]
            path.add(own)
            for one in rest:
                if id(one) in path:
                    raise TooLarge("the value holds itself")
                if id(one) not in seen and (held := _held(one)):
                    seen.add(id(one))
                    way.append((id(one), iter(held)))
                    break
            else:
                path.discard(own)
                way.pop()
            if len(way) > DEEPEST:
                _undying.append(root)
                raise TooLarge("the value is nested too deep")


def _held(value):
    if isinstance(value, list):
        return list(list.__iter__(value))
    if isinstance(value, tuple):
        return tuple.__getitem__(value, slice(None))
    if isinstance(value, dict):
        return list(dict.values(value))
    return ()


def _encode(value, tokens, open_values):
    # Methods are those of the base class: a subclass of the subject's own must not run code in here.
    if value is None or value is True or value is False:
        tokens.append(value)
    elif isinstance(value, str):
        tokens.append(str.__getitem__(value, slice(None)))
    elif isinstance(value, int):
        plain = int.__add__(value, 0)
        tokens.append(plain if -_SMALL < plain < _SMALL else {"i": hex(plain)})
    elif isinstance(value, float):
        tokens.append({"f": float.hex(value)})
    elif isinstance(value, complex):
        parts = complex.real.__get__(value), complex.imag.__get__(value)
        tokens.append({"c": [float.hex(part) for part in parts]})
    elif isinstance(value, Fraction):
        parts = Fraction.numerator.fget(value), Fraction.denominator.fget(value)
        tokens.append({"q": [hex(int.__add__(part, 0)) for part in parts]})
    elif isinstance(value, Decimal):
        tokens.append({"m": Decimal.__str__(value)})
    elif isinstance(value, bytes):
        tokens.append({"b": bytes.hex(value)})
    elif isinstance(value, bytearray):
        tokens.append({"y": bytearray.hex(value)})
    elif isinstance(value, range):
        tokens.append({"r": [hex(value.start), hex(value.stop), hex(value.step)]})
    elif isinstance(value, list):
        _container("l", list.__iter__(value), tokens, open_values)
    elif isinstance(value, tuple):
        _container("t", tuple.__iter__(value), tokens, open_values)
    elif isinstance(value, frozenset):
        _container("z", frozenset.__iter__(value), tokens, open_values)
    elif isinstance(value, set):
        _container("s", set.__iter__(value), tokens, open_values)
    elif isinstance(value, dict):
        pairs = list(dict.items(value))
        tokens.append({"d": len(pairs)})
        open_values.extend(part for key, held in reversed(pairs) for part in (held, key))
    elif type(value) in _ITERATORS:
        _container("g", value, tokens, open_values)
    else:
        tokens.append({"o": type(value).__name__[:100]})


def _container(kind, values, tokens, open_values):
    held = []
    for value in values:
        held.append(value)
        if len(held) > MOST:
            raise TooLarge("the value is too large")
    tokens.append({kind: len(held)})
    open_values.extend(reversed(held))


def decode(text):
    """The value of a text. Raises an exception of one kind or another for a text that no encoder writes."""
    if text.count("[") + text.count("{") > _SHALLOW and not _SHAPE.fullmatch(text):
        raise ValueError("not an encoded value")
    try:
        tokens, end = _read(text, 0)
    except StopIteration:
        raise ValueError("not an encoded value") from None
    if type(tokens) is not list or end != len(text):
        raise ValueError("not an encoded value")
    # From the end, so that what a container holds is on the stack when its token comes, the first value on top.
    done = []
    for token in reversed(tokens):
        kind = type(token)
        if kind is dict:
            ((kind, content),) = token.items()
            done.append(_decode(kind, content, done))
        elif kind is list or kind is float:
            raise ValueError("not an encoded value")
        else:
            done.append(token)
    (value,) = done
    return value


def _decode(kind, content, done):
    if kind in _SCALARS:
        return _SCALARS[kind](content)
    if kind == "d":
        held = _take(done, 2 * content)
        return dict(zip(held[::2], held[1::2]))
    return _CONTAINERS[kind](_take(done, content))


def _take(done, count):
    if type(count) is not int or not 0 <= count <= len(done):
        raise ValueError("not an encoded value")
    if count == 0:
        return []
    held = done[-count:]
    del done[-count:]
    held.reverse()
    return held


_SCALARS = {
    "i": lambda content: int(content, 16),
    "f": float.fromhex,
    "c": lambda content: complex(float.fromhex(content[0]), float.fromhex(content[1])),
    "q": lambda content: Fraction(*(int(part, 16) for part in content)),
    "m": lambda content: Decimal(str.__str__(content)),
    "b": bytes.fromhex,
    "y": bytearray.fromhex,
    "r": lambda content: range(*(int(part, 16) for part in content)),
    "o": lambda content: Opaque(str(content)),
}
_CONTAINERS = {"l": list, "t": tuple, "s": set, "z": frozenset, "g": iter}


def unchangeable(values):
    """Whether no call can change any of some values, because none can be changed at all."""
    return _UNCHANGEABLE.issuperset(map(type, values))


def carry_back(before, after):
    """Makes mutable values equal to what a call left of them, in place, so that whoever holds them sees it."""
    open_pairs = [(before, after)]
    while open_pairs:
        old, new = open_pairs.pop()
        if type(old) is not type(new):
            continue
        if type(old) is list:
            kept = [_kept(a, b, open_pairs) for a, b in zip(old, new)]
            old[:] = kept + new[len(kept):]
        elif type(old) is dict:
            merged = {key: _kept(old[key], held, open_pairs) if key in old else held for key, held in new.items()}
            old.clear()
            old.update(merged)
        elif type(old) is set:
            old.intersection_update(new)
            old.update(new)
        elif type(old) is bytearray:
            old[:] = new
        elif type(old) is tuple:
            open_pairs.extend(zip(old, new))


def _kept(old, new, open_pairs):
    """The old object where it can be changed into the new value, and the new one otherwise."""
    if type(old) is type(new) and type(old) in (list, dict, set, bytearray):
        open_pairs.append((old, new))
        return old
    return new
