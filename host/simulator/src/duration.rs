//! Durations as Go writes them, such as `5m` or `1h30m`.

use std::time::Duration;

/// How long a model stays in memory after its last use.
///
/// They are ordered by how long that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum KeepAlive {
    For(Duration),
    Forever,
}

/// Reads a duration. One below zero means for ever, as Ollama has it. The error is in Go's words.
pub(crate) fn keep_alive(text: &str) -> Result<KeepAlive, String> {
    let invalid = || format!("time: invalid duration {text:?}");
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(KeepAlive::For(Duration::ZERO));
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let number = prefix(rest, |c| c.is_ascii_digit() || c == '.');
        let value: f64 = number.parse().map_err(|_| invalid())?;
        rest = &rest[number.len()..];
        let unit = prefix(rest, |c| !c.is_ascii_digit() && c != '.');
        rest = &rest[unit.len()..];
        seconds += value
            * match unit {
                "ns" => 1e-9,
                "us" | "µs" | "μs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                "" => return Err(format!("time: missing unit in duration {text:?}")),
                _ => return Err(format!("time: unknown unit {unit:?} in duration {text:?}")),
            };
    }
    Ok(of_seconds(if negative { -seconds } else { seconds }))
}

/// A duration in seconds. What is below zero or longer than a clock can tell means for ever.
pub(crate) fn of_seconds(seconds: f64) -> KeepAlive {
    Duration::try_from_secs_f64(seconds).map_or(KeepAlive::Forever, KeepAlive::For)
}

fn prefix(text: &str, belongs: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_in_go() {
        let seconds = |text: &str| match keep_alive(text) {
            Ok(KeepAlive::For(duration)) => Ok(Some(duration.as_secs_f64())),
            Ok(KeepAlive::Forever) => Ok(None),
            Err(error) => Err(error),
        };
        assert_eq!(seconds("5m"), Ok(Some(300.0)));
        assert_eq!(seconds("1h1.5s"), Ok(Some(3601.5)));
        assert_eq!(seconds("0"), Ok(Some(0.0)));
        assert_eq!(seconds("250ms"), Ok(Some(0.25)));
        assert_eq!(seconds("-1s"), Ok(None));
        for (text, words) in [
            ("soon", r#"time: invalid duration "soon""#),
            ("", r#"time: invalid duration """#),
            ("5", r#"time: missing unit in duration "5""#),
            ("5d", r#"time: unknown unit "d" in duration "5d""#),
        ] {
            assert_eq!(seconds(text), Err(words.to_owned()));
        }
    }
}
