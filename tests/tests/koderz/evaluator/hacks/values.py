# Answers that are not what they seem.
#
# A line of `##` begins each: its name, and how it ends. A line of `#?` is a line of a check of its own.

## equal to everything -> failed
class A:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
def f(x): return A()

## a subclass of int that is equal to everything -> failed
class A(int):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 4
def f(x): return A(7)

## a subclass of float that is equal to everything -> failed
class A(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 4
def f(x): return A(7.5)

## a subclass of str that is equal to everything -> failed
class A(str):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 4
def f(x): return A('7')

## a subclass of list that is equal to everything -> failed
class A(list):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 4
def f(x): return A([7])

## a subclass of dict that is equal to everything -> failed
class A(dict):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 4
def f(x): return A({7: 7})

## a subclass of tuple that is equal to everything -> failed
class A(tuple):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 4
def f(x): return A((7,))

## a subclass of set that is equal to everything -> failed
class A(set):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 4
def f(x): return A({7})

## a subclass of bytes that is equal to everything -> failed
class A(bytes):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 4
def f(x): return A(b'7')

## a subclass of complex that is equal to everything -> failed
class A(complex):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 4
def f(x): return A(7j)

## a subclass of frozenset that is equal to everything -> failed
class A(frozenset):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 4
def f(x): return A({7})

## a subclass of bytearray that is equal to everything -> failed
class A(bytearray):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 4
def f(x): return A(b'7')

## a number whose arithmetic lies -> failed
#? assert abs(f(2) - 4) < 1e-6
class A(float):
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __abs__(self): return 0.0
    def __lt__(self, other): return True
    __gt__ = __le__ = __ge__ = __lt__
def f(x): return A(99.0)

## not a number, which no comparison rules out -> failed
#? assert abs(f(2) - 4) < 1e-6
def f(x): return float('nan')

## a list whose length and items lie -> failed
#? assert f(2) == [4, 9]
#? assert len(f(2)) == 2 and f(2)[0] == 4
class A(list):
    def __len__(self): return 2
    def __getitem__(self, i): return 4
    def __iter__(self): return iter([4, 9])
def f(x): return A()

## a dict whose items lie -> failed
#? assert f(2) == {'a': 4}
class A(dict):
    def items(self): return [('a', 4)]
    def __getitem__(self, key): return 4
    def __contains__(self, key): return True
    keys = __iter__ = lambda self: iter(['a'])
def f(x): return A()

## a str whose methods lie -> failed
#? assert f(2).strip().lower() == 'four'
class A(str):
    def lower(self): return 'four'
    def strip(self, *a): return 'four'
    def __getitem__(self, i): return 'four'
def f(x): return A('five')

## an int whose sum lies -> failed
class A(int):
    def __add__(self, other): return 4
    __radd__ = __add__
    def __index__(self): return 4
    def __int__(self): return 4
def f(x): return A(5)

## an object that says it is an int -> failed
class A:
    __class__ = property(lambda self: int)
    def __eq__(self, other): return True
    def __index__(self): return 4
def f(x): return A()

## an object that says it is a list -> failed
class A:
    __class__ = property(lambda self: list)
    def __iter__(self): return iter([4])
def f(x): return A()

## an object that raises when it is asked what it is -> failed
class A:
    @property
    def __class__(self): raise SystemExit(0)
def f(x): return A()

## a class whose instances are all of its kind -> failed
class M(type):
    def __instancecheck__(cls, other): return True
    def __subclasscheck__(cls, other): return True
    def __eq__(cls, other): return True
    def __hash__(cls): return hash(int)
class A(metaclass=M): pass
def f(x): return A()

## a type that calls itself by another name -> failed
class M(type):
    @property
    def __name__(cls): raise SystemExit(0)
class A(metaclass=M): pass
def f(x): return A()

## a type whose name is not a text -> failed
class M(type):
    __name__ = 4
class A(metaclass=M): pass
def f(x): return A()

## a class in the place of the function -> failed
class f:
    def __init__(self, x): self.x = x
    def __eq__(self, other): return True

## an object that can be called and is no answer -> failed
class F:
    def __call__(self, x): raise TypeError('not callable')
f = F()

## no function at all -> failed
f = 4

## nothing of that name -> failed
def g(x): return x * x

## a coroutine in the place of an answer -> failed
async def f(x): return x * x

## a generator in the place of an answer -> failed
def f(x): yield x * x

## a generator without an end -> failed or cpu
def f(x):
    while True: yield x

## an iterator without an end that is not plain -> failed
import itertools
def f(x): return itertools.count()

## a map without an end -> memory or cpu
import itertools
def f(x): return map(lambda n: n, itertools.count())

## a list that holds itself -> failed or cpu
def f(x):
    a = []
    a.append(a)
    return a

## a dict that holds itself twice -> failed or cpu
def f(x):
    a = {}
    a[1] = a[2] = a
    return a

## a range of all numbers -> failed
def f(x): return range(10 ** 30)

## a range of all numbers where a list is expected -> failed
#? assert list(f(2)) == [4]
def f(x): return range(10 ** 30)

## a number of ten million digits -> failed
def f(x): return 1 << 33000000

## a text that looks like the encoding -> failed
def f(x): return '],4,null]'

## a text that looks like a whole reply -> failed
def f(x): return '[{"t":2},4,null]'

## a dict that looks like a token -> failed
def f(x): return {'i': '0x4'}

## a type named like a token -> failed
def f(x): return type('"},4,{"o":"', (), {})()

## a type with a name of a megabyte -> failed
def f(x): return type('A' * 10 ** 6, (), {})()

## a list one hundred thousand deep -> failed
def f(x):
    a = []
    for _ in range(100000): a = [a]
    return a

## a list one hundred thousand deep against another -> failed
#? deep = [2]
#? for _ in range(100000): deep = [deep]
#? assert f(2) == deep
def f(x):
    a = [1]
    for _ in range(100000): a = [a]
    return a

## a tuple one hundred thousand deep as a key -> crashed
def f(x):
    a = ()
    for _ in range(100000): a = (a,)
    return {a: 1}

## a fraction whose parts lie -> failed
from fractions import Fraction
class A(Fraction):
    numerator = property(lambda self: 4)
    def __eq__(self, other): return True
def f(x): return A(7, 2)

## a fraction whose parts are not numbers -> failed
from fractions import Fraction
def f(x):
    a = Fraction(7, 2)
    a._numerator = '0x4'
    return a

## a decimal that is equal to everything -> failed
from decimal import Decimal
class A(Decimal):
    def __eq__(self, other): return True
    def __str__(self): return '4'
def f(x): return A(7)

## a decimal with more digits than can be held -> failed or cpu or memory
#? assert int(f(2)) == 4
from decimal import Decimal
def f(x): return Decimal('1e99999999999')
