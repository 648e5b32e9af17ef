//! Names of models: what is one, and when two of them mean the same model.

/// The owner of a name that names none.
const OWNER: &str = "library/";

/// Whether a text can name a model at all.
pub(crate) fn is_valid(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.:/".contains(c);
    name.chars().all(allowed) && name.split('/').all(|part| !part.is_empty() && !part.starts_with(':'))
}

/// A name with its tag, spelled as it came: `x` is `x:latest`.
pub(crate) fn tagged(name: &str) -> String {
    // A colon before the last slash belongs to a host's port.
    if name.rsplit('/').next().is_some_and(|last| last.contains(':')) {
        name.to_owned()
    } else {
        format!("{name}:latest")
    }
}

/// What is the same for all names of one model.
pub(crate) fn key(name: &str) -> String {
    let name = tagged(name).to_ascii_lowercase();
    name.strip_prefix(OWNER).unwrap_or(&name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_a_tag_means_the_latest_and_case_does_not_matter() {
        for (left, right, same) in [
            ("gemma3", "gemma3:latest", true),
            ("gemma3:270m", "Gemma3:270M", true),
            ("library/gemma3", "gemma3", true),
            ("hub:5000/me/gemma3", "hub:5000/me/gemma3:latest", true),
            ("gemma3", "gemma3:270m", false),
            ("me/gemma3", "gemma3", false),
        ] {
            assert_eq!(key(left) == key(right), same, "{left} {right}");
        }
    }

    #[test]
    fn a_name_has_no_blanks_and_no_empty_part() {
        for (name, valid) in [
            ("gemma3:270m-base", true),
            ("hub:5000/me/gemma3", true),
            ("a b/c:d e", false),
            ("", false),
            ("/x", false),
            (":latest", false),
        ] {
            assert_eq!(is_valid(name), valid, "{name}");
        }
    }
}
