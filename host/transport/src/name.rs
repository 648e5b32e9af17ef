//! Names of models: when two of them mean the same model.

/// The owner of a name that names none.
const OWNER: &str = "library/";

/// Whether two names mean the same model: `x` is `x:latest`, and case does not matter.
pub(crate) fn same(left: &str, right: &str) -> bool {
    full(left) == full(right)
}

fn full(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    let name = name.strip_prefix(OWNER).unwrap_or(&name);
    // A colon before the last slash belongs to a host's port.
    let tagged = name.rsplit('/').next().is_some_and(|last| last.contains(':'));
    if tagged {
        name.to_owned()
    } else {
        format!("{name}:latest")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_a_tag_means_the_latest() {
        for (left, right, meant) in [
            ("gemma3", "gemma3:latest", true),
            ("gemma3:270m", "gemma3:270m", true),
            ("gemma3:270m", "gemma3:270M", true),
            ("library/gemma3", "gemma3", true),
            (" library/gemma3:latest", "gemma3", true),
            ("hub:5000/me/gemma3", "hub:5000/me/gemma3:latest", true),
            ("gemma3", "gemma3:270m", false),
            ("me/gemma3", "gemma3", false),
            ("gemma3", "gemma", false),
        ] {
            assert_eq!(same(left, right), meant, "{left} {right}");
        }
    }
}
