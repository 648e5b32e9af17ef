//! Commands in Markdown.
//!
//! A fenced block marked `sh` has commands, and one marked `console` has them after `$ `, with what they show below. A
//! word after the mark says what is done with them: `no-run` that they are only to be understood, and `exit=N` that they
//! end so. What stands in by four blanks, or in a fenced block of another kind, is only to be understood too.
//!
//! A block of any kind with `file=PATH` after the mark is what the reader writes into that file: the first one of a file
//! is its beginning, and each later one goes on with it.

/// What is done with a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// It ends with this exit code, and shows these lines among others.
    Run { code: i32, shows: Vec<String> },
    /// Its options are understood.
    Parse,
    /// It is no command but a file, and these lines go there.
    Write { lines: String },
}

/// A command of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) text: String,
    pub(super) usage: Use,
}

/// What commands that are not marked begin with.
const KODERZ: &str = "koderz ";

/// The commands of a document, in its order.
pub(super) fn commands(document: &str) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut fence: Option<&str> = None;
    for (index, line) in document.lines().enumerate() {
        if let Some(info) = line.strip_prefix("```") {
            fence = if fence.is_none() { Some(info) } else { None };
            if let Some(file) = fence.and_then(file) {
                found.push(Found {
                    line: index + 1,
                    text: file.to_owned(),
                    usage: Use::Write { lines: String::new() },
                });
            }
            continue;
        }
        if fence.and_then(file).is_some() {
            if let Some(Found {
                usage: Use::Write { lines },
                ..
            }) = found.last_mut()
            {
                lines.push_str(line);
                lines.push('\n');
            }
            continue;
        }
        match command(line, fence) {
            Some((text, usage)) => found.push(Found {
                line: index + 1,
                text: text.to_owned(),
                usage,
            }),
            None => {
                if fence.is_some_and(|info| kind(info) == "console")
                    && let Some(Found {
                        usage: Use::Run { shows, .. },
                        ..
                    }) = found.last_mut()
                {
                    shows.push(line.to_owned());
                }
            }
        }
    }
    found
}

/// The command of a line, with what is done with it; `fence` is how the block is marked that it stands in.
fn command<'a>(line: &'a str, fence: Option<&str>) -> Option<(&'a str, Use)> {
    let Some(info) = fence else {
        let line = line.strip_prefix("    ")?;
        // What follows two blanks explains the command.
        let line = line.strip_prefix("$ ").unwrap_or(line).split("  ").next()?;
        return is_whole(line).then_some((line, Use::Parse));
    };
    match kind(info) {
        "sh" => is_command(line).then(|| (line, usage(info))),
        "console" => line.strip_prefix("$ ").map(|line| (line, usage(info))),
        _ => {
            let line = line.trim().trim_start_matches("- ").trim_start_matches("run: ");
            is_whole(line).then_some((line, Use::Parse))
        }
    }
}

/// The file that a block belongs into.
fn file(info: &str) -> Option<&str> {
    info.split(' ').find_map(|word| word.strip_prefix("file="))
}

fn kind(info: &str) -> &str {
    info.split(' ').next().unwrap_or_default()
}

/// Whether a line of a block is a command of koderz, perhaps with variables before it. Others are for the reader to type.
fn is_command(line: &str) -> bool {
    let is_variable = |word: &str| word.contains('=') && word.starts_with(|c: char| c.is_ascii_uppercase());
    let mut words = line.split(' ').skip_while(|word| is_variable(word));
    words.next() == Some("koderz")
}

/// Whether a line is one of koderz with nothing left open, as in `koderz runs report [-o FILE]`.
fn is_whole(line: &str) -> bool {
    line.starts_with(KODERZ)
        && !line.contains(['[', '<', '…'])
        && !line.split(' ').any(|word| matches!(word, "FORMAT" | "SHELL" | "…"))
}

fn usage(info: &str) -> Use {
    if info.split(' ').any(|word| word == "no-run") {
        return Use::Parse;
    }
    let code = info.split(' ').find_map(|word| word.strip_prefix("exit="));
    Use::Run {
        code: code.map_or(0, |code| code.parse().expect("an exit code")),
        shows: Vec::new(),
    }
}

/// A line without what differs from one time to the next: words with digits, units of time, how wide columns are, and
/// whether one of several values was far off the others, as on a machine that has other work.
pub(super) fn without_figures(line: &str) -> String {
    let is_figure = |word: &str| word.contains(|c: char| c.is_ascii_digit());
    let is_unit = |word: &str| matches!(word.trim_end_matches([',', ';', ':', '.']), "µs" | "ms" | "s" | "min");
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut shown = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let before = &words[..index];
        let after_figure = before.last().is_some_and(|word| is_figure(word));
        match *word {
            word if is_figure(word) => shown.push("N"),
            // `1 min 3 s` is one time.
            word if after_figure
                && is_unit(word)
                && word.starts_with('s')
                && before.iter().nth_back(1) == Some(&"min") =>
            {
                shown.pop();
            }
            word if after_figure && is_unit(word) => shown.push("time"),
            word => shown.push(word),
        }
    }
    shown.join(" ").replace(" N far off", "")
}

#[test]
fn commands_are_found_with_what_they_show_and_what_is_done_with_them() {
    let document = "
```console exit=1
$ koderz status
no model
```
    koderz resume          goes on
    koderz runs rm [RUN]
```sh no-run
ollama pull m
koderz doctor
```
```sh
# a comment
A=1 koderz runs
```
```yaml
      - run: koderz benchmark
```
```toml file=koderz.toml
# koderz runs
timeout = 9
```
";
    let run = |code, shows: &[&str]| Use::Run {
        code,
        shows: shows.iter().map(|line| (*line).to_owned()).collect(),
    };
    let found: Vec<(usize, String, Use)> = commands(document)
        .into_iter()
        .map(|found| (found.line, found.text, found.usage))
        .collect();
    let expected = [
        (3, "koderz status", run(1, &["no model"])),
        (6, "koderz resume", Use::Parse),
        (10, "koderz doctor", Use::Parse),
        (14, "A=1 koderz runs", run(0, &[])),
        (17, "koderz benchmark", Use::Parse),
        (
            19,
            "koderz.toml",
            Use::Write {
                lines: "# koderz runs\ntimeout = 9\n".to_owned(),
            },
        ),
    ];
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(line, text, usage)| (line, text.to_owned(), usage))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn figures_and_widths_are_no_difference() {
    assert_eq!(
        without_figures("decode   499.6 tokens/s  median of 3; 8 ms, 22 ms"),
        without_figures("decode 12 tokens/s median of 3; 1.2 s, 22 s, 1 far off")
    );
    assert_eq!(
        without_figures("finished; 497 ms of work"),
        without_figures("finished; 1 min 3 s of work")
    );
    assert_ne!(without_figures("8 ms, 22 ms"), without_figures("8 ms"));
    assert_ne!(without_figures("pass 5"), without_figures("fail 5"));
}
