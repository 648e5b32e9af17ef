//! Data that a suite is granted, as typed: `NAME=FILE`.
//!
//! A run that goes on is granted what it was begun with, from where that was found, unless it is typed anew.

use anyhow::{Context, Result, anyhow, bail};
use koderz_core::manifest::{GrantUse, PluginUse};
use koderz_loader::Grants;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// What the suite knows the data by.
    pub(crate) name: String,
    pub(crate) file: PathBuf,
}

impl FromStr for Grant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok(Grant {
                name: name.to_owned(),
                file: file.into(),
            }),
            _ => Err("NAME=FILE is needed".to_owned()),
        }
    }
}

/// Opens what is typed and, of what a suite was granted before, the rest.
pub(crate) fn open(typed: &[Grant], before: Option<&PluginUse>) -> Result<Grants> {
    for (at, grant) in typed.iter().enumerate() {
        if typed[..at].iter().any(|other| other.name == grant.name) {
            bail!("--grant names `{}` twice", grant.name);
        }
    }
    let is_typed = |before: &&GrantUse| typed.iter().any(|grant| grant.name == before.name);
    let kept = before.iter().flat_map(|suite| &suite.grants);
    let kept: Vec<&GrantUse> = kept.filter(|before| !is_typed(before)).collect();
    let typed = Grants::open(typed.iter().map(|grant| (grant.name.as_str(), grant.file.as_path())));
    let kept = Grants::open(
        kept.into_iter()
            .map(|before| (before.name.as_str(), Path::new(&before.file))),
    );
    let kept =
        kept.context("open the data that the run was begun with\nhint: --grant NAME=FILE names where it is now")?;
    // Data may be granted by another flag, and its name is said.
    Ok(typed?.and(kept))
}

/// An error of a suite, with the files that its data is in.
pub(crate) fn named(error: anyhow::Error, grants: &[GrantUse]) -> anyhow::Error {
    match grants {
        [] => error,
        some => {
            let files = some.iter().map(|grant| format!("`{}` is {}", grant.name, grant.file));
            anyhow!("{error:#}\nhint: {}", files.collect::<Vec<_>>().join(", "))
        }
    }
}

/// What of these grants is not what a suite was granted before, in words.
pub(crate) fn changes(before: &[GrantUse], now: &[GrantUse]) -> Vec<String> {
    let shown = |grant: &GrantUse| format!("{} ({:.12})", grant.file, grant.digest);
    let was = |now: &GrantUse| before.iter().find(|before| before.name == now.name);
    let change = |now: &GrantUse| match was(now) {
        Some(before) if before.digest == now.digest => None,
        Some(before) => Some(format!(
            "the data granted as `{}` was {} and is {}",
            now.name,
            shown(before),
            shown(now)
        )),
        None => Some(format!(
            "{} is granted as `{}`, which nothing was",
            shown(now),
            now.name
        )),
    };
    now.iter().filter_map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(name: &str, file: &str, digest: &str) -> GrantUse {
        GrantUse {
            name: name.to_owned(),
            file: file.to_owned(),
            digest: digest.to_owned(),
        }
    }

    #[test]
    fn a_grant_is_a_name_and_a_file_that_may_hold_what_separates_them() {
        let grant: Grant = "plus=a=b.jsonl".parse().expect("a grant");
        assert_eq!((grant.name.as_str(), grant.file), ("plus", PathBuf::from("a=b.jsonl")));
        for text in ["plus", "=file", "plus=", ""] {
            assert_eq!(text.parse::<Grant>(), Err("NAME=FILE is needed".to_owned()), "{text}");
        }
    }

    #[test]
    fn a_name_that_is_typed_twice_is_refused() {
        let grant = |file: &str| format!("plus={file}").parse::<Grant>().expect("a grant");
        let error = open(&[grant("a"), grant("b")], None).expect_err("refused");
        assert_eq!(error.to_string(), "--grant names `plus` twice");
    }

    #[test]
    fn the_same_data_elsewhere_is_no_change_and_other_data_or_more_of_it_is() {
        let before = [usage("plus", "/a", "01")];
        assert_eq!(changes(&before, &[usage("plus", "/b", "01")]), Vec::<String>::new());
        assert_eq!(
            changes(&before, &[usage("plus", "/a", "02"), usage("more", "/c", "03")]),
            [
                "the data granted as `plus` was /a (01) and is /a (02)",
                "/c (03) is granted as `more`, which nothing was"
            ]
        );
    }
}
