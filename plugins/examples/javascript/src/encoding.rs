//! What crosses between a judge and its subject: plain values, each as JSON that says what it is.
//!
//! | JavaScript | JSON |
//! |---|---|
//! | `null`, `true`, `false`, a number, a string | the same |
//! | `-0`, `NaN`, `Infinity`, `-Infinity` | `{"n": "-0"}` and so on |
//! | a string that is not well-formed | `{"w": [code units]}` |
//! | `undefined` | `{"u": 0}` |
//! | a bigint | `{"i": "123"}` |
//! | an array | an array |
//! | a plain object | `{"o": [[name, value], …]}` |
//! | anything else | `{"x": 0}`: a new symbol, which is equal to nothing |

use boa_engine::object::builtins::JsArray;
use boa_engine::property::{PropertyDescriptor, PropertyKey};
use boa_engine::{
    Context, JsBigInt, JsError, JsNativeError, JsObject, JsResult, JsString, JsSymbol, JsValue, js_string,
};
use serde_json::{Number, Value, json};

/// Containers within each other: serde_json reads 128 levels, and an object is three. What holds itself ends here too.
const DEEPEST: usize = 40;

/// Values that cross at once.
const MOST: usize = 1_000_000;

/// An exception of this evaluator's own.
pub(crate) fn complaint(why: impl Into<String>) -> JsError {
    JsNativeError::typ().with_message(why.into()).into()
}

/// A value as JSON.
///
/// # Errors
/// If it is too large or too deep, or what a getter of it threw.
pub(crate) fn encode(value: &JsValue, context: &mut Context) -> JsResult<Value> {
    Encoder { left: MOST, context }.value(value, 0)
}

/// A call's arguments as JSON.
///
/// # Errors
/// As of [`encode`].
pub(crate) fn encode_all(values: &[JsValue], context: &mut Context) -> JsResult<Value> {
    let mut encoder = Encoder { left: MOST, context };
    values.iter().map(|value| encoder.value(value, 0)).collect()
}

struct Encoder<'a> {
    /// Values that may still follow.
    left: usize,
    context: &'a mut Context,
}

impl Encoder<'_> {
    fn value(&mut self, value: &JsValue, depth: usize) -> JsResult<Value> {
        self.left = match self.left.checked_sub(1) {
            Some(left) if depth < DEEPEST => left,
            _ => return Err(complaint("the value is too large, nested too deep, or holds itself")),
        };
        if let Some(number) = value.as_number() {
            return Ok(self::number(number));
        }
        if let Some(text) = value.as_string() {
            return Ok(self::text(&text));
        }
        if let Some(number) = value.as_bigint() {
            return Ok(json!({ "i": number.to_string() }));
        }
        match (value.as_boolean(), value.as_object()) {
            (Some(truth), _) => Ok(json!(truth)),
            (None, Some(object)) => self.object(&object, depth),
            (None, None) if value.is_null() => Ok(Value::Null),
            (None, None) if value.is_undefined() => Ok(json!({"u": 0})),
            (None, None) => Ok(json!({"x": 0})),
        }
    }

    fn object(&mut self, object: &JsObject, depth: usize) -> JsResult<Value> {
        if object.is_array() {
            let length = object
                .get(js_string!("length"), self.context)?
                .to_length(self.context)?;
            if length > self.left as u64 {
                return Err(complaint("the value is too large"));
            }
            let mut held = Vec::new();
            for index in 0..length {
                let value = object.get(index, self.context)?;
                held.push(self.value(&value, depth + 1)?);
            }
            return Ok(held.into());
        }
        let plain = self.context.intrinsics().constructors().object().prototype();
        let is_plain = object.prototype().is_none_or(|prototype| prototype == plain);
        if !is_plain || object.is_callable() {
            return Ok(json!({"x": 0}));
        }
        let mut held = Vec::new();
        for name in object.own_property_keys(self.context)? {
            if matches!(name, PropertyKey::Symbol(_)) {
                continue;
            }
            let value = object.get(name.clone(), self.context)?;
            let name = JsValue::from(name).to_string(self.context)?;
            held.push(json!([text(&name), self.value(&value, depth + 1)?]));
        }
        Ok(json!({ "o": held }))
    }
}

fn number(number: f64) -> Value {
    if number == 0.0 && number.is_sign_negative() {
        return json!({"n": "-0"});
    }
    match Number::from_f64(number) {
        Some(number) => number.into(),
        None if number.is_nan() => json!({"n": "NaN"}),
        None if number > 0.0 => json!({"n": "Infinity"}),
        None => json!({"n": "-Infinity"}),
    }
}

fn text(text: &JsString) -> Value {
    match text.to_std_string() {
        Ok(text) => text.into(),
        Err(_) => json!({ "w": text.to_vec() }),
    }
}

/// The value of such JSON.
///
/// # Errors
/// If [`encode`] does not write it.
pub(crate) fn decode(told: &Value, context: &mut Context) -> JsResult<JsValue> {
    Ok(match told {
        Value::Null => JsValue::null(),
        Value::Bool(truth) => (*truth).into(),
        Value::Number(number) => number.as_f64().ok_or_else(|| unknown(told))?.into(),
        Value::String(text) => JsString::from(text.as_str()).into(),
        Value::Array(_) => JsArray::from_iter(decode_all(told, context)?, context).into(),
        Value::Object(tagged) => {
            let (tag, held) = tagged.iter().next().ok_or_else(|| unknown(told))?;
            match (tag.as_str(), held) {
                ("n", Value::String(name)) => name.parse::<f64>().map_err(|_| unknown(told))?.into(),
                ("w", _) => decode_text(held)?.into(),
                ("u", _) => JsValue::undefined(),
                ("i", Value::String(digits)) => JsBigInt::from_string(digits).ok_or_else(|| unknown(told))?.into(),
                ("o", Value::Array(pairs)) => decode_object(pairs, context)?.into(),
                ("x", _) => JsSymbol::new(Some(js_string!("not a plain value")))
                    .ok_or_else(|| unknown(told))?
                    .into(),
                _ => return Err(unknown(told)),
            }
        }
    })
}

/// The values of a list of such JSON.
///
/// # Errors
/// As of [`decode`].
pub(crate) fn decode_all(told: &Value, context: &mut Context) -> JsResult<Vec<JsValue>> {
    let told = told.as_array().ok_or_else(|| unknown(told))?;
    told.iter().map(|value| decode(value, context)).collect()
}

fn decode_object(pairs: &[Value], context: &mut Context) -> JsResult<JsObject> {
    let object = JsObject::with_object_proto(context.intrinsics());
    for pair in pairs {
        let [name, value] = pair.as_array().map_or(&[][..], Vec::as_slice) else {
            return Err(unknown(pair));
        };
        let value = decode(value, context)?;
        // Defined and not set: `__proto__` is a name like any other here.
        let property = PropertyDescriptor::builder()
            .value(value)
            .writable(true)
            .enumerable(true)
            .configurable(true);
        object.define_property_or_throw(PropertyKey::from(decode_text(name)?), property, context)?;
    }
    Ok(object)
}

fn decode_text(told: &Value) -> JsResult<JsString> {
    match told {
        Value::String(text) => Ok(JsString::from(text.as_str())),
        Value::Object(tagged) => decode_text(tagged.get("w").ok_or_else(|| unknown(told))?),
        Value::Array(units) => {
            let unit = |unit: &Value| unit.as_u64().and_then(|unit| u16::try_from(unit).ok());
            let units: Option<Vec<u16>> = units.iter().map(unit).collect();
            Ok(JsString::from(units.ok_or_else(|| unknown(told))?.as_slice()))
        }
        _ => Err(unknown(told)),
    }
}

fn unknown(told: &Value) -> JsError {
    let told: String = told.to_string().chars().take(100).collect();
    complaint(format!("{told} is no encoded value"))
}
