//! What times and energy are measured with: found out when a run needs it, and once for all runs of a command.

use crate::calibration::calibrate;
use crate::power::Power;
use koderz_core::event::Instrument;
use koderz_core::ports::Meter;
use koderz_core::stop::{Stop, Urgency};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// What is known of this machine so far.
#[derive(Default)]
pub(crate) struct Instruments {
    own: OnceCell<Option<Instrument>>,
    power: OnceCell<Option<Arc<Power>>>,
}

impl Instruments {
    /// How far off this machine's own times are, by timing answers for so long. None where that cannot be found out, is
    /// not wanted, or is to be stopped.
    pub(crate) async fn calibrated(&self, time: Duration, stop: &Stop) -> Option<Instrument> {
        if time.is_zero() {
            return None;
        }
        let found = unless(stop, self.own.get_or_init(|| calibrate(time))).await;
        found.copied().flatten()
    }

    /// What reads how much energy this machine uses. None where nothing may be read, or it is to be stopped.
    pub(crate) async fn meter(&self, stop: &Stop) -> Option<Arc<dyn Meter>> {
        let power = self
            .power
            .get_or_init(|| async { Power::of_this_machine().await.map(Arc::new) });
        let power = unless(stop, power).await?.clone()?;
        Some(power)
    }
}

/// What something comes to, unless the run is to stop before. What was given up is begun anew by whoever asks next.
async fn unless<T>(stop: &Stop, something: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = stop.at_least(Urgency::Drain) => None,
        found = something => Some(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use koderz_core::stop::brake;

    #[tokio::test]
    async fn a_machine_is_calibrated_once_and_not_where_it_is_to_stop() {
        let instruments = Instruments::default();
        let (brake, stop) = brake();
        let short = Duration::from_millis(200);
        assert_eq!(instruments.calibrated(Duration::ZERO, &stop).await, None);
        let first = instruments.calibrated(short, &stop).await;
        assert!(first.is_some(), "it can listen");
        // Once more it would not come to the very same times.
        assert_eq!(instruments.calibrated(short, &stop).await, first);
        brake.press();
        let hours = Duration::from_secs(10_000);
        assert_eq!(Instruments::default().calibrated(hours, &stop).await, None);
    }

    #[tokio::test]
    async fn a_calibration_that_goes_on_ends_when_it_is_to_stop() {
        let instruments = Instruments::default();
        let (brake, stop) = brake();
        let hours = Duration::from_secs(10_000);
        let press = async {
            tokio::task::yield_now().await;
            brake.press();
        };
        let (found, ()) = tokio::join!(instruments.calibrated(hours, &stop), press);
        assert_eq!(found, None);
    }
}
