//! The trusted side: runs a check that reaches what it checks only through calls that carry plain values.

use crate::{encoding, words};
use boa_engine::property::PropertyKey;
use boa_engine::{
    Context, JsError, JsNativeError, JsObject, JsResult, JsString, JsValue, NativeFunction, Script, Source, js_string,
};
use koderz_plugin::{Objection, Subject};
use serde_json::Value;
use std::cell::RefCell;
use std::rc::Rc;

/// What a check finds beside the functions that it may call.
const PRELUDE: &str = include_str!("judge.js");

thread_local! {
    /// Functions of the interpreter hold nothing but values of its own, so this stands outside of it.
    static SUBJECT: RefCell<Option<Rc<dyn Subject>>> = const { RefCell::new(None) };
    /// What is wrong with a reply that no encoder writes. It stands even where the check lets every exception pass.
    static UNREADABLE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs a check.
///
/// # Errors
/// Why it does not accept, or cannot be run.
pub(crate) fn judge(
    context: &mut Context,
    source: &str,
    entry_points: &[String],
    subject: Rc<dyn Subject>,
) -> Result<(), Objection> {
    SUBJECT.set(Some(subject));
    prepare(context, entry_points).map_err(|error| Objection::Broken(words::of(&error, context)))?;
    let script = Script::parse(Source::from_bytes(source), None, context)
        .map_err(|error| Objection::Broken(words::of(&error, context)))?;
    let judged = script.evaluate(context).and_then(|_| context.run_jobs());
    match (UNREADABLE.take(), judged) {
        (Some(why), _) => Err(Objection::Failed(why)),
        (None, Err(error)) => Err(Objection::Failed(words::of(&error, context))),
        (None, Ok(())) => Ok(()),
    }
}

fn prepare(context: &mut Context, entry_points: &[String]) -> JsResult<()> {
    context.eval(Source::from_bytes(PRELUDE))?;
    for name in entry_points {
        let name = JsString::from(name.as_str());
        let proxy = NativeFunction::from_copy_closure_with_captures(
            |_this, arguments, name: &JsString, context| call(name, arguments, context),
            name.clone(),
        );
        context.register_global_callable(name, 0, proxy)?;
    }
    Ok(())
}

/// A call of the subject. Arguments that it changed are changed here too.
fn call(name: &JsString, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let sent = encoding::encode_all(arguments, context)?.to_string();
    let subject = SUBJECT.with_borrow(Option::clone).expect("a check is run");
    let answered = subject.call(&name.to_std_string_lossy(), &sent);
    read(answered, arguments, context).unwrap_or_else(|why| {
        let why = format!("the answer's reply cannot be read: {why}");
        UNREADABLE.set(Some(why.clone()));
        Err(encoding::complaint(why))
    })
}

/// What a reply says: a value or an exception. The outer error is what is wrong with the reply itself.
fn read(
    answered: Result<String, String>,
    arguments: &[JsValue],
    context: &mut Context,
) -> Result<JsResult<JsValue>, String> {
    let parse = |text: &str| serde_json::from_str::<Value>(text).map_err(|error| error.to_string());
    let in_words = |error: JsError| error.to_string();
    match answered {
        Ok(text) => {
            let reply = parse(&text)?;
            let value = encoding::decode(&reply["value"], context).map_err(in_words)?;
            if let Some(left) = reply.get("arguments") {
                let left = encoding::decode_all(left, context).map_err(in_words)?;
                for (argument, left) in arguments.iter().zip(left) {
                    carry_back(argument, &left, context).map_err(in_words)?;
                }
            }
            Ok(Ok(value))
        }
        Err(text) => {
            let told = parse(&text)?;
            let (Some(name), Some(message)) = (told["name"].as_str(), told["message"].as_str()) else {
                return Err("an exception without a name or a message".to_owned());
            };
            Ok(Err(exception(name, message, context)))
        }
    }
}

/// The exception as one of the language's own kinds, so that a check can expect it.
fn exception(name: &str, message: &str, context: &mut Context) -> JsError {
    let error = match name {
        "EvalError" => JsNativeError::eval(),
        "RangeError" => JsNativeError::range(),
        "ReferenceError" => JsNativeError::reference(),
        "SyntaxError" => JsNativeError::syntax(),
        "TypeError" => JsNativeError::typ(),
        "URIError" => JsNativeError::uri(),
        _ => JsNativeError::error(),
    };
    let object = error.with_message(message.to_owned()).into_opaque(context);
    // One of the program's own keeps the name that it has there.
    let _ = object.set(js_string!("name"), JsString::from(name), false, context);
    JsError::from_opaque(object.into())
}

/// Makes an argument hold what the call left in it.
fn carry_back(argument: &JsValue, left: &JsValue, context: &mut Context) -> JsResult<()> {
    let (Some(argument), Some(left)) = (argument.as_object(), left.as_object()) else {
        return Ok(());
    };
    let (old, new) = (names(&argument, context)?, names(&left, context)?);
    for name in old {
        argument.delete_property_or_throw(name, context)?;
    }
    if argument.is_array() {
        argument.set(js_string!("length"), 0, true, context)?;
    }
    for name in new {
        let held = left.get(name.clone(), context)?;
        argument.set(name, held, true, context)?;
    }
    Ok(())
}

/// The names of what an array or a plain object holds, but for an array's length.
fn names(object: &JsObject, context: &mut Context) -> JsResult<Vec<PropertyKey>> {
    let mut names = object.own_property_keys(context)?;
    names.retain(|name| !object.is_array() || *name != PropertyKey::from(js_string!("length")));
    Ok(names)
}
