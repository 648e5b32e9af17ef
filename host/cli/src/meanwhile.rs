//! Something that may take long, and a word now and then that it is still under way.

use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// When the first word comes, and then how often. What is there already takes less.
const FIRST_WORD: Duration = Duration::from_secs(2);
const WORD: Duration = Duration::from_secs(10);

/// Waits for some work, and tells after 2 s and then every 10 s how long it has taken so far. The work goes on while that is
/// told.
pub(crate) async fn meanwhile<T>(work: impl Future<Output = T>, tell: impl AsyncFn(Duration)) -> T {
    let began = Instant::now();
    let telling = async {
        let mut words = interval_at(began + FIRST_WORD, WORD);
        words.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            words.tick().await;
            tell(began.elapsed()).await;
        }
    };
    tokio::select! {
        done = work => done,
        never = telling => never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use tokio::time::sleep;

    async fn told(work: f64) -> Vec<u64> {
        let told = RefCell::new(Vec::new());
        meanwhile(sleep(Duration::from_secs_f64(work)), async |elapsed: Duration| {
            told.borrow_mut().push(elapsed.as_secs());
        })
        .await;
        told.into_inner()
    }

    #[tokio::test(start_paused = true)]
    async fn a_word_comes_after_two_seconds_and_then_every_ten() {
        assert_eq!(told(1.9).await, [0; 0]);
        assert_eq!(told(23.0).await, [2, 12, 22]);
    }
}
