//! Names and settings of what there is not.

use super::refusal::{USUAL, first_lines, refusals};
use koderz_tests::test_plugin;

#[test]
fn what_is_not_there_is_named_with_what_there_is() {
    let sums = test_plugin("sums");
    insta::assert_snapshot!(refusals(&[
        "benchmark --host embedded --local-model nosuch".to_owned(),
        "benchmark --host embedded --local-model refrence".to_owned(),
        format!("{USUAL} --suite nosuch"),
        format!("{USUAL} --retry nosuch"),
        format!("{USUAL} --suite exponential"),
        format!("{USUAL} --retry humaneval"),
        format!("{USUAL} --suite humanevl"),
        "run --host embedded --local-model reference --problem-id HumanEval/164".to_owned(),
        format!(
            "run --host embedded --local-model reference --suite {} --problem-id SUM",
            sums.display()
        ),
        format!("{USUAL} --suite {} --slot judge=reference", sums.display()),
    ]), @"
    error: the embedded server has no model `nosuch`
    hint: it has gemma3:270m-base, reference:latest, lorem:200, lorem:50
    error: the embedded server has no model `refrence`
    hint: it has gemma3:270m-base, reference:latest, lorem:200, lorem:50
    hint: did you mean reference:latest?
    error: no suite `nosuch` is installed; there are `humaneval`, `speed`
    hint: plugins are looked for in DATA/plugins, BUILT/plugins; --plugin FILE names one elsewhere
    error: no retry policy `nosuch` is installed; there is `exponential`
    hint: plugins are looked for in DATA/plugins, BUILT/plugins; --plugin FILE names one elsewhere
    error: no suite `exponential` is installed; there are `humaneval`, `speed`
    hint: `exponential` is a retry policy, which --retry takes
    hint: plugins are looked for in DATA/plugins, BUILT/plugins; --plugin FILE names one elsewhere
    error: no retry policy `humaneval` is installed; there is `exponential`
    hint: `humaneval` is a suite, which --suite takes
    hint: plugins are looked for in DATA/plugins, BUILT/plugins; --plugin FILE names one elsewhere
    error: no suite `humanevl` is installed; there are `humaneval`, `speed`
    hint: did you mean `humaneval`?
    hint: plugins are looked for in DATA/plugins, BUILT/plugins; --plugin FILE names one elsewhere
    error: the suite has no task `HumanEval/164`
    hint: it has 164, such as HumanEval/0, HumanEval/1, HumanEval/2, HumanEval/3, HumanEval/4
    error: the suite has no task `SUM`
    hint: it has 2, such as sum/1, sum/2
    error: the suite has no slot `judge`; it has none besides the model under test
    ");
}

#[test]
fn a_setting_that_the_schema_refuses_is_refused_with_the_reason() {
    let settings = [
        "suite.prompt-stile=chat",
        "suite.prompt-style=loud",
        "suite.memory-mib=much",
        "suite.memory-mib=1",
        "retry.initial-delay=-1",
        "retry.max-retries=1.5",
        "retry.jitter=some",
    ];
    insta::assert_snapshot!(refusals(&settings.map(|setting| format!("{USUAL} --set {setting}"))), @r#"
    error: settings of plugin humaneval 0.1.0: prompt-stile=chat is refused: there is no such setting
    hint: did you mean `prompt-style`?
    hint: its settings are cpu-seconds, max-output-tokens, memory-mib, prompt-style
    error: settings of plugin humaneval 0.1.0: prompt-style=loud is refused: it can be chat, completion, solution
    hint: prompt-style is: How a problem is put to a model.
    error: settings of plugin humaneval 0.1.0: memory-mib=much is refused: "much" is not of type "integer"
    hint: memory-mib is: Memory that a program may hold, in MiB, the interpreter included.
    error: settings of plugin humaneval 0.1.0: memory-mib=1 is refused: 1 is less than the minimum of 64
    hint: memory-mib is: Memory that a program may hold, in MiB, the interpreter included.
    error: settings of plugin exponential 0.1.0: initial-delay=-1 is refused: -1 is less than the minimum of 0.0
    hint: initial-delay is: The pause before the first retry, in seconds.
    error: settings of plugin exponential 0.1.0: max-retries=1.5 is refused: 1.5 is not of type "integer"
    hint: max-retries is: Retries after the first attempt.
    error: settings of plugin exponential 0.1.0: jitter=some is refused: it can be none, equal, full
    hint: jitter is: How much of a pause is left to chance, so that many clients do not come back at once.
    "#);
}

#[test]
fn what_is_no_setting_at_all_is_refused_with_the_form_of_one() {
    let settings = ["x.y=1", "suite.x", "suite.=1"];
    insta::assert_snapshot!(first_lines(&settings.map(|setting| format!("{USUAL} --set {setting}"))), @"
    error: invalid value 'x.y=1' for '--set <SETTING>': `x` has no settings; suite.KEY=VALUE or retry.KEY=VALUE is needed
    error: invalid value 'suite.x' for '--set <SETTING>': suite.KEY=VALUE or retry.KEY=VALUE is needed
    error: invalid value 'suite.=1' for '--set <SETTING>': suite.KEY=VALUE or retry.KEY=VALUE is needed
    ");
}
