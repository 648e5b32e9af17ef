//! An evaluator: the language that it runs, in a line or two.
//!
//! The language here has two words: `let NAME NUMBER` defines what adds a number to what it is given, and `print TEXT`
//! writes a line. A check has one: `expect NAME NUMBER NUMBER`, what a definition is given and what it has to answer.

use koderz_plugin::prelude::*;
use koderz_plugin::program::{self, Stream};
use std::collections::BTreeMap;
use std::rc::Rc;

pub struct Plugin {
    defined: BTreeMap<String, i64>,
}

impl Evaluator for Plugin {
    fn identity() -> PluginInfo {
        koderz_plugin::identity!("new-plugin", "Runs programs of two words.")
    }

    fn languages() -> Vec<String> {
        vec!["new-plugin".to_owned()]
    }

    // The host makes a new one for every program, and another for the check of it.
    fn new() -> Self {
        Plugin {
            defined: BTreeMap::new(),
        }
    }

    fn run(&mut self, source: &str) -> Result<(), String> {
        source.lines().try_for_each(|line| self.line(line))
    }

    fn load(&mut self, source: &str) -> Result<(), String> {
        self.run(source)
    }

    fn call(&mut self, entry_point: &str, input: &str) -> Result<String, String> {
        let added = self.defined.get(entry_point);
        let added = added.ok_or_else(|| format!("{entry_point} is not defined"))?;
        Ok((number(input)? + added).to_string())
    }

    fn judge(&mut self, source: &str, _entry_points: &[String], subject: Rc<dyn Subject>) -> Result<(), Objection> {
        for line in source.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let ["expect", name, given, wanted] = words.as_slice() else {
                // The suite's fault and not the model's.
                return Err(Objection::Broken(format!("`{line}` is no check")));
            };
            let answer = subject
                .call(name, given)
                .map_err(|exception| Objection::Failed(format!("{name} of {given}: {exception}")))?;
            if answer != *wanted {
                return Err(Objection::Failed(format!("{name} of {given} is {answer} and not {wanted}")));
            }
        }
        Ok(())
    }
}

impl Plugin {
    fn line(&mut self, line: &str) -> Result<(), String> {
        match line.split_once(' ') {
            Some(("let", definition)) => {
                let (name, added) = definition.split_once(' ').ok_or("a definition has a name and a number")?;
                self.defined.insert(name.to_owned(), number(added)?);
                Ok(())
            }
            Some(("print", text)) => program::write(Stream::Output, format!("{text}\n").as_bytes()),
            _ => Err(format!("`{line}` is no statement")),
        }
    }
}

fn number(text: &str) -> Result<i64, String> {
    text.trim().parse().map_err(|error| format!("`{text}`: {error}"))
}

koderz_plugin::export!(evaluator: Plugin);

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_plugin::testing::judged;

    #[test]
    fn a_program_is_judged_by_what_its_definitions_answer() {
        let judge = |check: &str| judged::<Plugin>("let more 2", check, &["more"]);
        assert_eq!(judge("expect more 40 42"), Ok(()));
        let wrong = Objection::Failed("more of 40 is 42 and not 43".to_owned());
        assert_eq!(judge("expect more 40 43"), Err(wrong));
        assert!(matches!(judge("nonsense"), Err(Objection::Broken(_))));
    }

    #[test]
    fn what_cannot_be_run_says_why() {
        assert_eq!(Plugin::new().run("go home"), Err("`go home` is no statement".to_owned()));
    }
}
