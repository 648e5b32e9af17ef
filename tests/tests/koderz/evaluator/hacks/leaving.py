# Programs that leave before their check is done.
#
# A line of `##` begins each: its name, and how it ends. A line of `#?` is a line of a check of its own.

## exits while it is loaded -> crashed
import sys
sys.exit(0)

## exits in the call -> failed
import sys
def f(x): sys.exit(0)

## exits behind the interpreter's back -> crashed
import os
def f(x): os._exit(0)

## leaves when the interpreter shuts down -> failed
import atexit, os
atexit.register(os._exit, 0)
def f(x): return 4

## aborts -> crashed
import os
def f(x): os.abort()

## kills itself -> failed
import os, signal
def f(x): os.kill(os.getpid(), signal.SIGKILL)

## exits in a finalizer -> failed
import sys
class A:
    def __del__(self): sys.exit(0)
def f(x):
    A()
    return 5

## leaves in a finalizer behind the interpreter's back -> crashed
import os
class A:
    def __del__(self): os._exit(0)
def f(x):
    A()
    return 5

## leaves when a weak reference dies -> crashed
import os, weakref
class A: pass
def f(x):
    a = A()
    weakref.finalize(a, os._exit, 0)
    del a
    return 5

## raises KeyboardInterrupt -> failed
def f(x): raise KeyboardInterrupt

## raises GeneratorExit -> failed
def f(x): raise GeneratorExit

## raises an exception that is only a BaseException -> failed
class Out(BaseException): pass
def f(x): raise Out()

## replaces the process -> failed
import os
def f(x): os.execv('/bin/true', ['true'])

## forks -> failed
import os
def f(x): os.fork()

## leaves by a signal handler -> failed
import os, signal
def f(x):
    signal.signal(signal.SIGALRM, lambda *a: os._exit(0))
    signal.alarm(1)
    return 5
