//! `/api/generate` and `/api/chat`: a question, or a model to load or to unload.

use crate::count::{Outcome, Turn};
use crate::duration::KeepAlive;
use crate::fault::{Kind, Refused};
use crate::library::Model;
use crate::line::{Form, Stamp};
use crate::name;
use crate::option::Options;
use crate::play::Play;
use crate::reply::{Reply, Said, Tail};
use crate::request::{Endpoint, Request};
use crate::residency::Wish;
use crate::respond::{self, BUSY, RATE_LIMIT, Refusal};
use crate::routes::{Client, Read, Shared, read};
use crate::script::script;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

pub(crate) async fn generate(State(client): State<Client>, body: Read) -> Response<Body> {
    answer(client, Endpoint::Generate, body).await
}

pub(crate) async fn chat(State(client): State<Client>, body: Read) -> Response<Body> {
    answer(client, Endpoint::Chat, body).await
}

async fn answer(client: Client, endpoint: Endpoint, body: Read) -> Response<Body> {
    let bad = |text| (StatusCode::BAD_REQUEST, text);
    match read(body).and_then(|body| Request::read(endpoint, &body).map_err(bad)) {
        Err(refusal) => respond::refusal(refusal),
        Ok(request) if request.question.is_empty() => {
            transfer(&client.shared, endpoint, &request).unwrap_or_else(respond::refusal)
        }
        Ok(request) => {
            let turn = client.shared.ledger.question();
            ask(client, endpoint, request, turn).await
        }
    }
}

/// Loads a model or unloads it.
fn transfer(shared: &Shared, endpoint: Endpoint, request: &Request) -> Result<Response<Body>, Refusal> {
    let model = model(shared, endpoint, request)?;
    let key = name::key(&model.name);
    let done_reason = if request.keep_alive == Some(KeepAlive::For(Duration::ZERO)) {
        shared.residency.unload(&key);
        shared.ledger.unloaded();
        "unload"
    } else {
        let options = options(request)?;
        drop(shared.residency.enter(&key, wish(request, options)));
        shared.ledger.loaded();
        "load"
    };
    let tail = Tail {
        done_reason: done_reason.to_owned(),
        ..Tail::default()
    };
    let mut object = Vec::new();
    Form::new(endpoint, &request.model).write(&mut object, &Stamp::now(), Said::default(), Some(&tail));
    Ok(respond::whole(object))
}

/// Answers a question once it has its slot.
async fn ask(client: Client, endpoint: Endpoint, request: Request, mut turn: Turn) -> Response<Body> {
    let Client { shared, wire } = client;
    let prepared = match prepare(&shared, endpoint, &request) {
        Ok(prepared) => prepared,
        Err(refusal) => {
            turn.settle(Outcome::Refused);
            return respond::refusal(refusal);
        }
    };
    let fault = match prepared.fault {
        None => None,
        Some(Kind::After(tokens, way)) => Some((tokens, way)),
        Some(Kind::Instead(refused)) => {
            turn.settle(Outcome::Fault);
            return match refused {
                Refused::Busy => respond::error(StatusCode::SERVICE_UNAVAILABLE, BUSY),
                Refused::RateLimit => respond::error(StatusCode::TOO_MANY_REQUESTS, RATE_LIMIT),
            };
        }
    };
    let Prepared {
        model, options, reply, ..
    } = prepared;
    let stay = shared.residency.enter(&name::key(&model.name), wish(&request, options));
    turn.waits();
    let slot = Arc::clone(&model.slots).acquire_owned().await.expect("never closed");
    turn.starts();
    let play = Play {
        form: Form::new(endpoint, &request.model),
        script: script(&reply, options.bound, fault),
        timetable: shared.pace.timetable(&reply),
        began: Instant::now(),
        reply,
        wire,
        turn,
        held: Some((slot, stay)),
    };
    if request.stream {
        play.stream().await
    } else {
        play.whole().await
    }
}

/// What a good question gets.
struct Prepared<'a> {
    model: &'a Model,
    options: Options,
    reply: Arc<Reply>,
    fault: Option<Kind>,
}

/// Looks at a question in the order in which Ollama does, which decides which of two errors a client is told.
fn prepare<'a>(shared: &'a Shared, endpoint: Endpoint, request: &Request) -> Result<Prepared<'a>, Refusal> {
    let model = model(shared, endpoint, request)?;
    let options = options(request)?;
    if let Some(format) = &request.bad_format {
        let format = format.to_string();
        let text = format!("invalid format: {format:?}; expected \"json\" or a valid JSON Schema object");
        return Err((StatusCode::INTERNAL_SERVER_ERROR, text));
    }
    let Some((reply, fault)) = model.next(&request.question, &shared.faults) else {
        let text = format!(
            "the cassette of model '{}' has no answer to this question",
            request.model
        );
        return Err((StatusCode::BAD_REQUEST, text));
    };
    Ok(Prepared {
        model,
        options,
        reply,
        fault,
    })
}

/// The model that is asked, if there is one and it can do what is asked of it.
fn model<'a>(shared: &'a Shared, endpoint: Endpoint, request: &Request) -> Result<&'a Model, Refusal> {
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
    if request.think && !model.thinks {
        let text = format!("{name:?} does not support thinking");
        return Err((StatusCode::BAD_REQUEST, text));
    }
    Ok(model)
}

fn options(request: &Request) -> Result<Options, Refusal> {
    // One of the client's own mistakes for which Ollama blames itself.
    Options::read(&request.options).map_err(|text| (StatusCode::INTERNAL_SERVER_ERROR, text))
}

fn wish(request: &Request, options: Options) -> Wish {
    Wish {
        keep_alive: request.keep_alive,
        context: options.context,
    }
}
