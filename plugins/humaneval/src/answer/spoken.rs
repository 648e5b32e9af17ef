//! What is said to the one who asked: the text without thinking, in one kind of lines.

/// Marks by which models and their templates set thinking apart.
const THINKING: [(&str, &str); 7] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("[THINK]", "[/THINK]"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("◁think▷", "◁/think▷"),
];

/// The text without thinking, its lines ended by a line feed alone.
pub(crate) fn spoken(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\u{feff}', "");
    let mut said = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['<', '[', '◁']) {
        let (before, here) = rest.split_at(at);
        said.push_str(before);
        let opens = THINKING.iter().find(|(open, _)| here.starts_with(open));
        if let Some((open, close)) = opens {
            let thought = &here[open.len()..];
            // Thinking that does not end was cut off, and no answer came after it.
            let Some(end) = thought.find(close) else {
                return said;
            };
            rest = &thought[end + close.len()..];
        } else if let Some((_, close)) = THINKING.iter().find(|(_, close)| here.starts_with(close)) {
            // The template may have opened the thinking before the answer began, so an end counts by itself.
            said.clear();
            rest = &here[close.len()..];
        } else {
            let mark = here.chars().next().map_or(0, char::len_utf8);
            said.push_str(&here[..mark]);
            rest = &here[mark..];
        }
    }
    said.push_str(rest);
    said
}

#[cfg(test)]
mod tests {
    use super::spoken;

    #[test]
    fn thinking_is_left_out_however_it_is_marked() {
        let cases = [
            ("<think>a</think>b", "b"),
            ("a</think>b", "b"),
            ("a<think>b", "a"),
            ("<think>a <think> b</think> c</think>d", "d"),
            ("<thinking>a</thinking>b<thought>c</thought>d", "bd"),
            ("[THINK]a[/THINK]b[0]", "b[0]"),
            ("◁think▷a◁/think▷b", "b"),
            ("a < b and b <= c[1]", "a < b and b <= c[1]"),
            ("<think>\n\n</think>\n\nb", "\n\nb"),
        ];
        for (text, expected) in cases {
            assert_eq!(spoken(text), expected, "{text}");
        }
    }

    #[test]
    fn lines_end_in_one_way_and_a_byte_order_mark_is_left_out() {
        assert_eq!(spoken("\u{feff}a\r\nb\n"), "a\nb\n");
    }
}
