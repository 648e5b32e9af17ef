//! What a speed test leaves for other programs.

use koderz_tests::{Koderz, root};
use serde_json::Value;
use std::fs;
use std::path::Path;

const TEST: &str = "speed-test lorem:200 lorem:500 --host embedded --samples 2 --set suite.max-output-tokens=16";

fn exported(koderz: &Koderz, command: &str, file: &str) -> String {
    let path = koderz.data().join(file);
    let ended = koderz.call(&format!("{command} --export {}", path.display()));
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
    fs::read_to_string(path).expect("the export")
}

fn schema() -> Value {
    let file = root().join("docs/reference/export.schema.json");
    serde_json::from_str(&fs::read_to_string(file).expect("the schema")).expect("JSON")
}

/// Sees that a schema says something of every field of an object.
fn every_field_is_described(schema: &Value, name: &str, object: &Value) {
    for field in object.as_object().expect("an object").keys() {
        let described = &schema["$defs"][name]["properties"][field];
        assert!(!described.is_null(), "the schema has no `{field}` in `{name}`");
    }
}

#[test]
fn the_json_of_one_run_and_of_several_is_what_the_schema_says() {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let koderz = Koderz::new();
    let benchmark = "benchmark --local-model reference --host embedded --limit 2";
    for (number, command) in [benchmark, "speed-test lorem:2000 --host embedded", TEST]
        .iter()
        .enumerate()
    {
        let document: Value =
            serde_json::from_str(&exported(&koderz, command, &format!("{number}.json"))).expect("JSON");
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{command}: {errors:#?}");
        let run = document["runs"].get(0).unwrap_or(&document);
        every_field_is_described(&schema, "run", run);
        let sample = &run["samples"][0];
        every_field_is_described(&schema, "sample", sample);
        if !sample["answer"].is_null() {
            every_field_is_described(&schema, "answer", &sample["answer"]);
        }
    }
    let wrong = serde_json::json!({ "format": 1, "samples": [] });
    assert!(!validator.is_valid(&wrong), "and it says something");
}

#[test]
fn energy_and_memory_are_exported_and_on_the_page_and_what_cannot_be_read_is_no_zero() {
    let koderz = Koderz::new();
    let run: Value = serde_json::from_str(&exported(
        &koderz,
        "speed-test lorem:2000 --host embedded",
        "speed.json",
    ))
    .expect("JSON");
    let energy = &run["energy"];
    // Whether this machine shows counters, nobody knows here.
    match energy["joules"].as_f64() {
        Some(joules) => assert!(joules > 0.0 && energy["idle_watts"].is_number(), "{energy}"),
        None => {
            assert!(
                energy["tokens_per_joule"].is_null() && energy["idle_watts"].is_null(),
                "{energy}"
            );
            let reason = energy["reason"].as_str().expect("a reason");
            assert!(reason.contains("not readable here"), "{reason}");
        }
    }
    let memory = &run["memory"];
    assert!(memory["bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{memory}");
    assert!(
        memory["graphics_bytes"].as_u64() <= memory["bytes"].as_u64(),
        "{memory}"
    );
    let page = koderz.data().join("page.html");
    let ended = koderz.call(&format!("runs report last --output {}", page.display()));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let page = fs::read_to_string(page).expect("the page");
    for name in ["energy", "memory"] {
        assert!(page.contains(&format!("<p class=\"name\">{name}</p>")), "{name}");
    }

    let graded = "benchmark --local-model reference --host embedded --limit 2";
    let run: Value = serde_json::from_str(&exported(&koderz, graded, "graded.json")).expect("JSON");
    assert!(run["energy"].is_null(), "it measures no times");
}

#[test]
fn the_end_of_a_files_name_says_as_what_it_is_written() {
    let koderz = Koderz::new();
    let table = exported(&koderz, TEST, "speed.md");
    let lines: Vec<&str> = table.lines().collect();
    assert!(
        lines[0].starts_with("| model ") && lines[0].ends_with(" t/s |"),
        "{table}"
    );
    // Two rates of three prompts with two models.
    assert_eq!(lines.len(), 2 + 12, "{table}");
    assert!(lines[2].contains("lorem:200") && lines[2].contains(" ± "), "{table}");

    let lines = exported(&koderz, TEST, "speed.txt");
    let is_essay = |line: &&str| line.starts_with("BenchmarkSpeed/model=lorem:500/test=essay 1 ");
    let essays: Vec<&str> = lines.lines().filter(is_essay).collect();
    assert_eq!(essays.len(), 2, "a line for each repeat:\n{lines}");
    for unit in [" ns/op", " decode-tokens/s", " first-token-ns"] {
        assert!(essays.iter().all(|line| line.contains(unit)), "{lines}");
    }

    let table = exported(&koderz, TEST, "speed.csv");
    let rows: Vec<Vec<&str>> = table.lines().map(|row| row.split(',').collect()).collect();
    let column = |name: &str| rows[0].iter().position(|column| *column == name).expect(name);
    assert_eq!(
        rows.iter().filter(|row| row.contains(&"lorem:500")).count(),
        8,
        "{table}"
    );
    let essay = table.lines().find(|row| row.starts_with("essay,")).expect("an essay");
    // Only the reason is quoted and has commas.
    let (before, after) = (
        essay.split('"').next().expect("a beginning"),
        essay.rsplit('"').next().expect("an end"),
    );
    let decode = after.split(',').nth(column("decode") - before.split(',').count() + 1);
    assert!(
        decode
            .and_then(|decode| decode.parse::<f64>().ok())
            .is_some_and(|rate| rate > 100.0),
        "{essay}"
    );
}

#[test]
fn a_recorded_run_is_exported_the_same() {
    let koderz = Koderz::new();
    let command = "speed-test lorem:2000 --host embedded --samples 2 --set suite.max-output-tokens=16";
    for (file, format) in [
        ("a.csv", "csv"),
        ("a.txt", "benchstat"),
        ("a.md", "markdown"),
        ("a.json", "json"),
    ] {
        let at_once = exported(&koderz, command, file);
        let later = koderz.call(&format!("export last --format {format}"));
        assert_eq!(at_once, later.stdout, "{format}");
    }
}

#[test]
fn a_format_is_said_apart_where_the_name_does_not_say_it_and_one_without_room_is_refused() {
    let koderz = Koderz::new();
    let text = exported(&koderz, &format!("{TEST} --export-format markdown"), "figures");
    assert!(text.starts_with("| model "), "{text}");
    let ended = koderz.call(&format!("{TEST} --export {}", koderz.data().join("x.xml").display()));
    assert_eq!(ended.code, Some(2), "{}", ended.stdout);
    assert!(ended.stderr.contains("would hold one run only"), "{}", ended.stderr);
    assert!(!Path::new(&koderz.data().join("x.xml")).exists());
    assert!(ended.stdout.is_empty(), "no model was asked");
}
