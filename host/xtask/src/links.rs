//! Links of documents that go with the program, where not all of what they lead to does.

/// The text with every link to a file that is not there taken for the words that it stands on.
pub(crate) fn living(text: &str, is_there: impl Fn(&str) -> bool) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(middle) = rest.find("](") {
        let after = &rest[middle + 2..];
        let (Some(begins), Some(ends)) = (opening(&rest[..middle]), after.find(')')) else {
            out.push_str(&rest[..middle + 2]);
            rest = after;
            continue;
        };
        let (words, target) = (&rest[begins + 1..middle], &after[..ends]);
        let file = target.split('#').next().unwrap_or(target);
        // What has neither is code that looks like a link.
        let is_file = file.contains(['.', '/']);
        if !is_file || file.contains("://") || is_there(file) {
            out.push_str(&rest[..middle + 2 + ends + 1]);
        } else {
            out.push_str(&rest[..begins]);
            out.push_str(words);
        }
        rest = &after[ends + 1..];
    }
    out + rest
}

/// Where the bracket opens that closes at a text's end.
fn opening(text: &str) -> Option<usize> {
    let mut depth = 1;
    for (at, c) in text.char_indices().rev() {
        match c {
            ']' => depth += 1,
            '[' => depth -= 1,
            // Words of a link stand in one paragraph.
            '\n' if text[at..].starts_with("\n\n") => return None,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_what_is_not_there_becomes_its_words_and_all_else_stays() {
        let text =
            "See [a [b]](gone.md), [`c`](here.md#part), [d](https://x.y) and [e](#f); `v[0](1)` too, [x\n\ny](z).";
        let expected = "See a [b], [`c`](here.md#part), [d](https://x.y) and [e](#f); `v[0](1)` too, [x\n\ny](z).";
        let living = living(text, |file| file == "here.md");
        assert_eq!(living, expected);
    }
}
