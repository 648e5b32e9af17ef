//! Suites, alone and with what else they may have.

use super::{Answer, Failure, Kind, answer, argument, opened, settings};
use crate::{Measuring, Reference, Suite};
use koderz_api::identity::PluginInfo;
use koderz_api::native::operation::{
    SUITE_ANSWER, SUITE_DESCRIBE, SUITE_NEXT, SUITE_NEXT_STAGE, SUITE_OPEN, SUITE_SCHEMA, SUITE_SUMMARIZE, SUITE_TASKS,
};
use koderz_api::suite::{Round, Trial};
use serde::Serialize;
use std::marker::PhantomData;

/// A suite.
pub struct Suites<T>(PhantomData<T>);

/// A suite that knows right answers.
pub struct CheckedSuites<T>(PhantomData<T>);

/// A suite with figures of its own.
pub struct MeasuringSuites<T>(PhantomData<T>);

impl<T: Suite + Send> Kind for Suites<T> {
    const INTERFACES: &[&str] = &["suite"];

    fn identity() -> PluginInfo {
        T::identity()
    }

    fn perform(operation: u32, handle: u64, input: &[u8]) -> Answer {
        match operation {
            SUITE_SCHEMA => Ok(crate::schema::<T::Settings>().into_bytes()),
            SUITE_OPEN => answer(&opened::keep(T::open(settings(input)?).map_err(Failure::Refused)?)),
            SUITE_DESCRIBE => answer(&opened::with::<T, _>(handle, |suite| suite.describe())?),
            SUITE_TASKS => {
                let cursor: Option<String> = argument(input)?;
                said::<T, _>(handle, |suite| suite.tasks(cursor.as_deref()))
            }
            SUITE_NEXT => {
                let (trial, history): (Trial, Vec<Round>) = argument(input)?;
                said::<T, _>(handle, |suite| suite.next(&trial, &history))
            }
            _ => Err(Failure::Unknown),
        }
    }
}

impl<T: Reference + Send> Kind for CheckedSuites<T> {
    const INTERFACES: &[&str] = &["suite", "reference"];

    fn identity() -> PluginInfo {
        T::identity()
    }

    fn perform(operation: u32, handle: u64, input: &[u8]) -> Answer {
        match operation {
            SUITE_ANSWER => {
                let task = argument(input)?;
                said::<T, _>(handle, |suite| suite.answer(&task))
            }
            _ => Suites::<T>::perform(operation, handle, input),
        }
    }
}

impl<T: Measuring + Send> Kind for MeasuringSuites<T> {
    const INTERFACES: &[&str] = &["suite", "summary", "planner"];

    fn identity() -> PluginInfo {
        T::identity()
    }

    fn perform(operation: u32, handle: u64, input: &[u8]) -> Answer {
        match operation {
            SUITE_SUMMARIZE => {
                let results: Vec<_> = argument(input)?;
                said::<T, _>(handle, |suite| suite.summarize(&results))
            }
            SUITE_NEXT_STAGE => {
                let results: Vec<_> = argument(input)?;
                said::<T, _>(handle, |suite| suite.next_stage(&results))
            }
            _ => Suites::<T>::perform(operation, handle, input),
        }
    }
}

fn said<T: Suite + Send, A: Serialize>(handle: u64, call: impl FnOnce(&mut T) -> Result<A, String>) -> Answer {
    answer(&opened::with::<T, _>(handle, call)?.map_err(Failure::Refused)?)
}
