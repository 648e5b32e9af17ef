//! Being asked to stop: first gently, then at once.

use tokio::sync::watch;

/// How urgently a run is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Go on.
    None,
    /// Begin nothing new, and bring what is under way to its end.
    Drain,
    /// Let go of everything.
    Now,
}

/// The hand that stops a run.
#[derive(Debug)]
pub struct Brake(watch::Sender<Urgency>);

/// What a run looks at.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<Urgency>);

/// A brake and what it acts on.
pub fn brake() -> (Brake, Stop) {
    let (sender, receiver) = watch::channel(Urgency::None);
    (Brake(sender), Stop(receiver))
}

impl Brake {
    /// Asks to stop, more urgently each time: the first call drains, the second stops. Answers how urgent it is now.
    pub fn press(&self) -> Urgency {
        self.0.send_modify(|urgency| {
            *urgency = match *urgency {
                Urgency::None => Urgency::Drain,
                Urgency::Drain | Urgency::Now => Urgency::Now,
            };
        });
        *self.0.borrow()
    }
}

impl Stop {
    /// How urgent it is.
    pub fn urgency(&self) -> Urgency {
        *self.0.borrow()
    }

    /// Resolves when it is at least this urgent. A brake that is gone is never pressed.
    pub async fn at_least(&self, wanted: Urgency) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|urgency| *urgency >= wanted).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_press_drains_and_the_second_stops() {
        let (brake, stop) = brake();
        assert_eq!(stop.urgency(), Urgency::None);
        assert_eq!(brake.press(), Urgency::Drain);
        stop.at_least(Urgency::Drain).await;
        assert_eq!(brake.press(), Urgency::Now);
        stop.at_least(Urgency::Now).await;
        assert_eq!(brake.press(), Urgency::Now);
    }
}
