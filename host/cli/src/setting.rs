//! A setting of a plugin, as typed: `suite.KEY=VALUE` or `retry.KEY=VALUE`.

use std::str::FromStr;

/// Whose setting it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Suite,
    Retry,
}

/// A setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) owner: Owner,
    pub(crate) key: String,
    pub(crate) value: String,
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let needed = || "suite.KEY=VALUE or retry.KEY=VALUE is needed".to_owned();
        let (name, value) = text.split_once('=').ok_or_else(needed)?;
        let (owner, key) = name.split_once('.').ok_or_else(needed)?;
        let owner = match owner {
            "suite" => Owner::Suite,
            "retry" => Owner::Retry,
            other => return Err(format!("`{other}` has no settings; {}", needed())),
        };
        if key.is_empty() {
            return Err(needed());
        }
        Ok(Setting {
            owner,
            key: key.to_owned(),
            value: value.to_owned(),
        })
    }
}

/// The settings of one owner, as pairs. Of two with the same name the later one holds.
pub(crate) fn of(owner: Owner, settings: &[Setting]) -> Vec<(String, String)> {
    settings
        .iter()
        .filter(|setting| setting.owner == owner)
        .map(|setting| (setting.key.clone(), setting.value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_hold_what_separates_names() {
        let setting: Setting = "suite.stop=a=b.c".parse().expect("a setting");
        assert_eq!(
            (setting.owner, setting.key.as_str(), setting.value.as_str()),
            (Owner::Suite, "stop", "a=b.c")
        );
    }

    #[test]
    fn what_is_no_setting_is_refused_with_the_form() {
        for text in ["", "suite", "suite.x", "x=1", "suite.=1", "model.x=1"] {
            let error = text.parse::<Setting>().expect_err(text);
            assert!(error.contains("suite.KEY=VALUE"), "{text}: {error}");
        }
    }
}
