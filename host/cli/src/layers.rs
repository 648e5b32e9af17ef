//! Configuration files: what stands in them is taken for what was not typed.
//!
//! A key is the name of a flag, and holds for every command that has it. Of the user's file, the project's file, the
//! chosen profile in either and the environment the later one counts, and what is typed counts most. So a value is
//! checked by the same code wherever it comes from, and nothing has to be learned twice.

use crate::environment::variable;
use anyhow::{Context, Result, bail};
use clap::builder::{OsStr, ValueRange};
use clap::error::{ContextKind, ContextValue};
use clap::{ArgAction, Command};
use directories::ProjectDirs;
use koderz_loader::nearest;
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The file's name, in a project and in the user's own folder.
const NAME: &str = "koderz.toml";

/// Names a file in the place of the user's own.
pub(crate) const VARIABLE: &str = "KODERZ_CONFIG";

/// The commands that a file speaks to. Those that go on with a run, or grade one, take from the run what is not typed.
const COMMANDS: [&str; 8] = [
    "benchmark",
    "speed-test",
    "run",
    "evaluate",
    "list-problems",
    "wait",
    "status",
    "doctor",
];

/// Those to which a file says only what plugins may do, which no run decides.
const LOADING: [&str; 3] = ["resume", "grade", "plugin"];

/// What it says to them.
const RIGHTS: [&str; 5] = ["native", "pin", "wasi", "plugin-memory", "plugin-time"];

/// By these of it machine code is allowed, which only the user's own file may do.
const OWN: [&str; 2] = ["native", "pin"];

/// Whether files speak to a command.
pub(crate) fn speaks_to(command: &str) -> bool {
    COMMANDS.contains(&command) || LOADING.contains(&command)
}

/// The key for models, and the argument without a flag that has them too.
const MODEL: &str = "local-model";
const MODELS: &str = "models";

/// The table of profiles.
const PROFILE: &str = "profile";

/// Keys for files that are read, and for what may be a file or a name. A relative path in a configuration goes from the
/// folder of that configuration, since nobody knows from where it will be used.
const FILES: [&str; 3] = ["plugin", "prompts", "system"];
const NAMES_OR_FILES: [&str; 2] = ["suite", "retry"];
const PAIRS_WITH_FILES: [&str; 1] = ["grant"];

/// What a file, or a profile in it, says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layer {
    /// Where it comes from, as a user would name that.
    pub(crate) origin: String,
    pub(crate) values: BTreeMap<String, Vec<String>>,
}

/// A key's value that counts, and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Setting {
    pub(crate) values: Vec<String>,
    pub(crate) origin: String,
}

/// All that files say, by key.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Settings(pub(crate) BTreeMap<String, Setting>);

/// The files that there are, in the order in which they count.
pub(crate) fn files() -> Result<Vec<PathBuf>> {
    let own = own();
    if let Some(named) = named().filter(|named| !named.is_file()) {
        bail!("{VARIABLE} names {}, which is no file", named.display());
    }
    let here = env::current_dir().context("look for the project's configuration")?;
    let project = here
        .ancestors()
        .map(|folder| folder.join(NAME))
        .find(|file| file.is_file());
    let mut files: Vec<PathBuf> = own.into_iter().filter(|file| file.is_file()).collect();
    // One file counts once, also where the user's own folder is the project.
    files.extend(project.filter(|project| !files.contains(project)));
    Ok(files)
}

fn named() -> Option<PathBuf> {
    env::var_os(VARIABLE)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// The user's own file, whether it is there or not.
fn own() -> Option<PathBuf> {
    named().or_else(|| ProjectDirs::from("", "", "koderz").map(|dirs| dirs.config_dir().join(NAME)))
}

/// Where that is.
pub(crate) fn own_in_words() -> String {
    own().map_or(format!("which {VARIABLE} names"), |own| own.display().to_string())
}

fn is_own(file: &Path) -> bool {
    let same = |own: PathBuf| {
        own.canonicalize()
            .is_ok_and(|own| file.canonicalize().is_ok_and(|file| own == file))
    };
    own().is_some_and(same)
}

/// What the files say, with a profile where one is chosen. The layer that counts most comes last.
pub(crate) fn read(files: &[PathBuf], profile: Option<&str>, command: &Command) -> Result<Vec<Layer>> {
    let known = keys(command);
    let (mut plain, mut profiles, mut names) = (Vec::new(), Vec::new(), BTreeSet::new());
    for file in files {
        let text = std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
        let mut table: Table = toml::from_str(&text).with_context(|| format!("{}", file.display()))?;
        let shown = file.display().to_string();
        let all = match table.remove(PROFILE) {
            None => Table::new(),
            Some(Value::Table(profiles)) => profiles,
            Some(_) => bail!("{shown}: `{PROFILE}` is a table of profiles, such as [{PROFILE}.nightly]"),
        };
        let folder = file.parent().unwrap_or(Path::new(""));
        let is_own = is_own(file);
        let read = |origin: String, table| {
            let layer = layer(origin, folder, table, &known, command)?;
            match OWN.into_iter().find(|key| !is_own && layer.values.contains_key(*key)) {
                // Whoever gave the user the folder would decide what runs on the user's machine.
                Some(key) => bail!(
                    "{}: `{key}` does not count in a project's file\nhint: it counts where it is typed, and in your own file, {}",
                    layer.origin,
                    own_in_words()
                ),
                None => Ok(layer),
            }
        };
        plain.push(read(shown.clone(), table)?);
        for (name, values) in all {
            let origin = format!("{shown}, profile {name}");
            let Value::Table(values) = values else {
                bail!("{origin}: a profile is a table")
            };
            // Every profile is looked at, so that a slip in one shows before the night in which it is used.
            let layer = read(origin, values)?;
            if Some(name.as_str()) == profile {
                profiles.push(layer);
            }
            names.insert(name);
        }
    }
    if let Some(wanted) = profile
        && profiles.is_empty()
    {
        let names: Vec<String> = names.into_iter().collect();
        let there = match names.as_slice() {
            [] => format!("no {NAME} has any"),
            names => format!("there is {}", names.join(", ")),
        };
        bail!("--profile: there is no profile `{wanted}`; {there}");
    }
    plain.extend(profiles);
    Ok(plain)
}

fn layer(origin: String, folder: &Path, table: Table, known: &BTreeSet<String>, command: &Command) -> Result<Layer> {
    let mut values = BTreeMap::new();
    for (written, value) in table {
        let key = written.replace('_', "-");
        if !known.contains(&key) {
            bail!("{origin}: there is no setting `{written}`{}", hint(&key, known));
        }
        if let (Value::Boolean(said), Some(wanted)) = (&value, wanted(command, &key)) {
            bail!("{origin}: `{written}` is {said}, and wants a value: {wanted}");
        }
        let mut texts = Vec::new();
        flatten("", &value, &mut texts);
        let texts = texts.into_iter().map(|text| seen_from(folder, &key, text)).collect();
        values.insert(key, texts);
    }
    Ok(Layer { origin, values })
}

/// A value in which a path goes from a folder.
fn seen_from(folder: &Path, key: &str, text: String) -> String {
    let join = |path: &str| folder.join(path).display().to_string();
    let is_path = text.contains(std::path::is_separator);
    match text.split_once('=') {
        Some((name, path)) if PAIRS_WITH_FILES.contains(&key) => format!("{name}={}", join(path)),
        _ if FILES.contains(&key) || NAMES_OR_FILES.contains(&key) && is_path => join(&text),
        _ => text,
    }
}

/// The values of a key, each as it would be typed: those of a table as `KEY=VALUE`.
fn flatten(prefix: &str, value: &Value, texts: &mut Vec<String>) {
    let mut one = |text: &str| match prefix {
        "" => texts.push(text.to_owned()),
        prefix => texts.push(format!("{prefix}={text}")),
    };
    match value {
        Value::String(text) => one(text),
        Value::Integer(number) => one(&number.to_string()),
        Value::Float(number) => one(&number.to_string()),
        Value::Boolean(truth) => one(&truth.to_string()),
        Value::Datetime(time) => one(&time.to_string()),
        Value::Array(values) => values.iter().for_each(|value| flatten(prefix, value, texts)),
        Value::Table(table) => {
            for (name, value) in table {
                let dot = if prefix.is_empty() { "" } else { "." };
                flatten(&format!("{prefix}{dot}{name}"), value, texts);
            }
        }
    }
}

fn hint(key: &str, known: &BTreeSet<String>) -> String {
    match nearest(key, known.iter().map(String::as_str)) {
        Some(nearest) => format!("\nhint: did you mean `{nearest}`?"),
        None => "\nhint: a setting has the name of a flag, such as `timeout`".to_owned(),
    }
}

/// What a key's flag wants a value for, where it does: a key that is merely said to be true has none.
fn wanted(command: &Command, key: &str) -> Option<String> {
    let flags = command
        .get_subcommands()
        .filter(|command| speaks_to(command.get_name()));
    let mut flags = flags.flat_map(Command::get_arguments);
    let flag = flags.find(|flag| flag.get_long() == Some(key) && flag.get_action().takes_values())?;
    let names = flag.get_value_names().unwrap_or_default();
    Some(names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
}

/// The names of all flags that a file may set.
pub(crate) fn keys(command: &Command) -> BTreeSet<String> {
    let commands = command
        .get_subcommands()
        .filter(|command| COMMANDS.contains(&command.get_name()));
    let flags = commands.flat_map(|command| command.get_arguments().filter_map(|argument| argument.get_long()));
    flags.filter(|flag| *flag != "help").map(str::to_owned).collect()
}

impl Settings {
    /// Of each key the value that counts.
    pub(crate) fn of(layers: &[Layer]) -> Self {
        let mut settings = BTreeMap::new();
        for layer in layers {
            for (key, values) in &layer.values {
                let setting = Setting {
                    values: values.clone(),
                    origin: layer.origin.clone(),
                };
                settings.insert(key.clone(), setting);
            }
        }
        Settings(settings)
    }

    /// The command line, with these values where nothing is typed, and the environment's in between.
    pub(crate) fn apply(&self, mut command: Command) -> Command {
        for name in COMMANDS {
            command = command.mut_subcommand(name, |command| self.apply_to(command, |flag| flag != "help"));
        }
        for name in LOADING {
            // A run that goes on has its own plugins and data; a plugin that is looked at has none but these.
            let of_plugins = |flag: &str| name == "plugin" && ["plugin", "grant"].contains(&flag);
            let wanted = |flag: &str| RIGHTS.contains(&flag) || of_plugins(flag);
            command = command.mut_subcommand(name, |command| self.apply_to(command, wanted));
        }
        command
    }

    /// The same for some flags of one command, and of those below it.
    fn apply_to(&self, command: Command, wanted: impl Fn(&str) -> bool + Copy) -> Command {
        let command = command.mut_subcommands(|command| self.apply_to(command, wanted));
        command.mut_args(|argument| {
            let flag = argument.get_long().map(str::to_owned);
            if flag.as_ref().is_some_and(|flag| !wanted(flag)) {
                return argument;
            }
            let argument = match (&flag, argument.get_env()) {
                (Some(flag), None) => argument.env(variable(flag)).hide_env(true),
                _ => argument,
            };
            let key = match flag {
                None if argument.get_id() == MODELS => MODEL.to_owned(),
                None => return argument,
                Some(flag) => flag,
            };
            match self.0.get(&key) {
                Some(setting) => with_default(argument, &setting.values),
                None => argument,
            }
        })
    }

    /// Where a value comes from that the command line refuses, unless it was typed.
    pub(crate) fn origin(&self, error: &clap::Error, typed: &[String]) -> Option<String> {
        let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else {
            return None;
        };
        let flag = argument.split([' ', '=', '[']).next()?.trim_start_matches('-');
        let is_typed = typed
            .iter()
            .any(|word| word.strip_prefix("--").and_then(|word| word.split('=').next()) == Some(flag));
        if is_typed {
            return None;
        }
        let variable = variable(flag);
        match env::var_os(&variable) {
            Some(_) => Some(format!("the environment's {variable}")),
            None => self.0.get(flag).map(|setting| setting.origin.clone()),
        }
    }
}

fn with_default(argument: clap::Arg, values: &[String]) -> clap::Arg {
    let takes_several = matches!(argument.get_action(), ArgAction::Append)
        || argument
            .get_num_args()
            .is_some_and(|number: ValueRange| number.max_values() > 1);
    let most = if takes_several { values.len() } else { 1 };
    let values: Vec<OsStr> = values
        .iter()
        .take(most)
        .map(|value| OsStr::from(value.clone()))
        .collect();
    let takes_values = argument.get_action().takes_values();
    let argument = argument.required(false).default_values(values);
    // A switch shows no default, and is asked for none.
    if takes_values {
        argument.hide_default_value(true)
    } else {
        argument
    }
}

/// The profile that is typed, or else the environment's. It has to be known before the rest can be read.
pub(crate) fn profile(typed: &[String]) -> Option<String> {
    let mut words = typed.iter();
    while let Some(word) = words.next() {
        match word.strip_prefix("--profile") {
            Some("") => return words.next().cloned(),
            Some(value) if value.starts_with('=') => return Some(value[1..].to_owned()),
            _ => {}
        }
    }
    env::var("KODERZ_PROFILE").ok().filter(|profile| !profile.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Arguments;
    use clap::CommandFactory;
    use tempfile::TempDir;

    fn files(texts: &[&str]) -> (TempDir, Vec<PathBuf>) {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |(number, text): (usize, &&str)| {
            let path = folder.path().join(format!("{number}.toml"));
            std::fs::write(&path, text).expect("a file");
            path
        };
        let files = texts.iter().enumerate().map(write).collect();
        (folder, files)
    }

    fn settings(texts: &[&str], profile: Option<&str>) -> Result<Settings> {
        let (_folder, files) = files(texts);
        Ok(Settings::of(&read(&files, profile, &Arguments::command())?))
    }

    fn value(settings: &Settings, key: &str) -> Vec<String> {
        settings.0[key].values.clone()
    }

    #[test]
    fn a_later_file_counts_more_than_an_earlier_one_and_a_profile_more_than_both() {
        let texts = [
            "timeout = 1\nseed = 1\nsamples = 1\n[profile.ci]\nsamples = 3",
            "timeout = 2\n[profile.ci]\nseed = 3",
        ];
        let plain = settings(&texts, None).expect("settings");
        assert_eq!(
            (value(&plain, "timeout"), value(&plain, "seed")),
            (vec!["2".to_owned()], vec!["1".to_owned()])
        );
        let ci = settings(&texts, Some("ci")).expect("settings");
        assert_eq!(
            (value(&ci, "samples"), value(&ci, "seed")),
            (vec!["3".to_owned()], vec!["3".to_owned()])
        );
        assert!(ci.0["seed"].origin.ends_with("1.toml, profile ci"));
    }

    #[test]
    fn a_slip_in_a_key_or_a_profile_is_answered_with_what_there_is() {
        let said = |texts: &[&str], profile| format!("{:#}", settings(texts, profile).expect_err("it is refused"));
        assert!(said(&["timout = 1"], None).ends_with("no setting `timout`\nhint: did you mean `timeout`?"));
        assert!(said(&["[profile.a]\nsample = 1"], None).contains("profile a: there is no setting `sample`"));
        assert!(said(&["zzz = 1"], None).ends_with("hint: a setting has the name of a flag, such as `timeout`"));
        assert!(said(&["[profile.a]\n[profile.b]"], Some("c")).ends_with("no profile `c`; there is a, b"));
        assert!(said(&["timeout = "], None).contains("0.toml: "));
    }

    #[test]
    fn lists_are_several_values_and_tables_are_pairs() {
        let settings = settings(
            &["local_model = [\"a\", \"b\"]\noption = { num_gpu = 2 }\n[set.suite]\nprompt-style = \"chat\""],
            None,
        )
        .expect("settings");
        assert_eq!(value(&settings, "local-model"), ["a", "b"]);
        assert_eq!(value(&settings, "option"), ["num_gpu=2"]);
        assert_eq!(value(&settings, "set"), ["suite.prompt-style=chat"]);
    }

    #[test]
    fn what_is_typed_counts_most() {
        let settings = settings(&["local-model = [\"a\", \"b\"]\nseed = 7\nshuffle = true"], None).expect("settings");
        let parse = |words: &[&str]| {
            let command = settings.apply(Arguments::command());
            let matches = command.try_get_matches_from(words).expect("it can be read");
            let (_, matches) = matches.subcommand().expect("a command");
            let models: Vec<String> = matches
                .get_many::<String>("local_models")
                .expect("models")
                .cloned()
                .collect();
            (
                models,
                matches.get_one::<u64>("seed").copied(),
                matches.get_flag("shuffle"),
            )
        };
        assert_eq!(
            parse(&["koderz", "benchmark"]),
            (vec!["a".to_owned(), "b".to_owned()], Some(7), true)
        );
        let typed = parse(&["koderz", "benchmark", "--local-model", "c", "--seed", "1"]);
        assert_eq!(typed, (vec!["c".to_owned()], Some(1), true));
        let command = settings.apply(Arguments::command());
        let speed = command
            .try_get_matches_from(["koderz", "speed-test"])
            .expect("models are configured");
        let (_, speed) = speed.subcommand().expect("a command");
        assert_eq!(speed.get_many::<String>("models").expect("models").count(), 2);
    }

    #[test]
    fn a_value_that_is_refused_is_traced_to_its_file() {
        let settings = settings(&["timeout = \"soon\""], None).expect("settings");
        let command = || settings.apply(Arguments::command());
        let words = ["koderz", "benchmark", "--local-model", "m"].map(str::to_owned);
        let error = command().try_get_matches_from(&words).expect_err("it is refused");
        assert!(
            settings
                .origin(&error, &words)
                .is_some_and(|origin| origin.ends_with("0.toml")),
            "{error:?}"
        );
        let words = ["koderz", "benchmark", "--local-model", "m", "--timeout", "soon"].map(str::to_owned);
        let error = command().try_get_matches_from(&words).expect_err("it is refused");
        assert_eq!(settings.origin(&error, &words), None);
    }
}
