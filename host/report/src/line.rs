//! Text of others on a terminal: one line of it, harmless and cut to fit.
//!
//! Reasons and messages come from models, servers and plugins. A control character in them could move the cursor or
//! hide what was printed, and one that turns the writing direction could make a line say something else.

/// The width of a terminal that nobody has widened.
pub(crate) const COLUMNS: usize = 80;

/// The first line that says something, with nothing in it that a terminal would act on.
pub(crate) fn first(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    harmless(line.unwrap_or_default())
}

/// All of a text on one line, with nothing in it that a terminal would act on.
pub(crate) fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| if acts_on_terminals(c) { ' ' } else { c })
        .collect()
}

/// A text that takes no more columns than that, with an ellipsis where it was cut.
pub(crate) fn fit(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut left = columns.saturating_sub(1);
    let kept: String = text
        .chars()
        .take_while(|c| {
            let wide = columns_of(*c);
            let fits = wide <= left;
            left = left.saturating_sub(wide);
            fits
        })
        .collect();
    format!("{}…", kept.trim_end())
}

/// A text cut or filled to exactly that many columns.
pub(crate) fn cell(text: &str, columns: usize) -> String {
    let fitted = fit(text, columns);
    let missing = columns.saturating_sub(width(&fitted));
    fitted + &" ".repeat(missing)
}

/// How many columns a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// Two for what terminals draw twice as wide: the scripts of East Asia and emoji (Unicode Standard Annex 11, the
/// blocks where W and F are the rule). One for all else, which is too much for combining marks and so never too little.
fn columns_of(c: char) -> usize {
    match c {
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// Whether a terminal does something else with a character than to show it.
pub(crate) fn acts_on_terminals(c: char) -> bool {
    c.is_control() || turns_direction(c)
}

fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_acts_on_is_left_in_a_line() {
        assert_eq!(first("\n  \u{1b}[2Jgone\u{7}\nmore"), " [2Jgone ");
        assert_eq!(harmless("a\u{202e}b\nc"), "a b c");
    }

    #[test]
    fn a_line_is_cut_to_the_columns_that_there_are() {
        assert_eq!(fit("just right", 10), "just right");
        assert_eq!(fit("a bit too long", 10), "a bit too…");
        assert_eq!(fit("数数数数", 6), "数数…");
        assert_eq!(cell("ab", 4), "ab  ");
    }
}
