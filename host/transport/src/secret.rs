//! A text that must not be seen.

use std::fmt;

/// What is shown in its place.
const MASK: &str = "***";

/// The shortest word of a secret that is masked by itself: a shorter one, such as `Basic`, is no secret.
const WORD: usize = 8;

/// A text that is sent and never shown: neither `{}` nor `{:?}` tells anything of it, its length included.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    pub(crate) fn revealed(&self) -> &str {
        &self.0
    }

    /// A text without the secret, and without its longer words: whoever repeats `Bearer abc` may repeat `abc` alone.
    pub(crate) fn masked(&self, text: &str) -> String {
        let words = self.0.split_whitespace().filter(|word| word.len() >= WORD);
        std::iter::once(self.0.trim())
            .filter(|whole| !whole.is_empty())
            .chain(words)
            .fold(text.to_owned(), |text, part| text.replace(part, MASK))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_shown() {
        let secret = Secret::new("Bearer abcdefgh");
        assert_eq!(
            format!("{secret} {secret:?} {:#?}", Some(&secret)),
            "*** *** Some(\n    ***,\n)"
        );
    }

    #[test]
    fn who_repeats_a_secret_is_masked() {
        let secret = Secret::new("Bearer abcdefgh");
        assert_eq!(
            secret.masked("`Bearer abcdefgh` is not known, nor is abcdefgh; a Bearer is"),
            "`***` is not known, nor is ***; a Bearer is"
        );
        assert_eq!(Secret::new("").masked("as it was"), "as it was");
    }
}
