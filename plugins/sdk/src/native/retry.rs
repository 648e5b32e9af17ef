//! Retry policies.

use super::{Answer, Failure, Kind, answer, argument, opened, settings};
use crate::RetryPolicy;
use koderz_api::identity::PluginInfo;
use koderz_api::native::operation::{RETRY_DECIDE, RETRY_OPEN, RETRY_SCHEMA};
use std::marker::PhantomData;

/// A retry policy.
pub struct Policies<T>(PhantomData<T>);

impl<T: RetryPolicy + Send> Kind for Policies<T> {
    const INTERFACES: &[&str] = &["retry"];

    fn identity() -> PluginInfo {
        T::identity()
    }

    fn perform(operation: u32, handle: u64, input: &[u8]) -> Answer {
        match operation {
            RETRY_SCHEMA => Ok(crate::schema::<T::Settings>().into_bytes()),
            RETRY_OPEN => answer(&opened::keep(T::open(settings(input)?).map_err(Failure::Refused)?)),
            RETRY_DECIDE => {
                let attempt = argument(input)?;
                answer(&opened::with::<T, _>(handle, |policy| policy.decide(&attempt))?)
            }
            _ => Err(Failure::Unknown),
        }
    }
}
