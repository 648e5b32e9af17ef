//! The commands of documents, as whoever follows the document types them: one after the other, in a folder of their own,
//! with Ollama's place taken by servers that play the data set's own answers under every name that is asked for.

use super::blocks::{Found, Use, commands, without_figures};
use super::{documents, read};
use koderz_simulator::{Cassette, Server, Setup};
use koderz_tests::{Ended, Koderz, built, cassette, end};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// What `wait`, `status` and `doctor` ask a model.
const PROMPTS: [&str; 2] = ["Hello", "Count from one to one hundred: one, two, three,"];

/// Whoever follows a document.
struct Reader {
    koderz: Koderz,
    folder: TempDir,
    /// In the place of every server that a document names.
    servers: Vec<Server>,
}

impl Reader {
    /// One for whom the servers have these models.
    async fn new(models: &[String]) -> Self {
        let recorded = std::fs::read_to_string(cassette("reference")).expect("a cassette");
        let named = |model: &String| {
            let model = serde_json::to_string(model).expect("a text");
            let lines = recorded.replace(r#""model": "reference""#, &format!(r#""model": {model}"#));
            let lines = lines.replace(r#""model":"reference""#, &format!(r#""model":{model}"#));
            let short = PROMPTS.map(|prompt| {
                let reply = r#"{"response":"!","done":true,"eval_count":1}"#;
                format!("{{\"model\":{model},\"prompt\":\"{prompt}\",\"reply\":{reply}}}\n")
            });
            Cassette::parse("renamed", &(lines + &short.concat())).expect("a cassette")
        };
        let mut servers = Vec::new();
        for _ in 0..2 {
            let setup = Setup {
                cassettes: models.iter().map(named).collect(),
                ..Setup::default()
            };
            servers.push(Server::start(setup).await.expect("a server"));
        }
        let folder = tempfile::tempdir().expect("a folder");
        // Commands that name what the checkout builds are typed there.
        std::os::unix::fs::symlink(built().with_file_name(""), folder.path().join("target")).expect("a link");
        Reader {
            koderz: Koderz::new(),
            folder,
            servers,
        }
    }

    /// Types a command. `before` is what the shell is told first.
    fn types(&self, before: &str, command: &str) -> Ended {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("{before}{}", self.here(command))])
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, value) in self.koderz.command("").get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(built()).chain(std::env::split_paths(&path)));
        shell.env("PATH", path.expect("a path"));
        shell.env("OLLAMA_HOST", self.servers[0].url());
        end(&mut shell)
    }

    /// A command with the servers of this machine in the place of those that it names.
    fn here(&self, command: &str) -> String {
        let mut places: BTreeMap<&str, String> = BTreeMap::new();
        let words: Vec<&str> = command.split(' ').collect();
        for pair in words
            .windows(2)
            .filter(|pair| pair[0] == "--host" && pair[1] != "embedded")
        {
            let next = places.len();
            places.entry(pair[1]).or_insert_with(|| self.servers[next].url());
        }
        let word = |word: &&str| places.get(word).cloned().unwrap_or_else(|| (*word).to_owned());
        words.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    fn follows(&self, document: &Path, found: &Found) {
        let place = format!("{}:{}: {}", document.display(), found.line, found.text);
        match &found.usage {
            Use::Parse => {
                let before = "koderz() { command koderz \"$@\" --help >/dev/null; }; ";
                let ended = self.types(before, &found.text);
                assert_eq!(ended.code, Some(0), "{place}\n{}", ended.stderr);
            }
            Use::Run { code, shows } => {
                let ended = self.types("", &found.text);
                let Ended { stdout, stderr, .. } = &ended;
                assert_eq!(ended.code, Some(*code), "{place}\n{stdout}\n{stderr}");
                let told = format!("{stdout}{stderr}")
                    .replace(&self.koderz.data().display().to_string(), "~/.local/share/koderz")
                    .replace(&self.folder.path().display().to_string(), "~/benchmarks");
                let lines: Vec<String> = told.lines().map(without_figures).collect();
                for line in shows.iter().filter(|line| line.trim() != "…") {
                    assert!(
                        lines.contains(&without_figures(line)),
                        "{place}\nshows no line `{line}`:\n{told}"
                    );
                }
            }
        }
    }
}

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

/// Follows those documents that a part of the name tells.
async fn follow(is_meant: impl Fn(&str) -> bool) {
    for document in documents() {
        if !is_meant(&document.display().to_string()) {
            continue;
        }
        let found = commands(&read(&document));
        let reader = Reader::new(&models(&found)).await;
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
const HALF: char = 'm';

fn is_in_the_first_half(document: &str) -> bool {
    let guide = document.strip_prefix("docs/guide/");
    guide.is_some_and(|guide| guide.starts_with(|c: char| c < HALF))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_first_guides_do_what_they_are_said_to_do() {
    follow(is_in_the_first_half).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_other_guides_do_what_they_are_said_to_do() {
    follow(|document| document.starts_with("docs/guide/") && !is_in_the_first_half(document)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_all_other_documents_do_what_they_are_said_to_do() {
    follow(|document| !document.starts_with("docs/guide/")).await;
}
