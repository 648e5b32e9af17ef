//! What was probably meant by a name that there is not.

/// How alike two names have to be for one to be a slip of the other.
const ALIKE: f64 = 0.8;

/// The likeliest of the names that there are, where one is like it.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let alike = known
        .into_iter()
        .map(|known| (strsim::jaro_winkler(name, known), known));
    let nearest = alike
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    nearest.map(|(_, nearest)| nearest)
}

/// A hint at it, on a line of its own.
pub(crate) fn meant<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, known).map_or(String::new(), |nearest| format!("\nhint: did you mean `{nearest}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        let known = ["prompt-style", "max-output-tokens"];
        assert_eq!(nearest("promt-style", known), Some("prompt-style"));
        assert_eq!(nearest("max-tokens", known), Some("max-output-tokens"));
        assert_eq!(nearest("zzz", known), None);
    }
}
