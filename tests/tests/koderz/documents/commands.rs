//! The commands of documents do what they are said to do, for whoever types them.

use super::blocks::{Found, Use, commands};
use super::reader::Reader;
use super::{documents, read};
use std::path::Path;

/// The models of Ollama's that a document's commands name.
fn models(found: &[Found]) -> Vec<String> {
    let mut models = Vec::new();
    for command in found.iter().filter(|found| found.usage != Use::Parse) {
        let words: Vec<&str> = command.text.split(' ').collect();
        let named = words
            .windows(2)
            .filter(|pair| matches!(pair[0], "--local-model" | "--model"));
        models.extend(named.map(|pair| pair[1].to_owned()));
    }
    models.sort();
    models.dedup();
    models
}

/// Whether plugins are built in a document, which takes its time and cannot be done twice at once.
fn builds_plugins(document: &Path) -> bool {
    let found = commands(&read(document));
    found
        .iter()
        .any(|found| found.usage != Use::Parse && found.text.starts_with("koderz plugin new "))
}

/// Follows those documents that a part of the name tells.
async fn follow(is_meant: impl Fn(&Path) -> bool) {
    for document in documents() {
        if !is_meant(&document) {
            continue;
        }
        let found = commands(&read(&document));
        let mut reader = Reader::new(&models(&found)).await;
        if builds_plugins(&document) {
            reader.begins_projects(&document);
        }
        tokio::task::spawn_blocking(move || {
            for command in &found {
                reader.follows(&document, command);
            }
        })
        .await
        .expect("the document can be followed");
    }
}

/// The first letters of the guides that are followed apart from the others, so that they are at the same time.
const HALF: &str = "m";

/// The guide's name; none for other documents and for those that build plugins.
fn guide(document: &Path) -> Option<&str> {
    let is_guide = document.starts_with("docs/guide") && !builds_plugins(document);
    is_guide.then(|| document.file_name().and_then(|name| name.to_str()).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_first_guides_do_what_they_are_said_to_do() {
    follow(|document| guide(document).is_some_and(|name| name < HALF)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_other_guides_do_what_they_are_said_to_do() {
    follow(|document| guide(document).is_some_and(|name| name >= HALF)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_all_other_documents_do_what_they_are_said_to_do() {
    follow(|document| !document.starts_with("docs/guide") && !builds_plugins(document)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plugins_are_written_as_the_tutorials_say_and_do_what_they_are_said_to_do() {
    follow(builds_plugins).await;
}
