//! The evaluator of JavaScript: what a program comes to that is right, wrong, broken, or up to something.

use koderz_api::execution::{ExecutionErrorKind, Exit, Limits, Outcome, Program};
use koderz_core::ports::Evaluator;
use koderz_loader::{ComponentEvaluator, Engines, Plugin};
use koderz_tests::{cache, example_plugin};
use std::sync::OnceLock;
use std::time::Duration;

/// One for all tests: loading it is what takes time.
fn javascript() -> &'static ComponentEvaluator {
    static JAVASCRIPT: OnceLock<ComponentEvaluator> = OnceLock::new();
    JAVASCRIPT.get_or_init(|| {
        let engines = Engines::new(Some(&cache().join("compiled"))).expect("engines");
        let plugin = Plugin::load(&engines, &example_plugin("javascript")).expect("the evaluator loads");
        plugin.open_evaluator().expect("the evaluator opens")
    })
}

fn program(subject: &str, judge: Option<&str>) -> Program {
    Program {
        language: "javascript".to_owned(),
        subject: subject.to_owned(),
        judge: judge.map(str::to_owned),
        entry_points: judge.map(|_| "f".to_owned()).into_iter().collect(),
        stdin: b"given".to_vec(),
        limits: Limits {
            cpu: Duration::from_secs(1),
            wall: Duration::from_secs(300),
            memory_bytes: 128 << 20,
            output_bytes: 64 << 10,
        },
    }
}

fn alone(subject: &str) -> Outcome {
    let outcome = javascript().execute(&program(subject, None));
    outcome.expect("the evaluator works")
}

fn judged(subject: &str, judge: &str) -> Exit {
    let outcome = javascript().execute(&program(subject, Some(judge)));
    outcome.expect("the evaluator works").exit
}

/// A check that only the right function passes.
const CHECK: &str = "assert.equal(f(2), 4);\nassert.equal(f(-3), 9);\n";

#[test]
fn a_right_answer_passes_and_a_wrong_one_fails_with_both_sides_shown() {
    assert_eq!(judged("function f(x) { return x * x; }", CHECK), Exit::Passed);
    assert_eq!(judged("const f = (x) => x * x;", CHECK), Exit::Passed);
    assert_eq!(
        judged("const f = (x) => x + 2;", CHECK),
        Exit::Failed("AssertionError: -1 and not 9".to_owned())
    );
}

#[test]
fn a_program_without_a_check_passes_if_it_comes_to_its_end_and_its_output_is_kept() {
    let outcome = alone("console.log(readInput(), 1 + 1, [1, 2]);\nprint('é');");
    assert_eq!(outcome.exit, Exit::Passed);
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "given 2 1,2\né\n");
    let Exit::Crashed(why) = alone("throw new RangeError('too far')").exit else {
        panic!("an exception passed");
    };
    assert_eq!(why, "RangeError: too far");
    assert!(matches!(alone("function (").exit, Exit::Crashed(why) if why.starts_with("SyntaxError: ")));
    assert!(matches!(alone("throw 7").exit, Exit::Crashed(why) if why == "Error: 7"));
}

#[test]
fn a_check_that_cannot_be_run_is_nobodys_wrong_answer() {
    let broken = program("const f = (x) => x;", Some("assert.equal(f(1, 1"));
    let error = javascript().execute(&broken).expect_err("the check is broken");
    assert_eq!(error.kind, ExecutionErrorKind::BrokenJudge);
    assert!(error.message.contains("SyntaxError"), "{}", error.message);
}

#[test]
fn plain_values_of_every_kind_come_back_as_they_went() {
    let check = "
for (const value of [null, undefined, true, 0, -0, 0.1, NaN, -Infinity, 2 ** 53, '', 'é', '\\ud800', 10n ** 30n, [], [[1], [2, [3]]],
    {}, { a: { b: [undefined] } }, JSON.parse('{\"__proto__\": 1}')]) {
  const answer = f(value);
  assert.equal(answer, value);
  assert(Object.is(answer, value) || typeof value === 'object', String(value));
}
";
    assert_eq!(judged("const f = (x) => x;", check), Exit::Passed);
}

#[test]
fn arguments_that_a_call_changes_are_changed_for_the_check() {
    let subject = "const f = (list, object) => { list.push(4); list[0].a = 'new'; delete object.b; object.c = 1; };";
    let check = "const [list, object] = [[{ a: 'old' }], { b: 2 }];\nassert.equal(f(list, object), undefined);\n\
                 assert.equal(list, [{ a: 'new' }, 4]);\nassert.equal(object, { c: 1 });\n";
    assert_eq!(judged(subject, check), Exit::Passed);
}

#[test]
fn an_exception_of_the_answer_is_the_one_that_a_check_may_expect() {
    let subject = "class Odd extends TypeError { name = 'Odd' }\nconst f = (x) => {\n  if (x) throw new Odd('no');\n  null.x;\n};";
    let check = "try { f(1); assert(false); } catch (error) { assert.equal([error.name, error.message], ['Odd', 'no']); }\n\
                 try { f(0); assert(false); } catch (error) { assert(error instanceof TypeError); }\n";
    assert_eq!(judged(subject, check), Exit::Passed);
    assert_eq!(judged(subject, "f(1);"), Exit::Failed("Odd: no".to_owned()));
}

#[test]
fn whatever_uses_up_more_than_it_may_is_ended_and_the_host_goes_on() {
    for (name, source, ends) in [
        ("an endless loop", "while (true) {}", Exit::CpuLimit),
        (
            "an endless loop that catches everything",
            "while (true) { try { for (;;) {} } catch {} finally { continue } }",
            Exit::CpuLimit,
        ),
        (
            "jobs without an end",
            "const again = () => Promise.resolve().then(again);\nagain();",
            Exit::CpuLimit,
        ),
        (
            "a text that doubles",
            "let text = 'x';\nwhile (true) text += text;",
            Exit::MemoryLimit,
        ),
        (
            "more and more buffers",
            "const kept = [];\nwhile (true) kept.push(new Uint8Array(1 << 20));",
            Exit::MemoryLimit,
        ),
        (
            "a buffer beyond all memory",
            "new ArrayBuffer(1_000_000_000).byteLength",
            Exit::MemoryLimit,
        ),
        (
            "a flood of output",
            "while (true) print('x'.repeat(1000));",
            Exit::OutputLimit,
        ),
        (
            "a flood that catches everything",
            "while (true) { try { print('x'.repeat(1000)); } catch {} }",
            Exit::OutputLimit,
        ),
    ] {
        assert_eq!(alone(source).exit, ends, "{name}");
        let called = format!("const f = (x) => {{ {source} }};");
        assert_eq!(judged(&called, CHECK), ends, "{name}, called");
        let hidden = format!("try {{ {CHECK} }} catch {{}}");
        assert_eq!(
            judged(&called, &hidden),
            ends,
            "{name}, called by a check that forgives"
        );
    }
    assert_eq!(judged("const f = (x) => x * x;", CHECK), Exit::Passed);
}

#[test]
fn recursion_without_an_end_is_contained_and_a_deep_one_is_no_fault() {
    for source in [
        "const f = (x) => f(x);",
        "const f = (x) => { try { return f(x); } catch { return f(x); } };",
        "const f = (x) => [x].map(f)[0];",
        "const f = (x) => String({ toString() { return f(x); } });",
        "const f = (x) => JSON.stringify({ toJSON() { return f(x); } });",
    ] {
        let exit = judged(source, CHECK);
        assert!(matches!(exit, Exit::Failed(_) | Exit::Crashed(_)), "{source}: {exit:?}");
    }
    for source in [
        "(".repeat(100_000),
        "[".repeat(100_000),
        format!("{}1", "-".repeat(100_000)),
        "{".repeat(100_000),
    ] {
        let exit = alone(&source).exit;
        assert!(matches!(exit, Exit::Crashed(_)), "{}: {exit:?}", &source[..1]);
    }
    let sum = "const f = (x) => (x === 0 ? 0 : x + f(x - 1));";
    assert_eq!(judged(sum, "assert.equal(f(5000), 12502500);"), Exit::Passed);
}

#[test]
fn an_answer_cannot_make_its_judge_accept_it() {
    for source in [
        // Values that say that they are equal to anything.
        "const f = (x) => ({ valueOf() { return x * x; }, toString() { return String(x * x); } });",
        "const f = (x) => new Proxy({}, { get: () => x * x, has: () => true, ownKeys: () => [] });",
        "class Yes extends Number { equals() { return true; } }\nconst f = (x) => new Yes(x * x);",
        "const f = (x) => Symbol('4');",
        "const f = (x) => () => x * x;",
        // What is changed here is changed in another interpreter than the check's.
        "globalThis.assert = () => {};\nassert.equal = () => {};\nconst f = (x) => 0;",
        "Object.is = () => true;\nObject.keys = () => [];\nArray.isArray = () => true;\nconst f = (x) => [];",
        "Object.defineProperty(Object.prototype, 'value', { get: () => 4 });\nconst f = (x) => undefined;",
        "JSON.stringify = () => '{\"value\": 4}';\nJSON.parse = () => 4;\nconst f = (x) => undefined;",
        // What is not there, or does not come to anything.
        "const f = 4;",
        "const g = (x) => x * x;",
        "const f = async (x) => x * x;",
        "const f = function* (x) { yield x * x; };",
        // A way out.
        "const f = (x) => { throw undefined; };",
        "const f = (x) => { throw { get name() { throw 1; }, get message() { throw 2; } }; };",
        "const f = (x) => { const a = []; a.push(a); return a; };",
        "const f = (x) => { const a = { get a() { return f(x); } }; return a; };",
    ] {
        let exit = judged(source, CHECK);
        assert!(
            matches!(exit, Exit::Failed(_) | Exit::Crashed(_) | Exit::CpuLimit),
            "{source}: {exit:?}"
        );
    }
}

#[test]
fn a_program_reaches_nothing_of_the_host_and_nothing_of_its_judge() {
    let looks = "
for (const name of ['process', 'require', 'fetch', 'Deno', 'XMLHttpRequest', 'WebSocket', 'setTimeout', 'assert', 'f']) {
  if (name in globalThis) throw new Error(name);
}
print(Date.now(), new Date().getTimezoneOffset(), Math.random());
";
    let first = alone(looks);
    assert_eq!(first.exit, Exit::Passed);
    let said = String::from_utf8_lossy(&first.stdout).into_owned();
    assert!(said.starts_with("1767225600000 0 0."), "{said}");
    assert_eq!(alone(looks).stdout, first.stdout);
    let Exit::Failed(why) = judged("const f = (x) => import('/etc/passwd');", CHECK) else {
        panic!("a promise passed");
    };
    assert!(!why.contains("root"), "{why}");
}

#[test]
fn two_programs_share_nothing() {
    let leaves = "globalThis.kept = 'canary';\nObject.prototype.kept = 'canary';\nMath.random();\n";
    for _ in 0..20 {
        assert_eq!(alone(leaves).exit, Exit::Passed);
        let looks = "if (typeof kept !== 'undefined' || ({}).kept) throw new Error('kept');";
        assert_eq!(alone(looks).exit, Exit::Passed);
    }
    let counts = "let calls = 0;\nconst f = (x) => { calls += 1; return calls; };";
    let check = "assert.equal(f(0), 1);\nassert.equal(f(0), 2);";
    for _ in 0..3 {
        assert_eq!(judged(counts, check), Exit::Passed);
    }
}
