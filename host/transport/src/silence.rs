//! A bound for silence that costs little while there is none.
//!
//! A timer that is set anew for each token is most of what a client does for a token, and nearly none of them goes off. So
//! the timer is left as it is, and only when it goes off is it asked whether anything was heard meanwhile.

use std::pin::Pin;
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

/// The time since something was heard, and how long it may get.
pub(crate) struct Silence {
    heard: Instant,
    patience: Duration,
    timer: Pin<Box<Sleep>>,
}

impl Silence {
    /// Silence that has just begun.
    pub(crate) fn new(patience: Duration) -> Self {
        Silence {
            heard: Instant::now(),
            patience,
            timer: Box::pin(sleep(patience)),
        }
    }

    /// How long it may get.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// Something was heard, and from now on silence may get so long.
    pub(crate) fn broken(&mut self, heard: Instant, patience: Duration) {
        // The timer may be left to go off early, but not late.
        if patience < self.patience {
            self.timer = Box::pin(sleep(patience));
        }
        (self.heard, self.patience) = (heard, patience);
    }

    /// What comes of something that is waited for, or none once it has been silent for too long.
    pub(crate) async fn bounds<T>(&mut self, awaited: impl Future<Output = T>) -> Option<T> {
        let mut awaited = std::pin::pin!(awaited);
        loop {
            tokio::select! {
                biased;
                value = &mut awaited => return Some(value),
                () = &mut self.timer => {}
            }
            // Endless patience is a timer that never goes off.
            let until = self.heard.checked_add(self.patience)?;
            if until <= Instant::now() {
                return None;
            }
            self.timer.as_mut().reset(until);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use tokio::time::advance;

    const TEN: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn it_may_be_as_long_after_each_thing_heard_as_before_the_first() {
        let mut silence = Silence::new(TEN);
        for _ in 0..5 {
            assert_eq!(silence.bounds(sleep(TEN * 9 / 10)).await, Some(()));
            silence.broken(Instant::now(), TEN);
        }
        let began = Instant::now();
        assert_eq!(silence.bounds(pending::<()>()).await, None);
        assert_eq!(began.elapsed().as_secs(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_longer_patience_before_the_first_thing_heard_does_not_last() {
        let mut silence = Silence::new(TEN * 6);
        advance(TEN).await;
        silence.broken(Instant::now(), TEN);
        let began = Instant::now();
        assert_eq!(silence.bounds(pending::<()>()).await, None);
        assert_eq!(began.elapsed().as_secs(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_in_time_is_taken_and_patience_may_be_endless() {
        let mut silence = Silence::new(Duration::MAX);
        assert_eq!(silence.bounds(sleep(TEN * 1000)).await, Some(()));
        silence.broken(Instant::now(), Duration::MAX);
        assert_eq!(silence.bounds(sleep(TEN * 1000)).await, Some(()));
    }
}
