# Programs that change what the evaluator or a check might use.
#
# A line of `##` begins each: its name, and how it ends. A line of `#?` is a line of a check of its own.

## replaces isinstance -> failed
import builtins
builtins.isinstance = lambda *a: True
def f(x): return 5

## replaces len -> failed
import builtins
builtins.len = lambda a: 4
def f(x): return 5

## replaces sorted and print -> failed
import builtins
builtins.sorted = builtins.print = lambda *a, **k: 4
def f(x): return 5

## replaces __import__ -> failed
import builtins
builtins.__import__ = lambda *a, **k: None
def f(x): return 5

## replaces exec and compile -> failed
import builtins
builtins.exec = builtins.compile = builtins.eval = lambda *a, **k: None
def f(x): return 5

## replaces type and list -> crashed
import builtins
builtins.type = lambda a: int
builtins.list = builtins.tuple = lambda *a: [4]
def f(x): return 5

## replaces AssertionError -> failed
import builtins
builtins.AssertionError = type('Never', (Exception,), {})
def f(x): return 5

## replaces hex, str and int -> failed
import builtins
builtins.hex = builtins.str = builtins.int = lambda *a: 4
def f(x): return 5

## replaces abs and all -> failed
import builtins
builtins.abs = builtins.all = builtins.any = lambda *a: 0
def f(x): return 5

## replaces what mathematics answers -> failed
#? import math
#? assert math.fabs(f(2) - 4) < 1e-6
import math
math.fabs = math.isclose = lambda *a: 0
def f(x): return 5

## replaces what functools and operator answer -> failed
import functools, operator
functools.reduce = operator.eq = lambda *a: True
def f(x): return 5

## replaces the way from values to text -> failed
import json
json.dumps = lambda *a, **k: '[4]'
def f(x): return 5

## replaces the way from text to values -> failed
import json
json.loads = lambda *a, **k: [4]
def f(x): return 5

## replaces the encoder -> failed
import encoding
encoding.encode = lambda value: '[4]'
def f(x): return 5

## replaces the encoder's kinds -> failed
import encoding
encoding._encode = lambda value, tokens, rest: tokens.append(4)
def f(x): return 5

## replaces the decoder -> failed
import encoding
encoding.decode = lambda text: ((9,), {})
def f(x): return 5

## allows any size -> failed
import encoding
encoding.MOST = 10 ** 12
def f(x): return 5

## replaces the words for failures -> failed
import failures
failures.summary = failures.trace = lambda *a: ''
def f(x): raise ValueError('no')

## replaces the words for failures by one that exits -> crashed
import failures, sys
failures.summary = lambda *a: sys.exit(0)
def f(x): raise ValueError('no')

## replaces the judge of its own instance -> failed
import judge
judge.judge = lambda *a: (None, None)
def f(x): return 5

## replaces the component's exports -> failed
import app
app.Evaluator.judge = lambda *a: None
app.Evaluator.load = lambda *a: None
def f(x): return 5

## replaces the component's answer -> failed
import app
app.Evaluator.call = lambda self, entry, text: '[{"t":2},5,null]'
def f(x): return 5

## answers something that is no text -> crashed
import app
app.Evaluator.call = lambda self, entry, text: 4
def f(x): return 5

## asks the judge's way to the subject -> crashed
from wit_world.imports import subject
def f(x): return subject.call('f', '[]')

## asks the judge's way to the subject while it is loaded -> crashed
from wit_world.imports import subject
subject.call('f', '[]')
def f(x): return 5

## runs a check of its own in its own instance -> failed
import judge
def f(x):
    judge.judge('pass', ['f'])
    return 5

## replaces what was loaded -> failed
import subject
subject._loaded = type('D', (dict,), {'__getitem__': lambda self, key: lambda *a: 5})()
def f(x): return 6

## empties what was loaded -> failed
import subject
def f(x):
    subject._loaded.clear()
    return 4

## poisons every module -> failed
import sys
for name in list(sys.modules): sys.modules[name] = None
def f(x): return 5

## poisons the evaluator's modules -> failed
import sys
for name in 'encoding failures json subject judge app wit_world'.split(): sys.modules[name] = type(sys)(name)
def f(x): return 5

## finds every import itself -> failed
import sys
class Finder:
    def find_spec(self, name, path=None, target=None): raise SystemExit(0)
sys.meta_path.insert(0, Finder())
sys.modules.clear()
def f(x):
    import anything
    return 4

## swaps the code of the evaluator's own function -> failed
import subject
subject.call.__code__ = (lambda entry_point, text: ('[{"t":2},5,null]', None)).__code__
def f(x): return 6

## swaps its own code when it is called again -> failed
def f(x):
    f.__code__ = (lambda x: 4).__code__
    return 4

## a hook for exceptions -> failed
import sys
sys.excepthook = sys.unraisablehook = lambda *a: sys.exit(0)
def f(x): raise ValueError('no')

## a decorator that answers for the function -> failed
def always(function): return lambda *a, **k: 4
@always
def f(x): return x * x

## defines the names that the check uses -> failed
#? def check(candidate):
#?     assert candidate(2) == 4
#? check(f)
def check(*a): return True
def __koderz_explain__(*a): return ''
candidate = METADATA = check
def f(x): return 5

## defines a builtin that the check uses -> failed
#? assert f([2, 1]) == sorted([2, 1])
def sorted(x): return x
def f(x): return x

## changes an argument into another type -> failed
#? x = [2, 1]
#? assert f(x) == [1, 2]
import subject
subject.call = lambda e, t: ('[{"t":2},5,5]', None)
def f(x): return 5
