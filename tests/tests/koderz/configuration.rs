//! Configuration files, profiles and the environment, as a user of them would notice.

use koderz_tests::{Ended, Koderz, end, test_plugin};
use std::path::PathBuf;

/// A project folder with a configuration in it.
struct Project {
    koderz: Koderz,
    folder: PathBuf,
}

impl Project {
    fn new(configuration: &str) -> Self {
        let koderz = Koderz::new();
        let folder = koderz.data().join("project");
        // A folder below counts as the project too.
        std::fs::create_dir_all(folder.join("below")).expect("a folder");
        std::fs::write(folder.join("koderz.toml"), configuration).expect("a file");
        Project { koderz, folder }
    }

    fn call(&self, arguments: &str, variables: &[(&str, &str)]) -> Ended {
        let mut command = self.koderz.command(arguments);
        command
            .current_dir(self.folder.join("below"))
            .envs(variables.iter().copied());
        end(&mut command)
    }
}

const NIGHTLY: &str = r#"
seed = 7
host = "embedded"

[profile.nightly]
local-model = ["reference", "lorem:5000"]
limit = 3
samples = 2
temperature = 0.8
"#;

#[test]
fn a_profile_makes_a_whole_benchmark_one_word() {
    let project = Project::new(NIGHTLY);
    let ended = project.call("benchmark --profile nightly", &[]);
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let runs = project.koderz.record().runs().expect("the runs");
    assert_eq!(runs.len(), 2);
    for run in runs {
        let manifest = project.koderz.record().manifest(&run.id).expect("its manifest");
        assert_eq!(
            (manifest.seed, manifest.samples.get(), manifest.selection.limit),
            (7, 2, Some(3))
        );
        assert_eq!(manifest.defaults.temperature, 0.8);
    }
    let typed = project.call(
        "benchmark --profile nightly --local-model reference --samples 1 --seed 3",
        &[],
    );
    assert_eq!(typed.code, Some(0), "{}\n{}", typed.stdout, typed.stderr);
    assert!(
        typed.stdout.contains("1 sample of each task, temperature 0.8, seed 3"),
        "{}",
        typed.stdout
    );
}

#[test]
fn the_environment_counts_more_than_a_file_and_less_than_what_is_typed() {
    let project = Project::new("timeout = 1\nseed = 1\nretry = \"steady\"\nheader = \"X-Key: secret\"");
    let variables = [("KODERZ_SEED", "2"), ("KODERZ_NUM_CTX", "4096")];
    let shown = project.call("config show --origin", &variables);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    let file = std::fs::canonicalize(project.folder.join("koderz.toml")).expect("a path");
    let shown = shown.stdout.replace(&file.display().to_string(), "FILE");
    insta::assert_snapshot!(shown, @r#"
    calibration = 0.1  # KODERZ_CALIBRATION
    concurrency = 4  # built in
    header = "***"  # FILE
    host = "127.0.0.1:11434"  # built in
    num-ctx = 4096  # KODERZ_NUM_CTX
    retry = "steady"  # FILE
    seed = 2  # KODERZ_SEED
    suite = "humaneval"  # built in
    temperature = 0  # built in
    timeout = 1  # FILE
    "#);
}

#[test]
fn a_slip_is_answered_with_where_it_is_and_what_was_meant() {
    let check = |configuration: &str| {
        let project = Project::new(configuration);
        let ended = project.call("config check", &[]);
        assert_eq!(ended.code, Some(2), "{}", ended.stdout);
        let file = std::fs::canonicalize(project.folder.join("koderz.toml")).expect("a path");
        ended.stderr.replace(&file.display().to_string(), "FILE")
    };
    insta::assert_snapshot!(check("max-retry = 3"), @"
    error: FILE: there is no setting `max-retry`
    hint: did you mean `max-retries`?
    ");
    insta::assert_snapshot!(check("temperature = \"warm\""), @"
    error: invalid value 'warm' for '--temperature <T>': a number from 0 to 100 is needed
    hint: that is set in FILE
    ");
    insta::assert_snapshot!(check("[profile.ci]\nsample = 3"), @"
    error: FILE, profile ci: there is no setting `sample`
    hint: did you mean `samples`?
    ");
    insta::assert_snapshot!(check("export = true"), @"error: FILE: `export` is true, and wants a value: FILE");
    insta::assert_snapshot!(check("[set.suite]\nprompt-stile = \"chat\""), @"
    error: FILE: settings of plugin humaneval 0.1.0: prompt-stile=chat is refused: there is no such setting
    hint: did you mean `prompt-style`?
    hint: its settings are cpu-seconds, max-output-tokens, memory-mib, prompt-style
    ");
    let fine = Project::new("shuffle = true\n[set.retry]\nmax-retries = 9").call("config check", &[]);
    assert_eq!(fine.code, Some(0), "{}", fine.stderr);
    let fine = Project::new("seed = 1").call("config check", &[]);
    assert_eq!(fine.code, Some(0), "{}", fine.stderr);
    assert!(fine.stdout.ends_with("koderz.toml: fine\n"), "{}", fine.stdout);
    let none = Project::new(NIGHTLY).call("benchmark --profile weekly", &[]);
    assert_eq!(none.code, Some(2));
    assert_eq!(
        none.stderr,
        "error: --profile: there is no profile `weekly`; there is nightly\n"
    );
}

#[test]
fn a_path_in_a_file_goes_from_the_folder_of_that_file() {
    let project = Project::new(
        r#"
host = "embedded"
local-model = "reference"
system = "prompts/terse.txt"
problem-ids = "HumanEval/5"
plugin = ["plugins/mine.wasm"]
suite = "plugins/mine.wasm"

[grant]
data = "prompts/terse.txt"
"#,
    );
    for folder in ["prompts", "plugins"] {
        std::fs::create_dir(project.folder.join(folder)).expect("a folder");
    }
    std::fs::write(project.folder.join("prompts/terse.txt"), "Be brief.").expect("a file");
    std::fs::copy(test_plugin("sums"), project.folder.join("plugins/mine.wasm")).expect("a plugin");
    let ended = project.call("list-problems --json", &[]);
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    assert_eq!(ended.stdout.lines().count(), 2, "the two sums: {}", ended.stdout);
    let ended = project.call("benchmark --problem-ids sum/1 --local-model lorem:5000", &[]);
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    let manifest = project
        .koderz
        .record()
        .manifest(&project.koderz.last_run())
        .expect("its manifest");
    assert_eq!(manifest.defaults.system.as_deref(), Some("Be brief."));
    assert_eq!(manifest.suite.grants.len(), 1);
}

#[test]
fn a_value_of_the_environment_that_is_refused_is_traced_to_its_variable() {
    let project = Project::new(NIGHTLY);
    let refused = project.call("benchmark --local-model reference", &[("KODERZ_LIMIT", "two")]);
    assert_eq!(refused.code, Some(2), "{}", refused.stdout);
    assert!(
        refused.stderr.contains("'two'")
            && refused
                .stderr
                .contains("hint: that is set in the environment's KODERZ_LIMIT"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_variable_of_the_environment_that_means_nothing_is_warned_of_with_what_was_meant() {
    let project = Project::new(NIGHTLY);
    let ended = project.call("config check", &[("KODERZ_TIMEOT", "2"), ("KODERZ_SEED", "1")]);
    assert_eq!(ended.code, Some(0));
    assert_eq!(
        ended.stderr,
        "WARN the environment's KODERZ_TIMEOT means nothing to koderz; did you mean KODERZ_TIMEOUT?\n"
    );
}

#[test]
fn of_a_flag_and_a_setting_about_the_same_it_is_said_which_holds() {
    let project = Project::new("[set.retry]\nmax-retries = 9");
    let ended = project.call(
        "benchmark --host embedded --local-model reference --end 1 --max-retries 1",
        &[],
    );
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let said = "WARN --max-retries holds, and not --set retry.max-retries=9, which is about the same\n";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    let manifest = project
        .koderz
        .record()
        .manifest(&project.koderz.last_run())
        .expect("its manifest");
    assert_eq!(manifest.max_retries, Some(1));
}
