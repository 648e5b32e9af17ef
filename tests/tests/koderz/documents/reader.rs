//! Whoever follows a document: types its commands one after the other, in a folder of their own, writes its files, and
//! has servers in Ollama's place that play the data set's own answers under every name that is asked for.

use super::blocks::{Found, Use, without_figures};
use crate::authoring::{lock, projects, with_tools};
use koderz_simulator::{Cassette, Server, Setup};
use koderz_tests::{Ended, Koderz, built, cassette, end};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// What `wait`, `status` and `doctor` ask a model.
const PROMPTS: [&str; 2] = ["Hello", "Count from one to one hundred: one, two, three,"];

/// Where the user's data are, as documents write it.
const DATA: &str = "~/.local/share/koderz";

/// Whoever follows a document.
pub(super) struct Reader {
    koderz: Koderz,
    folder: TempDir,
    /// Where they are: in that folder, or in a project that they have begun.
    place: PathBuf,
    /// What they have written so far.
    written: BTreeSet<PathBuf>,
    /// In the place of every server that a document names.
    servers: Vec<Server>,
    /// One that they have started, and its address.
    own: Option<(Child, String)>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some((server, _)) = &mut self.own {
            // It may have ended by itself.
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

impl Reader {
    /// One for whom the servers have these models.
    pub(super) async fn new(models: &[String]) -> Self {
        let recorded = fs::read_to_string(cassette("reference")).expect("a cassette");
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
            place: folder.path().to_owned(),
            folder,
            written: BTreeSet::new(),
            servers,
            own: None,
        }
    }

    /// Has projects begun at the same place each time, so that what is compiled there takes the place of what was.
    pub(super) fn begins_projects(&mut self, document: &Path) {
        let name = document.file_stem().expect("a document has a name");
        self.place = projects().join("guides").join(name);
        if self.place.exists() {
            fs::remove_dir_all(&self.place).expect("the projects of an earlier time go");
        }
        fs::create_dir_all(&self.place).expect("a folder");
    }

    /// What documents call `~/benchmarks`.
    fn home(&self) -> PathBuf {
        let guides = projects().join("guides");
        let project = self.place.strip_prefix(&guides).ok();
        let document = project.and_then(|project| project.iter().next());
        document.map_or_else(|| self.folder.path().to_owned(), |document| guides.join(document))
    }

    /// Types a command. `before` is what the shell is told first.
    fn types(&self, before: &str, command: &str) -> Ended {
        end(&mut self.shell(before, command))
    }

    fn shell(&self, before: &str, command: &str) -> Command {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("{before}{}", self.here(command))])
            .current_dir(&self.place)
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
        with_tools(&mut shell);
        shell
    }

    /// Starts a server on a port that is free.
    fn starts(&mut self, command: &str) {
        let mut child = self
            .shell("", &format!("exec {command} --port 0"))
            .spawn()
            .expect("sh starts");
        let said = child.stdout.take().expect("it is piped");
        let address = BufReader::new(said).lines().next().expect("an address").expect("text");
        self.own = Some((child, address));
    }

    /// Goes into a folder.
    fn goes(&mut self, folder: &str) {
        self.place.push(folder);
        self.place = self.place.canonicalize().expect("the folder is there");
        if self.place.join("Cargo.toml").exists() {
            lock(&self.place);
        }
    }

    /// Writes a file, or goes on with it.
    fn writes(&mut self, file: &str, lines: &str) {
        let file = match file.strip_prefix(DATA) {
            Some(file) => self.koderz.data().join(file.trim_start_matches('/')),
            None => self.place.join(file),
        };
        fs::create_dir_all(file.parent().expect("a file is in a folder")).expect("a folder");
        let begun = !self.written.insert(file.clone());
        let mut open = OpenOptions::new();
        let open = open.create(true).write(true).append(begun).truncate(!begun).open(file);
        open.and_then(|mut file| file.write_all(lines.as_bytes()))
            .expect("it is written");
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
            let own = self.own.as_ref().map(|(_, address)| address.clone());
            places
                .entry(pair[1])
                .or_insert_with(|| own.unwrap_or_else(|| self.servers[next].url()));
        }
        let word = |word: &&str| places.get(word).cloned().unwrap_or_else(|| (*word).to_owned());
        let command = words.iter().map(word).collect::<Vec<_>>().join(" ");
        command.replace(DATA, &self.koderz.data().display().to_string())
    }

    pub(super) fn follows(&mut self, document: &Path, found: &Found) {
        let place = format!("{}:{}: {}", document.display(), found.line, found.text);
        match &found.usage {
            Use::Write { lines } => self.writes(&found.text, lines),
            Use::Run { .. } if found.text.starts_with("cd ") => self.goes(&found.text["cd ".len()..]),
            Use::Run { .. } if found.text.ends_with(" &") => self.starts(found.text.trim_end_matches(" &")),
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
                    .replace(&self.koderz.data().display().to_string(), DATA)
                    .replace(&self.home().display().to_string(), "~/benchmarks");
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
