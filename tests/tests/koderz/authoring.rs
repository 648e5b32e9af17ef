//! A plugin's way from its first line into a run, as its author goes it: begun, tested, built, checked, installed, used,
//! removed.

use crate::plugins::user_with_adder;
use koderz_tests::{Ended, Koderz, cassette, end, root, serve};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What an author builds with here: the versions of this project, without a network, in a folder that is kept from one
/// run of the tests to the next.
pub(crate) fn with_tools(command: &mut Command) -> &mut Command {
    command
        .env("CARGO_NET_OFFLINE", "true")
        .env("CARGO_TARGET_DIR", target())
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTFLAGS")
        // Where the toolchain lacks the target, the set-up has built its standard library.
        .envs(sysroot().map(|sysroot| {
            let mut flags = OsString::from("--sysroot=");
            flags.push(sysroot);
            ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags)
        }))
}

/// Where authors' projects are built.
fn target() -> PathBuf {
    koderz_tests::built().with_file_name("authored")
}

/// Where they are begun. Not in the folder that they are built into: cargo would look for changes of one project's SDK in
/// another project.
pub(crate) fn projects() -> PathBuf {
    koderz_tests::built().with_file_name("authors")
}

fn sysroot() -> Option<PathBuf> {
    let setup = koderz_tests::built().with_file_name("setup");
    let entries = fs::read_dir(setup).ok()?;
    let mut folders = entries.flatten().map(|entry| entry.path());
    let std = folders.find(|path| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("wasm-std-"))
    })?;
    Some(std.join("sysroot")).filter(|sysroot| sysroot.is_dir())
}

/// A command in a project.
fn in_project(koderz: &Koderz, project: &Path, words: &str) -> Ended {
    let mut command = koderz.command(words);
    end(with_tools(&mut command).current_dir(project))
}

fn well(ended: &Ended) -> &Ended {
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    ended
}

/// Begins a plugin, runs its own tests and builds it both ways; its project, and the digest of the library.
fn built(koderz: &Koderz, kind: &str, name: &str) -> (PathBuf, String) {
    // At the same place each time, so that what is compiled there takes the place of what was.
    let project = projects().join("tests").join(name);
    if project.exists() {
        fs::remove_dir_all(&project).expect("the project of an earlier time goes");
    }
    let shown = project.display();
    let begun = in_project(
        koderz,
        koderz.data(),
        &format!("plugin new {kind} {name} --path {shown}"),
    );
    let next = format!("cd {shown} && cargo test");
    assert!(well(&begun).stderr.contains(&next), "{}", begun.stderr);
    lock(&project);
    let mut tests = Command::new(env!("CARGO"));
    let tests = with_tools(tests.arg("test").arg("--quiet").current_dir(&project))
        .output()
        .expect("cargo starts");
    assert!(tests.status.success(), "{}", String::from_utf8_lossy(&tests.stderr));
    well(&in_project(koderz, &project, "plugin build"));
    let native = in_project(koderz, &project, "plugin build --native");
    let digest = well(&native).stderr.split("SHA-256 ").nth(1).expect("a digest")[..64].to_owned();
    (project, digest)
}

/// Gives a project the versions that this one was built with: a plugin's author gets those of the day.
pub(crate) fn lock(project: &Path) {
    fs::copy(root().join("Cargo.lock"), project.join("Cargo.lock")).expect("a lock file");
}

fn library(name: &str) -> String {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    format!("{DLL_PREFIX}{name}{DLL_SUFFIX}")
}

#[test]
fn a_suite_goes_from_its_first_line_into_a_run_and_away_again() {
    let koderz = user_with_adder();
    let (project, digest) = built(&koderz, "suite", "my-sums");
    let check = in_project(&koderz, &project, "plugin check ./my-sums.wasm");
    assert!(
        well(&check).stdout.contains("3 with a right answer, of which 3 pass"),
        "{}",
        check.stdout
    );
    let added = in_project(&koderz, &project, "plugin add ./my-sums.wasm");
    assert!(
        well(&added).stderr.contains("my-sums 0.1.0 (suite, reference)"),
        "{}",
        added.stderr
    );
    let listed = koderz.call("plugin list");
    assert!(listed.stdout.contains("my-sums"), "{}", listed.stdout);
    let ran =
        koderz.call("benchmark --host embedded --local-model adder --suite my-sums --problem-ids sum/2+2,sum/20+22");
    assert!(well(&ran).stdout.contains("pass               2"), "{}", ran.stdout);
    let trusted = format!("--native --pin my-sums={digest}");
    let library = library("my-sums");
    let native = in_project(&koderz, &project, &format!("plugin check ./{library} {trusted}"));
    assert!(
        well(&native).stdout.contains("3 with a right answer, of which 3 pass"),
        "{}",
        native.stdout
    );
    let again = in_project(&koderz, &project, "plugin add ./my-sums.wasm");
    assert!(well(&again).stderr.contains("is the same file"), "{}", again.stderr);
    let other = in_project(&koderz, &project, &format!("plugin add ./{library} {trusted}"));
    assert!(well(&other).stderr.contains("native: unsandboxed"), "{}", other.stderr);
    well(&koderz.call("plugin remove my-sums"));
    well(&koderz.call("plugin remove native:my-sums"));
    let gone = koderz.call("plugin remove my-sums");
    assert_eq!(gone.code, Some(2), "{}", gone.stderr);
}

#[test]
fn a_policy_goes_from_its_first_line_into_a_run() {
    let koderz = user_with_adder();
    let (project, digest) = built(&koderz, "retry", "my-retry");
    well(&in_project(&koderz, &project, "plugin check ./my-retry.wasm"));
    let library = library("my-retry");
    let trusted = format!("--native --pin my-retry={digest}");
    well(&in_project(
        &koderz,
        &project,
        &format!("plugin check ./{library} {trusted}"),
    ));
    let shown = in_project(&koderz, &project, "plugin show ./my-retry.wasm");
    assert!(
        well(&shown).stdout.contains("Seconds before each retry"),
        "{}",
        shown.stdout
    );
}

#[test]
fn an_evaluator_goes_from_its_first_line_to_its_check() {
    let koderz = Koderz::new();
    let (project, digest) = built(&koderz, "evaluator", "my-language");
    well(&in_project(&koderz, &project, "plugin check ./my-language.wasm"));
    let library = library("my-language");
    let trusted = format!("--native --pin my-language={digest}");
    well(&in_project(
        &koderz,
        &project,
        &format!("plugin check ./{library} {trusted}"),
    ));
}

#[test]
fn what_cannot_be_begun_built_added_or_removed_is_said_with_what_to_do() {
    let koderz = Koderz::new();
    let folder = koderz.data();
    fs::write(folder.join("taken"), "").expect("a file");
    fs::write(folder.join("no-plugin.wasm"), "text").expect("a file");
    let mut told = String::new();
    for words in [
        "plugin new suite Sums",
        "plugin new sweet sums",
        "plugin new evaluator sums --lang python",
        "plugin new suite sums --path .",
        "plugin build",
        "plugin add no-plugin.wasm",
        "plugin add absent.wasm",
        "plugin remove absent",
        "plugin remove exponential",
        "plugin remove ../taken",
    ] {
        let ended = in_project(&koderz, folder, words);
        assert_eq!(ended.code, Some(2), "{words}: {}", ended.stderr);
        let first = ended.stderr.split("\n\n").next().unwrap_or_default();
        told.push_str(&format!("{}\n", first.trim_end()));
    }
    let told = told
        .replace(&folder.display().to_string(), "DATA")
        .replace(&koderz_tests::built().display().to_string(), "BUILT");
    insta::assert_snapshot!(told, @r"
    error: `Sums` cannot be a plugin's name: it does not begin with a lower-case letter
    hint: a name is lower-case letters, digits and dashes, and begins with a letter
    error: invalid value 'sweet' for '<KIND>': suite, retry or evaluator is needed
    error: there is no template of kind `evaluator` in python
    hint: in python there are suite and retry; rust has all
    error: . is there already, and is not empty
    hint: another name, or --path for another place
    error: . has no Cargo.toml, pyproject.toml or package.json, so there is no plugin to build
    hint: koderz plugin new KIND NAME begins one
    error: no-plugin.wasm is not a WASM component: it does not begin as WASM does
    hint: `koderz plugin build` builds a plugin; the .wasm file that it names is one
    error: read plugin absent.wasm: No such file or directory (os error 2)
    error: no plugin `absent` is in DATA/plugins
    error: no plugin `exponential` is in DATA/plugins
    hint: there is BUILT/plugins/exponential.wasm, which was not installed by `plugin add`
    error: no plugin `../taken` is in DATA/plugins
    ");
}

/// A plugin in a language with an interpreter, built with the tools that the set-up has and checked; none in JavaScript
/// where there is no npm.
fn interpreted(koderz: &Koderz, kind: &str, language: &str) -> Option<(String, PathBuf)> {
    let (tool, folder) = match language {
        "python" => ("componentize-py", "venv/bin"),
        _ => ("componentize-qjs", "suite-in-javascript/node_modules/.bin"),
    };
    let tools = koderz_tests::built().with_file_name("setup").join(folder);
    if language == "javascript" && !tools.join(tool).exists() {
        eprintln!("left out: {tool} is not installed");
        return None;
    }
    let name = format!("{kind}-in-{language}");
    let project = koderz.data().join(&name);
    let begun = format!("plugin new {kind} {name} --lang {language}");
    let begun = in_project(koderz, koderz.data(), &begun);
    assert!(well(&begun).stderr.contains("README.md"), "{}", begun.stderr);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([tools].into_iter().chain(std::env::split_paths(&path))).expect("a path");
    let built = end(koderz.command("plugin build").env("PATH", path).current_dir(&project));
    well(&built);
    let tests = match language {
        "python" => Command::new("python3")
            .args(["-m", "unittest"])
            .current_dir(&project)
            .output(),
        // There is Node where there is npm.
        _ => Command::new("node").arg("--test").current_dir(&project).output(),
    };
    let tests = tests.expect("the set-up needs the language itself");
    assert!(tests.status.success(), "{tests:?}");
    let check = format!("plugin check ./{name}.wasm");
    let asked = in_project(koderz, &project, &check);
    assert_eq!(asked.code, Some(2), "{}", asked.stdout);
    let hint = format!("--wasi {name} grants one");
    assert!(asked.stderr.contains(&hint), "{}", asked.stderr);
    well(&in_project(koderz, &project, &format!("{check} --wasi {name}")));
    Some((name, project))
}

#[test]
fn suites_in_python_and_in_javascript_go_from_their_first_line_into_a_run() {
    let koderz = user_with_adder();
    for language in ["python", "javascript"] {
        let Some((name, project)) = interpreted(&koderz, "suite", language) else {
            continue;
        };
        let run = format!(
            "benchmark --host embedded --local-model adder --suite ./{name}.wasm --wasi {name} --problem-ids \
             sum/2+2,sum/20+22"
        );
        let ran = in_project(&koderz, &project, &run);
        assert!(well(&ran).stdout.contains("pass               2"), "{}", ran.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_in_python_and_in_javascript_decide_in_a_run() {
    let koderz = Koderz::new();
    for language in ["python", "javascript"] {
        let Some((name, project)) = interpreted(&koderz, "retry", language) else {
            continue;
        };
        let server = serve(&[cassette("reference")], &["busy*9"]).await;
        let run = format!(
            "benchmark --host {} --local-model reference --end 1 --concurrency 1 --retry ./{name}.wasm --wasi {name} --set \
             retry.delay=0.01 --max-retries 2",
            server.url()
        );
        let ran = in_project(&koderz, &project, &run);
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert!(ran.stdout.contains("retries            2"), "{}", ran.stdout);
        assert!(ran.stdout.contains("no retries are left"), "{}", ran.stdout);
    }
}
