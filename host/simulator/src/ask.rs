//! `/api/generate` and `/api/chat`: a question, or a model to load or to unload.

use crate::count::{Outcome, Turn};
use crate::course::Times;
use crate::duration::KeepAlive;
use crate::fault::{Kind, Refused};
use crate::gate::{Pass, Standing};
use crate::library::{Asked, Model, Part};
use crate::line::{Form, Stamp};
use crate::name;
use crate::option::Options;
use crate::pace::Loads;
use crate::play::Play;
use crate::profile::Profile;
use crate::reply::{Said, Tail};
use crate::request::{Endpoint, Request};
use crate::respond::{self, BUSY, CRASHED, NO_LONGER_RUNNING, RATE_LIMIT, Refusal};
use crate::routes::{Client, Read, Shared, read};
use crate::scheduler::{Death, Want, Work};
use crate::script::{End, script};
use crate::speaker::Speaker;
use crate::truth::Account;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode, header};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What a request that waited for no load says that its load took: the least that was recorded, which is never 0.
const WARM: Duration = Duration::from_micros(600);

pub(crate) async fn generate(State(client): State<Client>, body: Read) -> Response<Body> {
    answer(client, Endpoint::Generate, body).await
}

pub(crate) async fn chat(State(client): State<Client>, body: Read) -> Response<Body> {
    answer(client, Endpoint::Chat, body).await
}

async fn answer(client: Client, endpoint: Endpoint, body: Read) -> Response<Body> {
    let bad = |text| (StatusCode::BAD_REQUEST, text);
    match read(body).and_then(|body| Request::read(endpoint, &body).map_err(bad)) {
        Err(refusal) => {
            keep(&client, "", "");
            client.wire.note(|account| account.ends(Outcome::Refused));
            respond::refusal(refusal)
        }
        Ok(request) if request.question.is_empty() => {
            keep(&client, &request.model, "");
            client.shared.gate.flows().await;
            let transferred = match client.shared.gate.turns_away() {
                true => Err((Outcome::RefusedBusy, Refused::Busy.refusal())),
                false => transfer(&client, endpoint, &request).await,
            };
            transferred.unwrap_or_else(|(outcome, refusal)| {
                client.wire.note(|account| account.ends(outcome));
                respond::refusal(refusal)
            })
        }
        Ok(request) => {
            keep(&client, &request.model, request.question.beginning());
            let mut turn = client.shared.ledger.question(client.wire.clone());
            client.shared.gate.flows().await;
            if client.shared.gate.turns_away() {
                turn.settle(Outcome::RefusedBusy);
                return respond::refusal(Refused::Busy.refusal());
            }
            ask(client, endpoint, request, turn).await
        }
    }
}

/// Keeps account of what becomes of a request, if somebody wants to know.
fn keep(client: &Client, model: &str, prompt: &str) {
    if let Some(truth) = &client.shared.truth {
        let account = Account::new(truth.clone(), model, prompt, client.wire.heard());
        client.wire.keep(account);
    }
}

/// Loads a model or unloads it.
async fn transfer(
    client: &Client,
    endpoint: Endpoint,
    request: &Request,
) -> Result<Response<Body>, (Outcome, Refusal)> {
    let shared = &client.shared;
    let refused = |refusal| (Outcome::Refused, refusal);
    let model = model(shared, endpoint, request).map_err(refused)?;
    let done_reason = if request.keep_alive == Some(KeepAlive::For(Duration::ZERO)) {
        shared.gate.unload(&name::key(&model.name));
        shared.ledger.unloaded();
        "unload"
    } else {
        let profile = options(request).map_err(refused)?.profile;
        let mut pass = shared.gate.enter(want(request, &model, profile, Work::Load));
        pass.settled().await.there()?;
        shared.ledger.loaded();
        client.wire.note(|account| account.loads(Instant::now().into_std()));
        "load"
    };
    let tail = Tail {
        done_reason: done_reason.to_owned(),
        ..Tail::default()
    };
    client.wire.note(|account| account.ends(Outcome::Answered));
    let mut object = Vec::new();
    Form::new(endpoint, &request.model).write(&mut object, &Stamp::now(), Said::default(), Some(&tail));
    Ok(respond::whole(object))
}

/// Answers a question once it has its slot.
async fn ask(client: Client, endpoint: Endpoint, request: Request, mut turn: Turn) -> Response<Body> {
    let Client { shared, wire } = client;
    let arrived = Instant::now();
    let prepared = match prepare(&shared, endpoint, &request) {
        Ok(prepared) => prepared,
        Err((outcome, refusal)) => {
            turn.settle(outcome);
            return respond::refusal(refusal);
        }
    };
    let Prepared { model, options, fault } = prepared;
    if let Some(Kind::Instead(refused)) = fault {
        turn.settle(Outcome::Fault);
        return refused.response();
    }
    let want = want(&request, &model, options.profile, Work::Answer);
    before(&shared, &model, &want);
    let mut pass = shared.gate.enter(want);
    turn.waits();
    let load = match admitted(&mut pass).await {
        Ok(load) => load,
        Err((outcome, refusal)) => {
            turn.leave();
            turn.settle(outcome);
            return respond::refusal(refusal);
        }
    };
    turn.starts();
    let began = Instant::now();
    if let Some(speaker) = model.speaker().filter(|_| !load.is_zero()) {
        speaker.forget();
    }
    let asked = Asked {
        question: &request.question,
        seed: request.seed(),
        bound: options.bound,
        thinks: request.think != Some(false),
    };
    let part = shared.library.begins(&model, &asked, fault);
    let Part { reply, fault, course } = part.expect("it had an answer when it came");
    wire.note(|account| {
        let rates = model.speaker().map(Speaker::rates);
        account.begins((arrived + load).into_std(), began.into_std(), rates);
    });
    let fault = match fault {
        None => None,
        Some(Kind::After(tokens, way)) => Some((tokens, way)),
        // Another request for the same question has met the faults before this one in the meantime.
        Some(Kind::Instead(refused)) => {
            drop(pass);
            turn.leave();
            turn.settle(Outcome::Fault);
            return refused.response();
        }
    };
    let loads = match course {
        Some(_) => Loads::Simulated,
        None => shared.loads,
    };
    let times = match course {
        Some(course) => Times::Course(Box::new(course)),
        None => Times::Even(shared.pace.timetable(&reply, loads)),
    };
    let mut script = script(&reply, options.bound, fault);
    if let (End::Done(tail), Loads::Simulated) = (&mut script.end, loads) {
        let slot = began.duration_since(arrived).saturating_sub(load);
        *tail = std::mem::take(tail).waited(load.max(WARM), slot);
    }
    let play = Play {
        form: Form::new(endpoint, &request.model),
        script,
        times,
        arrived,
        began,
        reply,
        wire,
        turn,
        pass: Some(pass),
    };
    if request.stream {
        play.stream().await
    } else {
        play.whole().await
    }
}

/// What others do to a model that answers anything before a question reaches it.
fn before(shared: &Shared, model: &Model, want: &Want) {
    let Some(speaker) = model.speaker() else { return };
    let number = speaker.arrives();
    if speaker.manner.unload.is_some_and(|unload| unload.of(number).is_some()) {
        shared.gate.unload(&want.model);
    }
    if let Some(time) = speaker.manner.others.and_then(|others| others.of(number)) {
        shared.gate.crowd(want, time);
    }
}

/// Waits for a slot; how long it took to have a runner, or how it ended otherwise.
async fn admitted(pass: &mut Pass) -> Result<Duration, (Outcome, Refusal)> {
    let standing = pass.settled().await;
    standing.there()?;
    match standing {
        Standing::Begins(load) => Ok(load),
        _ => unreachable!("a question waits no more once it is settled, and is no load"),
    }
}

impl Standing {
    /// Whether there is a runner, or how it ended otherwise.
    fn there(self) -> Result<(), (Outcome, Refusal)> {
        match self {
            Standing::Waits | Standing::Loaded | Standing::Begins(_) => Ok(()),
            Standing::Refused => Err((Outcome::RefusedBusy, Refused::Busy.refusal())),
            Standing::Died(death) => {
                let text = match death {
                    Death::Waiting => NO_LONGER_RUNNING,
                    Death::Answering => CRASHED,
                };
                Err((Outcome::Died, (StatusCode::INTERNAL_SERVER_ERROR, text.to_owned())))
            }
        }
    }
}

/// What a good question comes with.
struct Prepared {
    model: Arc<Model>,
    options: Options,
    fault: Option<Kind>,
}

/// Looks at a question in the order in which Ollama does, which decides which of two errors a client is told.
fn prepare(shared: &Shared, endpoint: Endpoint, request: &Request) -> Result<Prepared, (Outcome, Refusal)> {
    let refused = |refusal| (Outcome::Refused, refusal);
    let model = model(shared, endpoint, request).map_err(refused)?;
    let options = options(request).map_err(refused)?;
    if let Some(format) = &request.bad_format {
        let format = format.to_string();
        let text = format!("invalid format: {format:?}; expected \"json\" or a valid JSON Schema object");
        return Err(refused((StatusCode::INTERNAL_SERVER_ERROR, text)));
    }
    match shared.library.arrives(&model, &request.question, request.seed()) {
        None => Err(refused((
            StatusCode::BAD_REQUEST,
            unanswered(&model, endpoint, &request.model),
        ))),
        Some(fault) => Ok(Prepared { model, options, fault }),
    }
}

/// That a model has no answer to a question. One that has none of its kind is, to a client, one that cannot do it.
fn unanswered(model: &Model, endpoint: Endpoint, name: &str) -> String {
    match endpoint {
        Endpoint::Chat if !model.takes_chat => {
            format!("{name:?} does not support chat: only bare prompts were recorded for it")
        }
        Endpoint::Generate if !model.takes_prompts => {
            format!("{name:?} does not support generate: only conversations were recorded for it")
        }
        Endpoint::Chat | Endpoint::Generate => format!("the cassette of model '{name}' has no answer to this question"),
    }
}

impl Refused {
    fn refusal(self) -> Refusal {
        match self {
            Refused::Busy => (StatusCode::SERVICE_UNAVAILABLE, BUSY.to_owned()),
            Refused::RateLimit(_) => (StatusCode::TOO_MANY_REQUESTS, RATE_LIMIT.to_owned()),
        }
    }

    fn response(self) -> Response<Body> {
        let mut response = respond::refusal(self.refusal());
        if let Refused::RateLimit(seconds @ 1..) = self {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// The model that is asked, if there is one and it can do what is asked of it.
fn model(shared: &Shared, endpoint: Endpoint, request: &Request) -> Result<Arc<Model>, Refusal> {
    let name = &request.model;
    if name.is_empty() && endpoint == Endpoint::Chat {
        return Err((StatusCode::BAD_REQUEST, "model is required".to_owned()));
    }
    if !name.is_empty() && !name::is_valid(name) {
        return Err((StatusCode::BAD_REQUEST, "invalid model name".to_owned()));
    }
    let Some(model) = shared.library.model(name) else {
        return Err((StatusCode::NOT_FOUND, format!("model '{name}' not found")));
    };
    if request.tools {
        let key = name::key(name);
        let owner = if key.contains('/') { "" } else { "library/" };
        let text = format!("registry.ollama.ai/{owner}{key} does not support tools");
        return Err((StatusCode::BAD_REQUEST, text));
    }
    if request.think == Some(true) && !model.thinks {
        let text = format!("{name:?} does not support thinking");
        return Err((StatusCode::BAD_REQUEST, text));
    }
    Ok(model)
}

fn options(request: &Request) -> Result<Options, Refusal> {
    // One of the client's own mistakes for which Ollama blames itself.
    Options::read(&request.options).map_err(|text| (StatusCode::INTERNAL_SERVER_ERROR, text))
}

fn want(request: &Request, model: &Model, profile: Profile, work: Work) -> Want {
    Want {
        model: name::key(&model.name),
        profile: Profile {
            shift: request.shift,
            ..profile
        },
        keep_alive: request.keep_alive,
        work,
    }
}
