//! Texts of about so many tokens. They mean nothing much, read like words, and differ from their first one on.

/// Common English words; most are one token for most models.
const WORDS: [&str; 64] = [
    "time",
    "year",
    "people",
    "way",
    "day",
    "man",
    "thing",
    "woman",
    "life",
    "child",
    "world",
    "school",
    "state",
    "family",
    "student",
    "group",
    "country",
    "problem",
    "hand",
    "part",
    "place",
    "case",
    "week",
    "company",
    "system",
    "program",
    "question",
    "work",
    "government",
    "number",
    "night",
    "point",
    "home",
    "water",
    "room",
    "mother",
    "area",
    "money",
    "story",
    "fact",
    "month",
    "lot",
    "right",
    "study",
    "book",
    "eye",
    "job",
    "word",
    "business",
    "issue",
    "side",
    "kind",
    "head",
    "house",
    "service",
    "friend",
    "father",
    "power",
    "hour",
    "game",
    "line",
    "end",
    "member",
    "law",
];

/// So many words, the same ones for a seed. What differs stands first: servers look for the longest beginning that they
/// know.
pub(crate) fn text(words: u32, seed: u64) -> String {
    let mut text = format!("[{seed:08x}]");
    let mut state = seed;
    for _ in 1..words {
        // Knuth's MMIX generator; only variety matters here.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        text.push(' ');
        text.push_str(WORDS[(state >> 58) as usize]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_its_words_and_begins_like_no_other() {
        assert_eq!(text(512, 1).split(' ').count(), 512);
        assert_eq!(text(40, 1), text(40, 1));
        let first = |seed| text(40, seed).split(' ').next().map(str::to_owned);
        assert_ne!(first(1), first(2));
    }
}
