//! Files that are no plugins, and plugins that are not what is wanted.

use super::refusal::{USUAL, refusals};
use koderz_tests::test_plugin;
use std::fs;

#[test]
fn a_file_that_is_no_component_is_refused_as_what_it_is() {
    let sums = fs::read(test_plugin("sums")).expect("the component");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files: [(&str, &[u8]); 5] = [
        ("empty.wasm", b""),
        ("text.wasm", b"hello"),
        ("module.wasm", b"\0asm\x01\0\0\0"),
        ("program.wasm", b"\x7fELF\x02\x01\x01"),
        ("half.wasm", &sums[..sums.len() / 2]),
    ];
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).expect("a new file");
    }
    let names = files.map(|(name, _)| name).into_iter().chain(["absent.wasm", "./"]);
    let calls: Vec<String> = names
        .map(|name| format!("{USUAL} --suite {}", folder.path().join(name).display()))
        .collect();
    let folder = folder.path().display().to_string();
    let told = |option: &str| {
        let calls: Vec<_> = calls.iter().map(|call| call.replace("--suite", option)).collect();
        let told = refusals(&calls).replace(&folder, "FOLDER");
        // Where a component is cut in two is a matter of its length.
        let lines = told
            .lines()
            .map(|line| line.split(" (at offset").next().unwrap_or_default());
        lines.collect::<Vec<_>>().join("\n")
    };
    let suite = told("--suite");
    insta::assert_snapshot!(suite, @r#"
    error: FOLDER/empty.wasm is not a WASM component: it does not begin as WASM does
    hint: `koderz plugin build` builds a plugin; the .wasm file that it names is one
    error: FOLDER/text.wasm is not a WASM component: it does not begin as WASM does
    hint: `koderz plugin build` builds a plugin; the .wasm file that it names is one
    error: FOLDER/module.wasm is not a WASM component: it is a core module
    hint: set `linker = "wasm-component-ld"` for the target in .cargo/config.toml
    error: FOLDER/program.wasm is machine code, which no sandbox confines, so it is not loaded
    hint: --native allows it, together with --pin native:NAME=DIGEST; a .wasm component needs neither; SHA-256 of it is ced1af6d51438341a0335cc00e1c2867fb718a537c1173cf210070a6b1cdf40a
    error: FOLDER/half.wasm is not a WASM component: unexpected end-of-file
    hint: it is cut off or damaged; copy it again, or build it again
    error: read plugin FOLDER/absent.wasm: No such file or directory (os error 2)
    error: read plugin FOLDER/./: Is a directory (os error 21)
    "#);
    assert_eq!(told("--retry"), suite);
    assert_eq!(told("--plugin"), suite);
}

#[test]
fn a_component_that_is_cut_off_anywhere_is_refused() {
    let sums = fs::read(test_plugin("sums")).expect("the component");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("cut.wasm");
    for length in [
        4,
        7,
        8,
        9,
        100,
        1000,
        sums.len() - 1000,
        sums.len() - 100,
        sums.len() - 1,
    ] {
        fs::write(&file, &sums[..length]).expect("a file");
        refusals(&[format!("{USUAL} --suite {}", file.display())]);
    }
}

#[test]
fn a_component_that_is_for_something_else_or_traps_is_refused_by_name() {
    let named = |option: &str, plugin: &str| format!("{USUAL} {option} {}", test_plugin(plugin).display());
    insta::assert_snapshot!(refusals(&[
        named("--retry", "sums"),
        named("--suite", "steady"),
        named("--retry", "mute"),
        named("--plugin", "mute"),
    ]), @"
    error: plugin sums 0.1.0 (BUILT/test-plugins/sums.wasm) exports no `retry`; it exports koderz:plugin/suite@0.1.0, koderz:plugin/reference@0.1.0, koderz:plugin/identity@0.1.0
    error: plugin steady 0.1.0 (BUILT/test-plugins/steady.wasm) exports no `suite`; it exports koderz:plugin/identity@0.1.0, koderz:plugin/retry@0.1.0
    error: load plugin BUILT/test-plugins/mute.wasm: plugin mute of unknown version, call describe: panic: I would rather not say (tests/plugins/mute/src/lib.rs:17)
    error: load plugin BUILT/test-plugins/mute.wasm: plugin mute of unknown version, call describe: panic: I would rather not say (tests/plugins/mute/src/lib.rs:17)
    ");
}

#[test]
fn a_suite_whose_wishes_cannot_be_met_is_not_begun() {
    let faulty = test_plugin("faulty");
    let faults = ["refuse", "language", "slot"];
    let calls = faults.map(|fault| format!("{USUAL} --suite {} --set suite.fault={fault}", faulty.display()));
    insta::assert_snapshot!(refusals(&calls), @"
    error: settings of plugin faulty 0.1.0: this will not do
    error: the suite has programs in `befunge` run, and no evaluator claims that language; the installed ones run python
    hint: --plugin FILE names one
    error: the suite wants a model for its slot `judge`
    hint: --slot judge=MODEL names one
    ");
}
