//! An evaluator that goes wrong as its own bytes say, since an evaluator has no settings: a test writes another flaw over
//! the one that is there.

use koderz_plugin::prelude::*;
use std::rc::Rc;

/// What goes wrong: a call of the contract, a dash, and how. Always of the same length.
static FLAW: &str = "koderz-flaw:none        :";

/// The evaluator.
pub struct Flawed;

impl Flawed {
    /// Goes wrong, if this is where.
    fn reach(call: &str) {
        let flaw = std::hint::black_box(FLAW).split(':').nth(1).unwrap_or_default().trim();
        match flaw.split_once('-').filter(|(at, _)| *at == call) {
            Some((_, "loop")) => loop {
                std::hint::black_box(call);
            },
            Some((_, "panic")) => panic!("{call} is broken"),
            _ => {}
        }
    }
}

impl Evaluator for Flawed {
    fn identity() -> PluginInfo {
        koderz_plugin::identity!("flawed", "Goes wrong as its bytes say.")
    }

    fn languages() -> Vec<String> {
        Flawed::reach("languages");
        vec!["flawed".to_owned(), "tally".to_owned()]
    }

    fn new() -> Self {
        Flawed::reach("new");
        Flawed
    }

    fn run(&mut self, _source: &str) -> Result<(), String> {
        Flawed::reach("run");
        Ok(())
    }

    fn load(&mut self, _source: &str) -> Result<(), String> {
        Flawed::reach("load");
        Ok(())
    }

    fn call(&mut self, _entry_point: &str, _input: &str) -> Result<String, String> {
        Flawed::reach("call");
        Ok(String::new())
    }

    fn judge(&mut self, source: &str, entry_points: &[String], subject: Rc<dyn Subject>) -> Result<(), Objection> {
        Flawed::reach("judge");
        for name in entry_points {
            subject.call(name, source).map_err(Objection::Failed)?;
        }
        Err(Objection::Broken("it checks nothing".to_owned()))
    }
}

koderz_plugin::export!(evaluator: Flawed);
