//! Evaluators. The host opens one for every program, and another one for its judge.

use super::glue::HostSubject;
use super::{Answer, Failure, Kind, answer, argument, opened};
use crate::{Evaluator, Objection};
use koderz_api::identity::PluginInfo;
use koderz_api::native::operation::{
    EVALUATOR_CALL, EVALUATOR_JUDGE, EVALUATOR_LANGUAGES, EVALUATOR_LOAD, EVALUATOR_OPEN, EVALUATOR_RUN,
};
use std::marker::PhantomData;
use std::rc::Rc;

/// An evaluator.
pub struct Evaluators<T>(PhantomData<T>);

impl<T: Evaluator + Send> Kind for Evaluators<T> {
    const INTERFACES: &[&str] = &["evaluator"];

    fn identity() -> PluginInfo {
        T::identity()
    }

    fn perform(operation: u32, handle: u64, input: &[u8]) -> Answer {
        let refused = |result: Result<_, String>| result.map_err(Failure::Refused);
        match operation {
            EVALUATOR_LANGUAGES => answer(&T::languages()),
            EVALUATOR_OPEN => answer(&opened::keep(T::new())),
            EVALUATOR_RUN => {
                let source: String = argument(input)?;
                answer(&refused(opened::with::<T, _>(handle, |evaluator| {
                    evaluator.run(&source)
                })?)?)
            }
            EVALUATOR_LOAD => {
                let source: String = argument(input)?;
                answer(&refused(opened::with::<T, _>(handle, |evaluator| {
                    evaluator.load(&source)
                })?)?)
            }
            EVALUATOR_CALL => {
                let (entry_point, input): (String, String) = argument(input)?;
                let called = opened::with::<T, _>(handle, |evaluator| evaluator.call(&entry_point, &input))?;
                answer(&called.map_err(Failure::Refused)?)
            }
            EVALUATOR_JUDGE => {
                let (source, entry_points): (String, Vec<String>) = argument(input)?;
                let judged = opened::with::<T, _>(handle, |evaluator| {
                    evaluator.judge(&source, &entry_points, Rc::new(HostSubject))
                })?;
                answer(&match judged {
                    Ok(()) => serde_json::Value::Null,
                    Err(Objection::Failed(why)) => serde_json::json!({ "failed": why }),
                    Err(Objection::Broken(why)) => serde_json::json!({ "broken": why }),
                })
            }
            _ => Err(Failure::Unknown),
        }
    }
}
