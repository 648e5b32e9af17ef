//! JavaScript, run by boa.
//!
//! An instance has one role, so it needs one context. What a judge and its subject tell each other is plain values
//! (`encoding`); what a program finds beside the language is in `world`. Time and memory are the host's concern.

mod encoding;
mod judge;
mod subject;
mod words;
mod world;

use boa_engine::Context;
use koderz_plugin::prelude::*;
use std::rc::Rc;

/// The evaluator.
pub struct JavaScript {
    context: Context,
}

impl Evaluator for JavaScript {
    fn identity() -> PluginInfo {
        koderz_plugin::identity!("javascript", "Runs JavaScript programs: boa in WASM.")
    }

    fn languages() -> Vec<String> {
        vec!["javascript".to_owned()]
    }

    fn new() -> Self {
        JavaScript {
            context: world::context(),
        }
    }

    fn run(&mut self, source: &str) -> Result<(), String> {
        subject::load(&mut self.context, source)
    }

    fn load(&mut self, source: &str) -> Result<(), String> {
        subject::load(&mut self.context, source)
    }

    fn call(&mut self, entry_point: &str, input: &str) -> Result<String, String> {
        subject::call(&mut self.context, entry_point, input)
    }

    fn judge(&mut self, source: &str, entry_points: &[String], subject: Rc<dyn Subject>) -> Result<(), Objection> {
        judge::judge(&mut self.context, source, entry_points, subject)
    }
}

koderz_plugin::export!(evaluator: JavaScript);
