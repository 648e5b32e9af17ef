use super::*;
use crate::fixture::{Tape, timed_reply};
use indicatif::TermLike;
use koderz_api::suite::{Completion, Grade, Pacing};
use koderz_core::event::End;
use std::io;
use std::sync::Arc;

/// A terminal's screen: lines, and where the cursor is.
#[derive(Debug, Default)]
struct Glass {
    lines: Vec<String>,
    row: usize,
    column: usize,
    /// Everything that was ever on it, line by line as it was left.
    before: Vec<Vec<String>>,
}

impl Glass {
    const COLUMNS: usize = 80;

    fn put(&mut self, text: &str) {
        for c in text.chars() {
            // A full line wraps only when more is to come.
            if self.column == Self::COLUMNS && !c.is_control() {
                self.row += 1;
                self.column = 0;
            }
            while self.lines.len() <= self.row {
                self.lines.push(String::new());
            }
            match c {
                '\n' => {
                    self.row += 1;
                    self.column = 0;
                }
                '\r' => self.column = 0,
                c => {
                    let line = &mut self.lines[self.row];
                    let mut chars: Vec<char> = line.chars().collect();
                    chars.resize(chars.len().max(self.column + 1), ' ');
                    chars[self.column] = c;
                    *line = chars.into_iter().collect();
                    self.column += 1;
                }
            }
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Fake(Arc<Mutex<Glass>>);

impl Fake {
    fn glass(&self) -> MutexGuard<'_, Glass> {
        self.0.lock().expect("nothing panics with it")
    }

    fn text(&self) -> String {
        let glass = self.glass();
        let lines: Vec<&str> = glass.lines.iter().map(|line| line.trim_end()).collect();
        lines.join("\n").trim_end().to_owned()
    }

    fn ever_showed(&self, part: &str) -> bool {
        self.glass().before.iter().flatten().any(|line| line.contains(part))
    }
}

impl TermLike for Fake {
    fn width(&self) -> u16 {
        Glass::COLUMNS as u16
    }
    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        let mut glass = self.glass();
        glass.row = glass.row.checked_sub(n).expect("the bar stays on the screen");
        Ok(())
    }
    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.glass().row += n;
        Ok(())
    }
    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.glass().column += n;
        Ok(())
    }
    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        let mut glass = self.glass();
        glass.column = glass.column.saturating_sub(n);
        Ok(())
    }
    fn write_line(&self, text: &str) -> io::Result<()> {
        self.glass().put(&format!("{text}\n"));
        Ok(())
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.glass().put(text);
        Ok(())
    }
    fn clear_line(&self) -> io::Result<()> {
        let mut glass = self.glass();
        let row = glass.row;
        if let Some(line) = glass.lines.get_mut(row) {
            line.clear();
        }
        glass.column = 0;
        Ok(())
    }
    fn flush(&self) -> io::Result<()> {
        let mut glass = self.glass();
        let now = glass.lines.clone();
        glass.before.push(now);
        Ok(())
    }
}

impl Write for Fake {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.glass().put(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn show(shape: Shape, fake: &Fake, tape: &Tape, log: &[&str]) {
    let terminal = Terminal::on(
        shape,
        COLUMNS,
        Device {
            bar: (shape == Shape::Bar).then(|| ProgressDrawTarget::term_like(Box::new(fake.clone()))),
            lines: Box::new(fake.clone()),
            glyphs: Glyphs::Blocks,
        },
    );
    for entry in tape.entries() {
        terminal.see(entry);
    }
    for piece in log {
        let mut writer = terminal.writer();
        write!(writer, "{piece}").expect("it takes everything");
    }
    terminal.finish();
    terminal.finish();
}

fn tape() -> Tape {
    Tape::new()
        .began(4, 0)
        .trial("t/1", 0, |trial| trial.verdict(Grade::Pass, ""))
        .trial("t/2", 0, |trial| trial.verdict(Grade::Inconclusive, "deadline passed"))
}

#[test]
fn a_bar_leaves_only_the_lines_above_it() {
    let fake = Fake::default();
    show(Shape::Bar, &fake, &tape(), &["WARN one\nWARN two\n", "half a line"]);
    assert_eq!(
        fake.text(),
        "inconclusive: t/2: deadline passed\nWARN one\nWARN two\nhalf a line"
    );
}

#[test]
fn a_bar_shows_how_far_how_fast_and_what_came_of_it() {
    let fake = Fake::default();
    show(Shape::Bar, &fake, &tape(), &[]);
    for part in [
        "[============>           ] 2/4  4.0 s  30.0/min  4.0 s left",
        "1 pass, 0 fail, 1 inconclusive",
    ] {
        assert!(fake.ever_showed(part), "{part} in {:#?}", fake.glass().before);
    }
    let glass = fake.glass();
    assert!(glass.before.iter().flatten().all(|line| line.chars().count() <= 80));
}

#[test]
fn a_bar_of_a_run_that_measures_times_shows_how_fast_the_latest_answers_were_written() {
    let fake = Fake::default();
    let tape = Tape::new().began(3, 0).timed("speed", Pacing::Exclusive);
    let tape = (0..3).fold(tape, |tape, number| {
        tape.trial_in("speed", &format!("speed/{number}"), 0, |trial| {
            trial
                .questioned("?")
                .completed(Completion::Asked(Ok(timed_reply(100, 0, number == 1))))
                .verdict(Grade::Ungraded, "")
        })
    });
    show(Shape::Bar, &fake, &tape, &[]);
    assert!(fake.ever_showed("3 ungraded  █▂█ "), "{:#?}", fake.glass().before);
    let glass = fake.glass();
    assert!(glass.before.iter().flatten().all(|line| line.chars().count() <= 80));
    drop(glass);
    let lines = Fake::default();
    show(Shape::Lines, &lines, &tape, &[]);
    assert!(!lines.text().contains('█'), "{}", lines.text());
}

#[test]
fn after_a_rest_another_run_has_a_bar_of_its_own() {
    let fake = Fake::default();
    let terminal = Terminal::on(
        Shape::Bar,
        COLUMNS,
        Device {
            bar: Some(ProgressDrawTarget::term_like(Box::new(fake.clone()))),
            lines: Box::new(fake.clone()),
            glyphs: Glyphs::Blocks,
        },
    );
    tape().entries().iter().for_each(|entry| terminal.see(entry));
    terminal.rest();
    assert_eq!(fake.text(), "inconclusive: t/2: deadline passed", "the bar is gone");
    let second = Tape::new()
        .began(4, 0)
        .trial("t/9", 0, |trial| trial.verdict(Grade::Fail, ""));
    second.entries().iter().for_each(|entry| terminal.see(entry));
    terminal.finish();
    assert!(fake.ever_showed("1/4  2.0 s"), "{:#?}", fake.glass().before);
    assert!(
        fake.ever_showed("0 pass, 1 fail, 0 inconclusive"),
        "{:#?}",
        fake.glass().before
    );
}

#[test]
fn lines_alone_are_plain_text() {
    let fake = Fake::default();
    show(Shape::Lines, &fake, &tape().ended(End::Drained), &["WARN one\n"]);
    assert_eq!(
        fake.text(),
        "begins: 4 trials\n\
         1/4  2.0 s  30.0/min  6.0 s left: 1 pass, 0 fail, 0 inconclusive\n\
         inconclusive: t/2: deadline passed\n\
         2/4  4.0 s  30.0/min  4.0 s left: 1 pass, 0 fail, 1 inconclusive\n\
         stopped as asked, with what was under way brought to its end after 5.0 s\n\
         WARN one"
    );
}

#[test]
fn quiet_shows_the_log_and_nothing_else() {
    let fake = Fake::default();
    show(Shape::Quiet, &fake, &tape(), &["WARN one\n"]);
    assert_eq!(fake.text(), "WARN one");
}

#[test]
fn what_was_recalled_counts_and_is_not_shown() {
    let fake = Fake::default();
    let lines = Box::new(fake.clone());
    let terminal = Terminal::on(
        Shape::Lines,
        COLUMNS,
        Device {
            bar: None,
            lines,
            glyphs: Glyphs::Ascii,
        },
    );
    for entry in tape().entries() {
        terminal.recall(entry);
    }
    let again = Tape::new()
        .began(4, 1)
        .trial("t/2", 1, |trial| trial.verdict(Grade::Pass, ""));
    for entry in again.entries() {
        terminal.see(entry);
    }
    terminal.finish();
    assert_eq!(
        fake.text(),
        "goes on: 4 trials, 1 of them done before\n2/4  2.0 s  30.0/min  4.0 s left: 2 pass, 0 fail, 0 inconclusive"
    );
}
