//! A text that is kept up to a bound, and knows how long it was.

use crate::numbers::counted;

/// The most that is kept of a text, in bytes. A whole run stays in memory until its report is written.
pub(crate) const KEPT: usize = 256 << 10;

/// How much of each text is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// The beginning, up to [`KEPT`].
    Beginnings,
    Everything,
}

impl Keep {
    /// Keeps a text, or its beginning.
    pub(crate) fn text(self, text: &str) -> Excerpt {
        Excerpt {
            kept: text[..text.floor_char_boundary(self.most())].to_owned(),
            whole: text.len(),
        }
    }

    /// Keeps what should have been text, or its beginning.
    pub(crate) fn bytes(self, bytes: &[u8]) -> Excerpt {
        let kept = &bytes[..bytes.len().min(self.most())];
        let mut excerpt = self.text(&String::from_utf8_lossy(kept));
        excerpt.whole += bytes.len() - kept.len();
        excerpt
    }

    fn most(self) -> usize {
        match self {
            Keep::Beginnings => KEPT,
            Keep::Everything => usize::MAX,
        }
    }
}

/// The beginning of a text, or all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Excerpt {
    kept: String,
    /// Bytes of the whole.
    whole: usize,
}

impl Excerpt {
    /// What is kept, without a word about the rest.
    pub(crate) fn kept(&self) -> &str {
        &self.kept
    }

    /// What is kept, up to so many bytes, and a line that says so where that is not all.
    pub(crate) fn shown(&self, limit: usize) -> String {
        let shown = &self.kept[..self.kept.floor_char_boundary(limit)];
        if shown.len() == self.whole {
            return shown.to_owned();
        }
        let left_out = self.whole - shown.len();
        format!(
            "{shown}\n[cut here; {} more in the record]",
            counted(left_out as u64, "byte")
        )
    }
}

/// The largest bound for single texts under which all of them together keep within a budget, in bytes.
pub(crate) fn fair_limit(mut lengths: Vec<usize>, budget: usize) -> usize {
    lengths.sort_unstable();
    let mut left = budget;
    for (index, length) in lengths.iter().enumerate() {
        let share = left / (lengths.len() - index);
        if *length > share {
            return share;
        }
        left -= length;
    }
    usize::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_within_the_bound_is_kept_as_it_is() {
        assert_eq!(Keep::Beginnings.text("def f(): …").shown(usize::MAX), "def f(): …");
    }

    #[test]
    fn a_cut_text_says_how_much_is_missing() {
        let excerpt = Keep::Beginnings.text(&"ä".repeat(KEPT));
        let shown = excerpt.shown(usize::MAX);
        assert!(
            shown.ends_with("\n[cut here; 262,144 bytes more in the record]"),
            "{}",
            &shown[KEPT..]
        );
        assert_eq!(
            Keep::Beginnings.text("ää").shown(3),
            "ä\n[cut here; 2 bytes more in the record]"
        );
    }

    #[test]
    fn where_everything_is_kept_a_long_text_is_whole() {
        let long = "ä".repeat(KEPT);
        assert_eq!(Keep::Everything.text(&long).shown(usize::MAX), long);
        assert_eq!(Keep::Everything.bytes(long.as_bytes()).shown(usize::MAX), long);
    }

    #[test]
    fn a_budget_cuts_only_the_longest_texts() {
        assert_eq!(fair_limit(vec![10, 20, 30], 60), usize::MAX);
        assert_eq!(fair_limit(vec![10, 1000, 20, 1000], 100), 35);
        assert_eq!(fair_limit(Vec::new(), 100), usize::MAX);
    }
}
