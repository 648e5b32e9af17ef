//! Finds the data set, which is downloaded by the set-up and becomes part of the component.

use std::path::PathBuf;
use std::{env, fs};

/// Problems of the data set; another number is another data set.
const PROBLEMS: usize = 164;

fn main() {
    println!("cargo::rerun-if-env-changed=KODERZ_HUMANEVAL_DATA");
    let given = env::var_os("KODERZ_HUMANEVAL_DATA").map(PathBuf::from);
    let data = given.unwrap_or_else(|| {
        let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../..");
        root.join("target/setup/humaneval/HumanEval.jsonl")
    });
    println!("cargo::rerun-if-changed={}", data.display());
    match fs::read_to_string(&data) {
        Ok(text) if text.lines().count() == PROBLEMS => {
            let copy = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("HumanEval.jsonl");
            fs::write(copy, text).expect("the build folder can be written");
        }
        Ok(text) => println!(
            "cargo::error={} has {} lines, not {PROBLEMS}",
            data.display(),
            text.lines().count()
        ),
        Err(error) => println!("cargo::error={}: {error}; run `cargo xtask setup`", data.display()),
    }
}
