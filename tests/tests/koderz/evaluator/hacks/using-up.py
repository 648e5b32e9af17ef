# Programs that use up more than they may.
#
# A line of `##` begins each: its name, and how it ends. A line of `#?` is a line of a check of its own.

## runs for ever -> cpu
def f(x):
    while True: pass

## runs for ever whatever interrupts it -> cpu
def f(x):
    while True:
        try:
            while True: pass
        except BaseException: pass

## runs for ever while it is loaded -> cpu
while True: pass

## sleeps -> cpu
import time
def f(x): time.sleep(1e6)

## sleeps a little, often -> cpu
import time
def f(x):
    while True: time.sleep(0.01)

## waits for the clock -> cpu
import time
def f(x):
    end = time.time() + 1000
    while time.time() < end: pass
    return 5

## a regular expression that never ends -> cpu
import re
def f(x): return re.match(r'(a+)+$', 'a' * 40 + 'b')

## one operation that never ends -> cpu
def f(x): return 9 ** 9 ** 8

## runs for ever in a finalizer -> cpu
class A:
    def __del__(self):
        while True: pass
def f(x):
    A()
    return 4

## runs for ever when its source is shown -> failed
import linecache
class D(dict):
    def __contains__(self, key): return True
    def __getitem__(self, key): return 4
linecache.cache = D()
def f(x): raise ValueError('no')

## a list too large -> memory
def f(x): return [0] * 10 ** 8

## a text too large, whatever interrupts it -> memory
def f(x):
    try: return 'x' * 10 ** 9
    except MemoryError: return x * x

## memory little by little -> memory
def f(x):
    kept = []
    while True: kept.append(bytearray(10 ** 6))

## a bomb of zeroes -> memory
import zlib
def f(x):
    return zlib.decompress(zlib.compress(bytes(3 * 10 ** 7))) * 9

## a reply of a hundred megabytes -> memory
def f(x): return 'x' * 10 ** 8

## a reply of nine million values -> failed or cpu
def f(x): return [0] * 9000000

## recursion -> failed
def f(x): return f(x)

## recursion without a limit -> memory or crashed
import sys
sys.setrecursionlimit(10 ** 9)
def f(x): return f(x)

## recursion in the interpreter -> failed
class A:
    def __getattr__(self, name): return getattr(self, name)
def f(x): return A().x

## recursion through repr -> crashed or cpu
def f(x):
    a = []
    for _ in range(10 ** 5): a = [a]
    return repr(a)

## more output than may be -> output
def f(x):
    while True: print('x' * 1000)

## more output than may be while it is loaded -> output
print('x' * 10 ** 6)
def f(x): return 4

## more output than may be, whatever interrupts it -> output
import os
def f(x):
    try:
        while True: os.write(2, b'x' * 1000)
    except BaseException: return 4

## wears the judge out with large replies -> failed or cpu
def f(x): return list(range(1000000))
