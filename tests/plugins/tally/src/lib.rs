//! An evaluator of a language with five words: `add NAME NUMBER` defines what adds a number, `say TEXT` writes a line,
//! `echo` writes standard input, `stop WHY` is an exception, and `panic` is a fault of the evaluator. A judge has
//! `expect NAME NUMBER NUMBER`: what a call is given, and what it has to answer; `upset NAME NUMBER`, which an answer ends;
//! and `panic` and `spin`, by which it ends itself or does not.

use koderz_plugin::prelude::*;
use koderz_plugin::program::{self, Stream};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The evaluator.
pub struct Tally {
    added: BTreeMap<String, i64>,
}

impl Evaluator for Tally {
    fn identity() -> PluginInfo {
        koderz_plugin::identity!("tally", "Runs programs of five words.")
    }

    fn languages() -> Vec<String> {
        vec!["tally".to_owned()]
    }

    fn new() -> Self {
        Tally { added: BTreeMap::new() }
    }

    fn run(&mut self, source: &str) -> Result<(), String> {
        source.lines().try_for_each(|line| self.line(line))
    }

    fn load(&mut self, source: &str) -> Result<(), String> {
        match source.lines().find(|line| line.starts_with("say")) {
            Some(_) => Err("a module says nothing".to_owned()),
            None => self.run(source),
        }
    }

    fn call(&mut self, entry_point: &str, input: &str) -> Result<String, String> {
        let added = self.added.get(entry_point);
        let added = added.ok_or_else(|| format!("there is no {entry_point}"))?;
        let given: i64 = number(input)?;
        if given < 0 {
            panic!("negative numbers are too much");
        }
        Ok((given + added).to_string())
    }

    fn judge(&mut self, source: &str, entry_points: &[String], subject: Rc<dyn Subject>) -> Result<(), Objection> {
        for line in source.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match line {
                "panic" => panic!("the judge is beside itself"),
                "spin" => loop {
                    std::hint::black_box(line);
                },
                _ => {}
            }
            if let ["upset", name, given] = words.as_slice() {
                let answer = subject.call(name, given);
                panic!("{answer:?} is too much for it");
            }
            let ["expect", name, given, wanted] = words.as_slice() else {
                return Err(Objection::Broken(format!("`{line}` is no check")));
            };
            if !entry_points.iter().any(|entry_point| entry_point == name) {
                return Err(Objection::Broken(format!("{name} is no entry point")));
            }
            let answer = subject
                .call(name, given)
                .map_err(|exception| Objection::Failed(format!("{name}({given}): {exception}")))?;
            if answer != *wanted {
                return Err(Objection::Failed(format!(
                    "{name}({given}) is {answer} and not {wanted}"
                )));
            }
        }
        Ok(())
    }
}

impl Tally {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "add" => {
                let (name, added) = rest.split_once(' ').ok_or("add what?")?;
                self.added.insert(name.to_owned(), number(added)?);
                Ok(())
            }
            "say" => program::write(Stream::Output, format!("{rest}\n").as_bytes()),
            "echo" => program::write(Stream::Error, &program::input()),
            "stop" => Err(rest.to_owned()),
            "panic" => panic!("as it was told"),
            _ => Err(format!("{word} is no word")),
        }
    }
}

fn number(text: &str) -> Result<i64, String> {
    text.trim().parse().map_err(|error| format!("`{text}`: {error}"))
}

koderz_plugin::export!(evaluator: Tally);
