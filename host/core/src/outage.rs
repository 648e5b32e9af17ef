//! What is done about an outage: pause, look, warm up, ask for a single token, go on.
//!
//! One task sees to it while all questions wait, and waiting costs none of them an attempt. That the server answers is
//! not enough: Ollama's lists stay green while nothing is generated, so only a token shows that it works.

use crate::backend::Backend;
use crate::event::Event;
use crate::ports::AttemptError;
use crate::scheduler::RunError;
use crate::shared::Shared;
use crate::stop::Urgency;
use crate::warm_up::load;
use crate::words;
use koderz_api::seed::Stream;
use koderz_api::transport::{Failure, FailureKind};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The first pause between two looks, and the longest. A look at a port on which nobody listens costs nobody anything, so
/// pauses grow slowly: a server that was away for some seconds should not be waited for much longer than that.
const FIRST_LOOK: Duration = Duration::from_secs(1);
const LAST_LOOK: Duration = Duration::from_secs(15);

/// How long a single token may take from a model that is loaded.
const CANARY: Duration = Duration::from_secs(60);

/// Tokens in a row that do not come, after which a server is wedged rather than slow.
const SILENT_CANARIES: u32 = 2;

/// What a look at the server comes to.
#[derive(Debug)]
enum Look {
    Works,
    Away(String),
    /// The model is loaded, nothing of this run is under way, and no token came.
    Silent,
}

/// Holds questions back because of a failure, and sees to the outage unless somebody does already.
pub(crate) fn hold(shared: &Arc<Shared>, backend: &Arc<Backend>, model: &str, failure: &Failure) {
    if backend.server.hold() {
        see_to(shared, backend, model, failure);
    }
}

/// Sees to an outage that has just been noticed, in a task of its own.
pub(crate) fn see_to(shared: &Arc<Shared>, backend: &Arc<Backend>, model: &str, failure: &Failure) {
    let reason = match (failure.kind, failure.status) {
        // That nobody reaches it is what being away means.
        (FailureKind::Unreachable, None) => failure.message.clone(),
        _ => words::failure(failure),
    };
    let (seeing, backend, model) = (shared.clone(), backend.clone(), model.to_owned());
    shared.spawn(async move {
        if let Err(error) = recover(&seeing, &backend, &model, reason).await {
            lose(&seeing, &backend, error.to_string());
        }
    });
}

/// Gives a server up. Where the run has others it goes on with them.
fn lose(shared: &Shared, backend: &Backend, reason: String) {
    if shared.backends().len() > 1 {
        tracing::warn!("{}; it is not asked again in this run", backend.about(&reason));
    }
    backend.server.lose(reason);
}

async fn recover(shared: &Arc<Shared>, backend: &Backend, model: &str, mut reason: String) -> Result<(), RunError> {
    let began = Instant::now();
    let outage = Event::OutageBegan { reason: reason.clone() };
    shared.note_of(backend, outage).await?;
    let mut chance = Stream::new(shared.plan.seed);
    let (mut pause, mut silent) = (FIRST_LOOK, 0);
    while began.elapsed() < shared.plan.caps.outage {
        // Many hosts may wait for one server; half of each pause is left to chance, so that they do not come at once.
        let drawn = pause / 2 + pause.mul_f64(0.5 * chance.bits() as f64 / u64::MAX as f64);
        tokio::select! {
            () = sleep(drawn) => {}
            () = shared.stop.at_least(Urgency::Drain) => return Ok(()),
        }
        pause = (pause * 3 / 2).min(LAST_LOOK);
        backend.server.probing();
        let seen = look(shared, backend, model).await?;
        tracing::debug!("a look at the server: {seen:?}");
        match seen {
            Look::Works => {
                backend.server.release();
                let after = began.elapsed();
                return shared.note_of(backend, Event::OutageEnded { after }).await;
            }
            Look::Away(why) => (reason, silent) = (why, 0),
            Look::Silent => {
                silent += 1;
                if silent >= SILENT_CANARIES {
                    lose(shared, backend, wedged(model));
                    return Ok(());
                }
            }
        }
        backend.server.probe_failed();
    }
    let waited = began.elapsed().as_secs();
    lose(
        shared,
        backend,
        format!("the server did not come back within {waited} s: {reason}"),
    );
    Ok(())
}

async fn look(shared: &Arc<Shared>, backend: &Backend, model: &str) -> Result<Look, RunError> {
    if !backend.model.reachable().await {
        return Ok(Look::Away("it does not answer".to_owned()));
    }
    if let Err(AttemptError::Failed(failure)) = load(shared, backend, model).await? {
        return Ok(Look::Away(words::failure(&failure)));
    }
    let quiet = backend.server.in_flight() == 0;
    Ok(
        match backend.model.canary(model, shared.plan.context_tokens, CANARY).await {
            // Who refuses a question can be asked: the run's own questions will show what is refused.
            Ok(_) | Err(AttemptError::Refused(_)) => Look::Works,
            Err(AttemptError::Failed(failure)) if failure.kind == FailureKind::TimedOut && quiet => Look::Silent,
            Err(AttemptError::Failed(failure)) => Look::Away(words::failure(&failure)),
        },
    )
}

fn wedged(model: &str) -> String {
    format!(
        "the server is wedged: {model} is loaded, nothing of this run is under way, and a single token did not come in \
         {} s\nhint: `ollama stop {model}` frees a slot that leaked; otherwise restart Ollama",
        CANARY.as_secs()
    )
}
