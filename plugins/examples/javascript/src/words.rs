//! What is said of an exception.

use boa_engine::{Context, JsError, JsValue, js_string};

/// The exception's name and what it says. Both are told by the object itself, which may not be an honest one.
pub(crate) fn parts(error: &JsError, context: &mut Context) -> (String, String) {
    // What no program can catch, such as recursion beyond the limit, is no object.
    let Ok(thrown) = error.clone().into_opaque(context) else {
        return ("Error".to_owned(), error.to_string());
    };
    let Some(object) = thrown.as_object() else {
        return ("Error".to_owned(), plainly(&thrown));
    };
    let mut told = |name| match object.get(name, context) {
        Ok(value) => plainly(&value),
        Err(_) => String::new(),
    };
    (told(js_string!("name")), told(js_string!("message")))
}

/// Both as one line.
pub(crate) fn of(error: &JsError, context: &mut Context) -> String {
    match parts(error, context) {
        (name, message) if message.is_empty() => name,
        (name, message) => format!("{name}: {message}"),
    }
}

/// A value in words, without asking it.
fn plainly(value: &JsValue) -> String {
    match value.as_string() {
        Some(text) => text.to_std_string_lossy(),
        None if value.is_object() => "an object".to_owned(),
        None => value.display().to_string(),
    }
}
