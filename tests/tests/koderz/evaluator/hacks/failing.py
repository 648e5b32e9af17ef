# Exceptions that are not what they seem.
#
# A line of `##` begins each: its name, and how it ends. A line of `#?` is a line of a check of its own.

## an exception whose words run for ever -> cpu
class E(Exception):
    def __str__(self):
        while True: pass
def f(x): raise E('no')

## an exception whose words exit -> failed
class E(Exception):
    def __str__(self): raise SystemExit(0)
    __repr__ = __str__
def f(x): raise E('no')

## an exception whose words are not a text -> failed
class E(Exception):
    def __str__(self): return 4
def f(x): raise E('no')

## an exception whose words are a text of its own -> failed
class S(str):
    def __getitem__(self, i): raise SystemExit(0)
    def __len__(self): raise SystemExit(0)
class E(Exception):
    def __str__(self): return S('no')
def f(x): raise E('no')

## an exception with words of ten megabytes -> failed
class E(Exception):
    def __str__(self): return 'x' * 10 ** 7
def f(x): raise E('no')

## an exception that lies about its bases -> failed
class M(type):
    @property
    def __mro__(cls): return 4
class E(Exception, metaclass=M): pass
def f(x): raise E('no')

## an exception whose bases exit -> failed
class M(type):
    @property
    def __mro__(cls): raise SystemExit(0)
class E(Exception, metaclass=M): pass
def f(x): raise E('no')

## an exception that lies about its name -> failed
class M(type):
    @property
    def __name__(cls): raise SystemExit(0)
class E(Exception, metaclass=M): pass
def f(x): raise E('no')

## an exception whose name is not a text -> failed
class M(type):
    __name__ = 4
class E(Exception, metaclass=M): pass
def f(x): raise E('no')

## an exception with a name of a megabyte -> failed
E = type('E' * 10 ** 6, (Exception,), {})
def f(x): raise E('no')

## an exception with a name no source can hold -> crashed
E = type('\ud800', (Exception,), {})
def f(x): raise E('no')

## an exception with a null in its words -> failed
def f(x): raise ValueError('a\0b\ud800')

## an exception with terminal codes in its words -> failed
def f(x): raise ValueError('\x1b[2J passed')

## an exception that says it is another -> failed
class E(Exception):
    __class__ = property(lambda self: SystemExit)
def f(x): raise E('no')

## an AssertionError of its own -> failed
def f(x): raise AssertionError

## an exception named like the check's -> failed
class AssertionError(AssertionError): pass
def f(x): raise AssertionError('4 on the left, 4 on the right')

## a failed assertion where the check forgives them -> failed
#? try:
#?     f(2)
#? except ValueError:
#?     pass
def f(x): raise AssertionError

## an exception that cannot be made from a message -> failed
def f(x): raise UnicodeDecodeError('utf-8', b'', 0, 1, 'no')

## a group of exceptions -> failed
def f(x): raise ExceptionGroup('no', [ValueError(1), TypeError(2)])

## an exception whose trace lies -> failed
class E(Exception):
    __traceback__ = property(lambda self: 4)
def f(x): raise E('no')

## an exception whose cause is itself -> failed
def f(x):
    error = ValueError('no')
    error.__cause__ = error
    raise error

## a missing module with a name that is not a text -> failed
def f(x):
    error = ModuleNotFoundError('no', name=[1])
    raise error

## a syntax error that names a hundred lines -> failed
def f(x): raise SyntaxError('no', ('<answer>', 1, 1, 'x' * 10 ** 7))

## StopIteration in the check's loop -> failed
#? assert [f(n) for n in (2, -3)] == [4, 9]
def f(x): raise StopIteration

## an exception while it is loaded whose words exit -> crashed
class E(Exception):
    def __str__(self): raise SystemExit(0)
raise E()

## an exception while it is loaded whose words run for ever -> cpu
class E(Exception):
    def __str__(self):
        while True: pass
raise E()

## an exception while it is loaded with words of a hundred megabytes -> crashed
class E(Exception):
    def __str__(self): return 'x' * 10 ** 7
raise E()

## a source that does not parse -> crashed
def f(x:
    return 4
