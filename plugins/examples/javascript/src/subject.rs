//! The untrusted side: runs what a model wrote, and answers a judge's calls of it.

use crate::{encoding, words};
use boa_engine::{Context, JsError, JsResult, JsValue, Source};
use serde_json::{Value, json};

/// Runs a source and whatever it leaves to be done later.
///
/// # Errors
/// The exception that ended it.
pub(crate) fn load(context: &mut Context, source: &str) -> Result<(), String> {
    execute(context, source).map_err(|error| words::of(&error, context))
}

fn execute(context: &mut Context, source: &str) -> JsResult<()> {
    context.eval(Source::from_bytes(source))?;
    context.run_jobs()
}

/// Calls a function with encoded arguments: its encoded value, and the arguments if the call changed them. The error is
/// the exception's name and message.
///
/// # Errors
/// The exception.
pub(crate) fn call(context: &mut Context, entry_point: &str, input: &str) -> Result<String, String> {
    try_call(context, entry_point, input).map_err(|error| {
        let (name, message) = words::parts(&error, context);
        json!({"name": name, "message": message}).to_string()
    })
}

fn try_call(context: &mut Context, entry_point: &str, input: &str) -> JsResult<String> {
    let sent: Value = serde_json::from_str(input).map_err(JsError::from_rust)?;
    let arguments = encoding::decode_all(&sent, context)?;
    // By its name in the program's own scope: `const f = …` is no property of the global object.
    let function = context.eval(Source::from_bytes(entry_point))?;
    let Some(function) = function.as_callable() else {
        return Err(encoding::complaint(format!("{entry_point} is not a function")));
    };
    let value = function.call(&JsValue::undefined(), &arguments, context)?;
    context.run_jobs()?;
    let value = encoding::encode(&value, context)?;
    let left = encoding::encode_all(&arguments, context)?;
    let answer = if left == sent {
        json!({ "value": value })
    } else {
        json!({ "value": value, "arguments": left })
    };
    Ok(answer.to_string())
}
