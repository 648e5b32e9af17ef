//! Places where the record or the export cannot be.

use super::refusal::{USUAL, contents, refusal};
use koderz_tests::Koderz;
use std::fs;

#[test]
fn a_data_folder_that_is_a_file_is_refused_and_left_as_it_is() {
    let koderz = Koderz::new();
    let file = koderz.data().join("file");
    fs::write(&file, "hello").expect("a new file");
    for call in [USUAL, "resume"] {
        let told = refusal(&koderz, koderz.command(call).env("KODERZ_DATA_DIR", &file));
        insta::allow_duplicates! {
            insta::assert_snapshot!(told, @"
    error: the data folder DATA/file is not a folder
    hint: --data-dir and KODERZ_DATA_DIR name one
    ");
        }
    }
    assert_eq!(fs::read_to_string(file).expect("the file"), "hello");
}

#[test]
fn a_file_in_the_place_of_the_record_is_refused_and_left_as_it_is() {
    let mut database = b"SQLite format 3\0".to_vec();
    database.resize(4096, 0);
    let told = [b"hello".to_vec(), database].map(|bytes| {
        let koderz = Koderz::new();
        fs::write(koderz.record_path(), &bytes).expect("a new file");
        let export = format!("--export {}", koderz.data().join("results.json").display());
        let told = [USUAL, "resume"].map(|call| refusal(&koderz, &mut koderz.command(&format!("{call} {export}"))));
        assert_eq!(told[0], told[1]);
        assert_eq!(fs::read(koderz.record_path()).expect("the file"), bytes);
        assert_eq!(contents(koderz.data()), ["runs.db"]);
        told[0].clone()
    });
    insta::assert_snapshot!(told.join("\n"), @"
    error: DATA/runs.db is no record of runs: it is not an SQLite database
    hint: it was left as it is; name another file
    error: DATA/runs.db is no record of runs: it is the SQLite database of another program
    hint: it was left as it is; name another file
    ");
}

#[test]
fn a_folder_in_the_place_of_the_record_is_refused() {
    let koderz = Koderz::new();
    fs::create_dir(koderz.record_path()).expect("a new folder");
    insta::assert_snapshot!(refusal(&koderz, &mut koderz.command(USUAL)), @"
    error: cannot write the record DATA/runs.db: Is a directory (os error 21)
    hint: make that place writable, or keep the record in another
    ");
    assert_eq!(contents(koderz.data()), ["runs.db"]);
}

#[test]
fn an_export_that_cannot_be_written_is_refused_before_the_run() {
    let koderz = Koderz::new();
    let told = ["nosuch/results.json", "", "/"].map(|place| {
        let mut command = koderz.command(USUAL);
        let told = refusal(&koderz, command.arg("--export").arg(koderz.data().join(place)));
        assert_eq!(contents(koderz.data()), [""; 0]);
        told
    });
    insta::assert_snapshot!(told.join("\n"), @"
    error: cannot write DATA/nosuch/results.json: there is no folder DATA/nosuch
    error: cannot write DATA/: it is a folder
    error: cannot write /: it names no file
    ");
}

#[test]
fn an_export_that_was_there_is_kept_where_the_run_is_refused() {
    let koderz = Koderz::new();
    let export = koderz.data().join("results.json");
    fs::write(&export, "of before").expect("a new file");
    let mut command = koderz.command("benchmark --host embedded --local-model nosuch");
    refusal(&koderz, command.arg("--export").arg(&export));
    assert_eq!(fs::read_to_string(export).expect("the file"), "of before");
    assert_eq!(contents(koderz.data()), ["results.json"]);
}
