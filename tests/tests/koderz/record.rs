//! The record under stress: a full disk, a folder that may only be read, a file with a part missing, two at once.

use koderz_core::event::End;
use koderz_record::RunState;
use koderz_tests::{Ended, Koderz, built, end};
use std::fs;
use std::process::Command;

const ASKED: &str = "benchmark --host embedded --local-model reference";

/// A script in a world of its own, where it may mount what it likes on `$FOLDER`; none on a machine that gives no such
/// world. `$K` is the binary.
#[cfg(target_os = "linux")]
fn alone(koderz: &Koderz, script: &str) -> Option<Ended> {
    let folder = koderz.data().join("place");
    fs::create_dir(&folder).expect("a new folder");
    let usual = koderz.command("");
    let mut command = Command::new("unshare");
    command
        .args(["--user", "--map-root-user", "--mount", "sh", "-c"])
        .arg(format!(
            "mount -t tmpfs -o size=50m tmpfs \"$FOLDER\" || exit 77\n{script}"
        ));
    for (key, value) in usual.get_envs() {
        match value {
            Some(value) => command.env(key, value),
            None => command.env_remove(key),
        };
    }
    command
        .env("K", built().join("koderz"))
        .env("FOLDER", &folder)
        .env("KODERZ_DATA_DIR", &folder)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let possible = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "true"])
        .status();
    if !possible.is_ok_and(|status| status.success()) {
        return None;
    }
    Some(end(&mut command)).filter(|ended| ended.code != Some(77))
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_a_run_with_an_error_and_neither_it_nor_an_earlier_one_is_lost() {
    let koderz = Koderz::new();
    let script = format!(
        r#"
        "$K" {ASKED} --end 3 >/dev/null || exit 70
        cp -r "$FOLDER" "$FOLDER-before"
        # As much as is there, and a little.
        used=$(du -sk "$FOLDER" | cut -f1)
        mount -o remount,size=$((used + 300))k "$FOLDER" || exit 77
        "$K" {ASKED} >/dev/null 2>"$FOLDER-said"
        echo "code $?"
        mount -o remount,size=50m "$FOLDER"
        "$K" runs
        "$K" resume >"$FOLDER-resumed" || exit 71
        grep -c '^pass  *164$' "$FOLDER-resumed"
        "#
    );
    let Some(ended) = alone(&koderz, &script) else { return };
    let said = fs::read_to_string(koderz.data().join("place-said")).unwrap_or_default();
    assert_eq!(ended.code, Some(0), "{}\n{}\n{said}", ended.stdout, ended.stderr);
    assert!(ended.stdout.starts_with("code 2\n"), "{}", ended.stdout);
    assert!(said.contains("error: ") && said.contains("full"), "{said}");
    assert!(ended.stdout.contains("100.0 %  3/0/0/0"), "{}", ended.stdout);
    assert!(ended.stdout.ends_with("\n1\n"), "{}", ended.stdout);
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_may_only_be_read_is_said_before_a_model_is_asked() {
    let koderz = Koderz::new();
    let script = format!(
        r#"
        "$K" {ASKED} --end 1 >/dev/null || exit 70
        mount -o remount,ro "$FOLDER" || exit 77
        "$K" {ASKED} --end 1; echo "code $?"
        "$K" resume; echo "code $?"
        "#
    );
    let Some(ended) = alone(&koderz, &script) else { return };
    assert_eq!(ended.stdout, "code 2\ncode 2\n", "{}", ended.stderr);
    let errors = ended.stderr.matches("error: cannot write the record").count();
    assert_eq!(errors, 2, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("hint: make that place writable"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_record_with_a_part_missing_is_named_and_left_as_it_is() {
    let koderz = Koderz::new();
    let ran = koderz.call(&format!("{ASKED} --end 5"));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let whole = fs::read(koderz.record_path()).expect("the record");
    for left in [100, 4096, whole.len() / 2] {
        fs::write(koderz.record_path(), &whole[..left]).expect("written");
        for call in ["runs", "runs show", "resume", &format!("{ASKED} --end 1")] {
            let ended = koderz.call(call);
            assert_eq!(ended.code, Some(2), "{left}, {call}: {}", ended.stdout);
            let said = format!("error: the record {} is damaged: ", koderz.record_path().display());
            assert!(ended.stderr.contains(&said), "{left}, {call}: {}", ended.stderr);
            assert!(
                ended.stderr.contains("hint: nothing was written to it"),
                "{}",
                ended.stderr
            );
        }
        assert_eq!(fs::read(koderz.record_path()).expect("the file"), &whole[..left]);
    }
    fs::write(koderz.record_path(), whole).expect("written");
    assert_eq!(koderz.call("runs show").code, Some(0), "a copy in its place is as good");
}

#[test]
fn two_runs_at_once_share_a_record_and_both_are_whole() {
    let koderz = Koderz::new();
    let asked = format!("{ASKED} --end 60");
    let mut both = [koderz.start(&asked), koderz.start(&asked)];
    for child in &mut both {
        assert_eq!(child.wait().expect("it ends").code(), Some(0));
    }
    let record = koderz.record();
    let runs = record.runs().expect("a list");
    assert_eq!(runs.len(), 2);
    for run in runs {
        assert_eq!(run.state, RunState::Ended(End::Finished));
        let finished = record.entries(&run.id).expect("its entries").filter(|entry| {
            let entry = entry.as_ref().expect("it can be read");
            entry.event.name() == "trial-finished"
        });
        assert_eq!(finished.count(), 60);
    }
}
