//! A new project: a template with the plugin's name in it, and the SDK beside it.

use crate::{Kind, Language};
use std::path::{Path, PathBuf};
use std::{fs, io};
use thiserror::Error;

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// What the SDK's copy is called in a project.
const VENDOR: &str = "vendor/koderz";

/// What stands for the plugin's name in templates.
const NAME: &str = "new-plugin";

/// The longest name of a plugin, as the host has it.
const LONGEST: usize = 64;

/// Words that no crate can be called.
const TAKEN: [&str; 9] = [
    "std",
    "core",
    "alloc",
    "test",
    "proc-macro",
    "self",
    "super",
    "crate",
    "koderz-plugin",
];

/// A project cannot be begun.
#[derive(Debug, Error)]
pub enum BeginError {
    /// The name is none.
    #[error(
        "`{name}` cannot be a plugin's name: {why}\nhint: a name is lower-case letters, digits and dashes, and begins with a \
         letter"
    )]
    Name {
        /// What was asked for.
        name: String,
        /// What is wrong.
        why: &'static str,
    },
    /// Nobody has written a template for it.
    #[error(
        "there is no template of kind `{kind}` in {language}\nhint: in {language} there are suite and retry; rust has all"
    )]
    NoTemplate {
        /// The kind.
        kind: Kind,
        /// The language.
        language: Language,
    },
    /// Something is there already.
    #[error("{path} is there already, and is not empty\nhint: another name, or --path for another place")]
    There {
        /// The folder.
        path: PathBuf,
    },
    /// It cannot be written.
    #[error("write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The project.
    pub folder: PathBuf,
    /// Its files without the SDK's, by their paths in it.
    pub files: Vec<String>,
}

/// Writes a project in a folder that is not there or empty.
///
/// # Errors
/// If the name is none, there is no such template, or the folder cannot be written.
pub fn begin(kind: Kind, language: Language, name: &str, folder: &Path) -> Result<Begun, BeginError> {
    check(name)?;
    let own = format!("{language}/{kind}/");
    let common = format!("{language}/common/");
    let mut files: Vec<(String, String)> = Vec::new();
    for (path, text) in TEMPLATES {
        let short = path.strip_prefix(&own).or_else(|| path.strip_prefix(&common));
        if let Some(short) = short {
            // Files that cargo or git would act upon here have other names here.
            let short = short.replace("dot-", ".").replace(".template", "");
            files.push((short, filled(text, name, kind)));
        }
    }
    if !TEMPLATES.iter().any(|(path, _)| path.starts_with(&own)) {
        return Err(BeginError::NoTemplate { kind, language });
    }
    files.sort();
    if folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(BeginError::There {
            path: folder.to_owned(),
        });
    }
    for (path, text) in &files {
        write(&folder.join(path), text)?;
    }
    for (path, text) in SDK {
        let wanted = match language {
            Language::Rust => true,
            _ => path.starts_with("wit/"),
        };
        if wanted {
            write(&folder.join(VENDOR).join(path), text)?;
        }
    }
    if language == Language::Rust {
        write(&folder.join(VENDOR).join("Cargo.toml"), &workspace())?;
    }
    Ok(Begun {
        folder: folder.to_owned(),
        files: files.into_iter().map(|(path, _)| path).collect(),
    })
}

fn check(name: &str) -> Result<(), BeginError> {
    let refuse = |why| {
        Err(BeginError::Name {
            name: name.to_owned(),
            why,
        })
    };
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match name.chars().next() {
        None => refuse("it is empty"),
        Some(first) if !first.is_ascii_lowercase() => refuse("it does not begin with a lower-case letter"),
        _ if name.len() > LONGEST => refuse("it is longer than 64 characters"),
        _ if !name.chars().all(plain) => refuse("it has other characters in it"),
        _ if name.ends_with('-') || name.contains("--") => refuse("a dash is not between letters or digits"),
        _ if TAKEN.contains(&name) => refuse("Rust has something by that name"),
        _ => Ok(()),
    }
}

fn filled(text: &str, name: &str, kind: Kind) -> String {
    text.replace(NAME, name)
        .replace(&NAME.replace('-', "_"), &name.replace('-', "_"))
        .replace("PLUGIN-KIND", kind.name())
}

/// The root of the SDK's copy: what its parts take from the project's own root.
fn workspace() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let members: Vec<String> = SDK
        .iter()
        .filter_map(|(path, _)| path.strip_suffix("/Cargo.toml"))
        .map(|path| format!("    {path:?},\n"))
        .collect();
    format!(
        "# The SDK of koderz {version}, as `koderz plugin new` wrote it. It is replaced as a whole when a newer one is\n\
         # wanted; nothing in it is meant to be changed.\n\
         [workspace]\n\
         resolver = \"3\"\n\
         members = [\n{}]\n\n{}",
        members.concat(),
        include_str!("workspace.toml").replace("VERSION", version)
    )
}

fn write(path: &Path, text: &str) -> Result<(), BeginError> {
    let failed = |source| BeginError::Write {
        path: path.to_owned(),
        source,
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_can_be_begun_in_rust_and_has_its_name_in_it() {
        for kind in Kind::ALL {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let folder = folder.path().join("two-sums");
            let begun = begin(kind, Language::Rust, "two-sums", &folder).expect("a project");
            for file in [
                "Cargo.toml",
                "README.md",
                "src/lib.rs",
                ".cargo/config.toml",
                ".gitignore",
            ] {
                assert!(
                    begun.files.iter().any(|there| there == file),
                    "{kind}: {:?}",
                    begun.files
                );
                let text = fs::read_to_string(folder.join(file)).expect("a file");
                for left in [NAME, "new_plugin", "PLUGIN-KIND"] {
                    assert!(!text.contains(left), "{kind}, {file}: {left}");
                }
            }
            let code = fs::read_to_string(folder.join("src/lib.rs")).expect("a file");
            assert!(code.contains("two-sums"), "{code}");
            assert!(folder.join("vendor/koderz/plugins/sdk/src/lib.rs").is_file());
        }
    }

    #[test]
    fn what_is_there_is_not_written_over_and_a_name_has_to_be_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("mine"), "mine").expect("a file");
        let begun = begin(Kind::Suite, Language::Rust, "sums", folder.path());
        assert!(matches!(begun, Err(BeginError::There { .. })));
        for name in ["", "Sums", "9", "a_b", "a--b", "a-", "../a", "std", &"a".repeat(65)] {
            let begun = begin(Kind::Suite, Language::Rust, name, &folder.path().join("new"));
            assert!(matches!(begun, Err(BeginError::Name { .. })), "{name}");
        }
        assert!(!folder.path().join("new").exists());
    }
}
