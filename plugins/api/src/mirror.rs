//! Between these types and the ones that WIT bindings generate.
//!
//! Bindings are generated twice, for the host by wasmtime and for plugins by wit-bindgen, and both come out with the
//! names of the WIT. So the table of names is written once, here, as macros that each side calls with the module that
//! holds its bindings: [`mirror_suite!`](crate::mirror_suite), [`mirror_measuring!`](crate::mirror_measuring),
//! [`mirror_retry!`](crate::mirror_retry) and [`mirror_identity!`](crate::mirror_identity). A field that one side lacks is a compile error.

use crate::nanos;
use std::time::Duration;

/// The same value as another type of the same shape.
pub trait Mirror<T> {
    /// Converts without loss.
    fn mirror(self) -> T;
}

macro_rules! itself {
    ($($type:ty),*) => { $( impl Mirror<$type> for $type { fn mirror(self) -> $type { self } } )* };
}
itself!((), bool, u8, u16, u32, u64, f64, String);

impl Mirror<u64> for Duration {
    fn mirror(self) -> u64 {
        nanos::count(self)
    }
}

impl Mirror<Duration> for u64 {
    fn mirror(self) -> Duration {
        Duration::from_nanos(self)
    }
}

impl<A: Mirror<B>, B> Mirror<Vec<B>> for Vec<A> {
    fn mirror(self) -> Vec<B> {
        self.into_iter().map(Mirror::mirror).collect()
    }
}

impl<A: Mirror<B>, B> Mirror<Option<B>> for Option<A> {
    fn mirror(self) -> Option<B> {
        self.map(Mirror::mirror)
    }
}

impl<A: Mirror<B>, B, C: Mirror<D>, D> Mirror<(B, D)> for (A, C) {
    fn mirror(self) -> (B, D) {
        (self.0.mirror(), self.1.mirror())
    }
}

impl<A: Mirror<B>, B, E: Mirror<F>, F> Mirror<Result<B, F>> for Result<A, E> {
    fn mirror(self) -> Result<B, F> {
        match self {
            Ok(value) => Ok(value.mirror()),
            Err(error) => Err(error.mirror()),
        }
    }
}

/// Both directions between two structs with the same fields.
#[doc(hidden)]
#[macro_export]
macro_rules! mirror_record {
    ($plain:ty, $bound:ty { $($field:ident),* $(,)? }) => {
        impl $crate::mirror::Mirror<$bound> for $plain {
            fn mirror(self) -> $bound {
                $crate::mirror_record!(@build self $bound { $($field),* })
            }
        }
        impl $crate::mirror::Mirror<$plain> for $bound {
            fn mirror(self) -> $plain {
                $crate::mirror_record!(@build self $plain { $($field),* })
            }
        }
    };
    // With fields that the host has for itself.
    ($plain:ty, $bound:ty { $($field:ident),* $(,)? }, host { $($own:ident),* }) => {
        impl $crate::mirror::Mirror<$bound> for $plain {
            fn mirror(self) -> $bound {
                $crate::mirror_record!(@build self $bound { $($field),* })
            }
        }
        impl $crate::mirror::Mirror<$plain> for $bound {
            fn mirror(self) -> $plain {
                type Target = $plain;
                Target {
                    $($field: $crate::mirror::Mirror::mirror(self.$field),)*
                    $($own: Default::default()),*
                }
            }
        }
    };
    (@build $self:ident $target:ty { $($field:ident),* }) => {{
        type Target = $target;
        Target { $($field: $crate::mirror::Mirror::mirror($self.$field)),* }
    }};
}

/// Both directions between two enums with the same cases.
#[doc(hidden)]
#[macro_export]
macro_rules! mirror_cases {
    ($plain:ty, $bound:ty { $($cases:tt)* }) => {
        $crate::mirror_cases!(@one $plain => $bound { $($cases)* });
        $crate::mirror_cases!(@one $bound => $plain { $($cases)* });
    };
    (@one $source:ty => $target:ty { $($case:ident $(($value:ident))?),* $(,)? }) => {
        impl $crate::mirror::Mirror<$target> for $source {
            fn mirror(self) -> $target {
                type Source = $source;
                type Target = $target;
                match self { $(Source::$case $(($value))? => Target::$case $(($crate::mirror::Mirror::mirror($value)))?),* }
            }
        }
    };
}

/// Mirrors the types of `identity`.
#[macro_export]
macro_rules! mirror_identity {
    ($bindings:ident) => {
        $crate::mirror_record!(
            $crate::identity::PluginInfo,
            $bindings::exports::koderz::plugin::identity::PluginInfo {
                name,
                version,
                summary
            }
        );
    };
}

/// Mirrors the types of `chat`, `execution` and `suite`.
#[macro_export]
macro_rules! mirror_suite {
    ($bindings:ident) => {
        const _: () = {
            use $bindings::exports::koderz::plugin::suite;
            use $bindings::koderz::plugin::{chat, execution};
            use $crate::mirror::Mirror;
            use $crate::{mirror_cases, mirror_record};

            mirror_cases!(
                $crate::chat::Role,
                chat::Role {
                    System,
                    User,
                    Assistant
                }
            );
            mirror_record!($crate::chat::Message, chat::Message { role, content });
    mirror_cases!($crate::chat::Prompt, chat::Prompt { Chat(v), Completion(v) });
    mirror_cases!($crate::chat::Format, chat::Format { Text, JsonValue, JsonSchema(v) });
            mirror_record!(
                $crate::chat::Sampling,
                chat::Sampling {
                    temperature,
                    top_p,
                    max_output_tokens,
                    seed,
                    stop
                }
            );
            impl Mirror<chat::Capture> for $crate::chat::Capture {
                fn mirror(self) -> chat::Capture {
                    let mut flags = chat::Capture::empty();
                    if self.chunk_times {
                        flags |= chat::Capture::CHUNK_TIMES;
                    }
                    if self.raw_body {
                        flags |= chat::Capture::RAW_BODY;
                    }
                    flags
                }
            }
            impl Mirror<$crate::chat::Capture> for chat::Capture {
                fn mirror(self) -> $crate::chat::Capture {
                    $crate::chat::Capture {
                        chunk_times: self.contains(chat::Capture::CHUNK_TIMES),
                        raw_body: self.contains(chat::Capture::RAW_BODY),
                    }
                }
            }
            mirror_record!(
                $crate::chat::Request,
                chat::Request {
                    slot,
                    prompt,
                    format,
                    sampling,
                    capture,
                    extra
                }
            );
            mirror_cases!(
                $crate::chat::StopReason,
                chat::StopReason {
                    Finished,
                    Length,
                    Other
                }
            );
            mirror_record!(
                $crate::chat::Usage,
                chat::Usage {
                    input_tokens,
                    output_tokens
                }
            );
            mirror_record!(
                $crate::chat::ServerTiming,
                chat::ServerTiming {
                    total,
                    load,
                    prompt,
                    generation
                }
            );
            mirror_record!(
                $crate::chat::Timing,
                chat::Timing {
                    lag,
                    total,
                    first_token,
                    first_answer_token,
                    last_token,
                    chunks,
                    server
                },
                host { connect }
            );
            mirror_record!(
                $crate::chat::Reply,
                chat::Reply {
                    text,
                    thinking,
                    stop,
                    usage,
                    timing,
                    attempts,
                    raw
                }
            );
            mirror_cases!(
                $crate::chat::AskErrorKind,
                chat::AskErrorKind {
                    Rejected,
                    RetriesExhausted,
                    Deadline,
                    Malformed
                }
            );
            mirror_record!(
                $crate::chat::AskError,
                chat::AskError {
                    kind,
                    status,
                    message,
                    attempts
                }
            );
            mirror_cases!(
                $crate::chat::Residency,
                chat::Residency {
                    Loaded,
                    Unloaded,
                    Evicted
                }
            );
            mirror_record!($crate::chat::Prepared, chat::Prepared { took, load });

            mirror_record!(
                $crate::execution::Limits,
                execution::Limits {
                    cpu,
                    wall,
                    memory_bytes,
                    output_bytes
                }
            );
            mirror_record!(
                $crate::execution::Program,
                execution::Program {
                    language,
                    subject,
                    judge,
                    entry_points,
                    stdin,
                    limits
                }
            );
            mirror_cases!($crate::execution::Exit, execution::Exit {
                Passed, Failed(v), Crashed(v), CpuLimit, WallLimit, MemoryLimit, OutputLimit
            });
            mirror_record!(
                $crate::execution::Outcome,
                execution::Outcome {
                    exit,
                    stdout,
                    stderr,
                    cpu,
                    wall,
                    memory_bytes
                }
            );
            mirror_cases!(
                $crate::execution::ExecutionErrorKind,
                execution::ExecutionErrorKind {
                    NoEvaluator,
                    BrokenJudge,
                    EvaluatorFailed
                }
            );
            mirror_record!(
                $crate::execution::ExecutionError,
                execution::ExecutionError { kind, message }
            );

            mirror_cases!(
                $crate::suite::Direction,
                suite::Direction {
                    HigherIsBetter,
                    LowerIsBetter,
                    Neutral
                }
            );
            mirror_cases!(
                $crate::suite::Reduction,
                suite::Reduction {
                    Mean,
                    Sum,
                    Minimum,
                    Maximum,
                    Median,
                    P90,
                    P95,
                    P99
                }
            );
            mirror_record!(
                $crate::suite::MetricInfo,
                suite::MetricInfo {
                    name,
                    unit,
                    direction,
                    reductions
                }
            );
            mirror_record!(
                $crate::suite::Arrivals,
                suite::Arrivals {
                    per_second,
                    burstiness
                }
            );
    mirror_cases!($crate::suite::Pacing, suite::Pacing { Shared, Exclusive, Closed(v), Open(v) });
            mirror_record!(
                $crate::suite::Stage,
                suite::Stage {
                    name,
                    pacing,
                    warm_up
                }
            );
            mirror_record!(
                $crate::suite::SuiteInfo,
                suite::SuiteInfo {
                    stages,
                    metrics,
                    samples,
                    languages,
                    slots,
                    context_tokens,
                    task_count
                }
            );
            mirror_record!(
                $crate::suite::Task,
                suite::Task {
                    id,
                    stage,
                    input,
                    labels
                }
            );
            mirror_record!($crate::suite::TaskPage, suite::TaskPage { tasks, next });
            mirror_record!($crate::suite::Trial, suite::Trial { task, sample, seed });
    mirror_cases!($crate::suite::Command, suite::Command { Ask(v), Execute(v), Prepare(v) });
    mirror_cases!($crate::suite::Completion, suite::Completion { Asked(v), Executed(v), Prepared(v) });
    mirror_cases!($crate::suite::Step, suite::Step { Perform(v), Finish(v) });
    mirror_cases!($crate::suite::Grade, suite::Grade { Pass, Fail, Partial(v), Ungraded, Inconclusive });
            mirror_record!($crate::suite::Metric, suite::Metric { name, value });
            mirror_record!(
                $crate::suite::Verdict,
                suite::Verdict {
                    grade,
                    metrics,
                    reason,
                    labels
                }
            );
        };
    };
}

/// Mirrors the types of `summary` and `planner`, where those of `suite` are mirrored already.
#[macro_export]
macro_rules! mirror_measuring {
    ($bindings:ident) => {
        const _: () = {
            use $bindings::exports::koderz::plugin::{planner, summary};
            use $crate::mirror_record;

            mirror_record!(
                $crate::summary::Graded,
                summary::Graded {
                    task_id,
                    stage,
                    sample,
                    labels,
                    began,
                    ended,
                    verdict
                }
            );
            mirror_record!(
                $crate::summary::Figure,
                summary::Figure {
                    name,
                    unit,
                    value,
                    interval,
                    note
                }
            );
            mirror_record!($crate::summary::Plan, planner::Plan { stage, tasks });
        };
    };
}

/// Mirrors the types of `transport` and `retry`.
#[macro_export]
macro_rules! mirror_retry {
    ($bindings:ident) => {
        const _: () = {
            use $bindings::exports::koderz::plugin::retry;
            use $bindings::koderz::plugin::transport;
            use $crate::{mirror_cases, mirror_record};

            mirror_cases!(
                $crate::transport::FailureKind,
                transport::FailureKind {
                    Unreachable,
                    Overloaded,
                    RateLimited,
                    NotReady,
                    Crashed,
                    Interrupted,
                    TimedOut,
                    Malformed
                }
            );
            mirror_cases!(
                $crate::transport::Phase,
                transport::Phase {
                    Connect,
                    Queue,
                    Load,
                    Prefill,
                    Decode
                }
            );
            mirror_record!(
                $crate::transport::Failure,
                transport::Failure {
                    kind,
                    detail,
                    phase,
                    status,
                    retry_after,
                    message
                }
            );
            mirror_cases!(
                $crate::transport::Breaker,
                transport::Breaker {
                    Closed,
                    Open,
                    HalfOpen
                }
            );
            mirror_record!(
                $crate::transport::Traffic,
                transport::Traffic {
                    window,
                    requests,
                    retries,
                    failures
                }
            );
            mirror_record!(
                $crate::transport::Endpoint,
                transport::Endpoint {
                    recent,
                    consecutive_failures,
                    in_flight,
                    limit,
                    breaker,
                    expected_wait,
                    expected_service
                }
            );
            mirror_record!(
                $crate::retry::Attempt,
                retry::Attempt {
                    number,
                    of_kind,
                    failure,
                    endpoint,
                    elapsed,
                    remaining,
                    previous_delay,
                    entropy
                }
            );
    mirror_cases!($crate::retry::Decision, retry::Decision { Retry(v), WaitUntilReady, GiveUp(v) });
        };
    };
}
