//! That programs share nothing, and reach nothing of the host.
//!
//! Memories are used again after the pages that a program wrote were written back, so a page that was overlooked would
//! show here.

use super::python::{CHECK, alone, judged};
use koderz_api::execution::Exit;

/// Holds ten megabytes of a text that no other program spells out, in pieces that lie all over its memory.
const LEAVES: &str = "
kept = []
canary = bytes(range(97, 105)) * 2 + b'-canary-' + bytes(range(105, 113)) * 2
for size in (40, 400, 4_000, 40_000, 400_000):
    kept.extend(canary * (size // 40) for _ in range(2_000_000 // size))
assert sum(map(len, kept)) >= 10_000_000
";

/// Looks through memory that it is given, which nobody has cleared in its own instance.
const LOOKS: &str = "
import array
canary = bytes(range(97, 105)) * 2 + b'-' + b'canary' + b'-'
found = 0
for size in (48, 512, 4_096, 65_536, 1 << 20, 8 << 20):
    for _ in range(max(1, (4 << 20) // size)):
        # Growing a bytearray does not clear what it grows into.
        block = bytearray(1)
        block *= 1
        found += bytes(block).count(canary)
    room = array.array('B', bytes(size))
    found += room.tobytes().count(canary)
import gc, sys
held = [one for one in gc.get_objects() if isinstance(one, (bytes, bytearray, list, dict, tuple))]
found += sum(one.count(canary) for one in held if isinstance(one, (bytes, bytearray)))
found += sum(repr(one).count(repr(canary)[2:-1]) for one in sys.modules.get('builtins').__dict__.values() if isinstance(one, bytes))
assert found == 0, found
assert 'kept' not in globals() and not hasattr(sys, 'kept')
";

#[test]
fn of_ten_megabytes_that_one_program_leaves_the_next_hundred_find_nothing() {
    assert_eq!(alone(LEAVES).exit, Exit::Passed);
    for number in 0..100 {
        assert_eq!(alone(LOOKS).exit, Exit::Passed, "program {number}");
    }
}

#[test]
fn what_a_program_breaks_in_its_interpreter_is_whole_again_for_the_next() {
    let breaks = "
import builtins, json, sys, encoding, subject, judge, failures, random, re
for module in (json, encoding, subject, judge, failures, random, re):
    for name in list(vars(module)):
        if not name.startswith('__'):
            setattr(module, name, None)
sys.modules.clear()
(1).__class__.__bases__
for name in ('len', 'isinstance', 'print', 'str'):
    setattr(builtins, name, None)
def f(x): return x
";
    for _ in 0..10 {
        assert_ne!(judged(breaks, CHECK), Exit::Passed);
        assert_eq!(judged("def f(x):\n    return x * x\n", CHECK), Exit::Passed);
    }
}

#[test]
fn a_memory_that_grew_and_was_filled_is_small_and_empty_for_the_next() {
    let fills = "blocks = [b'\\xff' * 10 ** 6 for _ in range(100)]\n";
    let first = alone("x = 1\n");
    assert_eq!(alone(fills).exit, Exit::Passed);
    let then = alone("x = 1\n");
    assert_eq!((first.exit, first.memory_bytes), (then.exit, then.memory_bytes));
    // Fresh memory of WASM is nought, and an interpreter relies on it.
    let calloc = "assert not any(bytes(60 * 10 ** 6)), 'something was left'\n";
    assert_eq!(alone(calloc).exit, Exit::Passed);
}

#[test]
fn the_hosts_time_place_and_name_are_not_to_be_seen() {
    let outcome = alone(
        "
import os, sys, time, platform, socket
print(int(time.time()) // 60, dict(os.environ), sys.argv, os.getpid() if hasattr(os, 'getpid') else 0)
print(platform.node(), os.getcwd())
for what in ('/proc/self/maps', '/proc/meminfo', '/etc/hostname', '/dev/mem', '.'):
    try:
        open(what)
        print('opened', what)
    except OSError:
        pass
try:
    print(socket.gethostname())
except OSError:
    pass
",
    );
    let said = String::from_utf8_lossy(&outcome.stdout).into_owned();
    assert!(said.starts_with("29453760 {} ['<answer>'] "), "{said}");
    assert!(!said.contains("opened"), "{said}");
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    assert!(host.trim().len() < 3 || !said.contains(host.trim()), "{said}");
}
