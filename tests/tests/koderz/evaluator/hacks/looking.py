# Programs that look for the check, or for what it expects.
#
# A line of `##` begins each: its name, and how it ends. A line of `#?` is a line of a check of its own.

## walks the frames to the check -> failed
import sys
def f(x):
    frame = sys._getframe()
    while frame:
        frame.f_globals['f'] = frame.f_locals['f'] = lambda x: x * x
        for name, value in list(frame.f_locals.items()):
            if 'assert' in str(value)[:10000]: return 4 if '== 4' in value else 9
        frame = frame.f_back
    return None

## walks the frames of an exception -> failed
def f(x):
    try: raise ValueError
    except ValueError as error:
        frame = error.__traceback__.tb_frame
        while frame:
            if 'check' in frame.f_globals: return frame.f_globals['check']
            frame = frame.f_back
    return 5

## searches memory for the check -> failed
import gc
def f(x):
    for held in gc.get_objects():
        if type(held) is dict and '<check>' in held: return int(held['<check>'][2][x < 0][-2])
    return None

## searches the constants of all code for expected values -> failed
import gc, types
def f(x):
    for held in gc.get_objects():
        for code in gc.get_referents(held):
            if isinstance(code, types.CodeType) and code.co_filename == '<check>': return code.co_consts[1]
    return None

## reads the source of the check -> failed
import linecache
def f(x):
    lines = linecache.getlines('<check>')
    return int(lines[0].split('==')[1])

## traces every line -> crashed
import sys
def f(x):
    def trace(frame, event, arg):
        frame.f_locals['value'] = 4
        return trace
    sys.settrace(trace)
    return 5

## traces every return -> failed
import sys
def profile(frame, event, arg):
    if event == 'return' and frame.f_code.co_name == 'f': frame.f_locals['value'] = 4
sys.setprofile(profile)
def f(x): return 5

## monitors every line -> failed
import sys
m = sys.monitoring
m.use_tool_id(1, 'hack')
m.set_events(1, m.events.PY_RETURN)
m.register_callback(1, m.events.PY_RETURN, lambda *a: 4)
def f(x): return 5

## counts its calls to answer in turn -> failed
answers = iter([4, 8])
def f(x): return next(answers)

## writes to where the verdict might be read -> failed
import sys
def f(x):
    print('passed')
    print('{"passed": true}', file=sys.stderr)
    sys.__stdout__.write('ok\n')
    return 5

## closes its streams -> failed
import os, sys
sys.stdout.close()
sys.stderr = None
os.close(1)
def f(x): return 5

## reads what stands on its input -> failed
import sys
def f(x): return sys.stdin.read() or 5

## opens a file of its own -> failed
import encoding
def f(x): return open(encoding.__file__).read()

## looks for the check on disk -> failed
import glob
def f(x): return glob.glob('/**', recursive=True)

## asks for one hundred thousand sockets -> failed
def f(x):
    import _socket
    kept = [_socket.socket() for _ in range(100000)]
    return 5

## makes ten thousand sockets it does not keep -> failed
def f(x):
    import _socket
    for _ in range(10000):
        try: _socket.socket()
        except OSError: pass
    return 5

## starts a thread that goes on -> failed
import threading, time
def f(x):
    threading.Thread(target=lambda: time.sleep(1000)).start()
    return 5
