//! What a program finds beside the language: `print`, `console.log` and `readInput`, a clock that stands still, and chance
//! that is the same in every run.

use boa_engine::context::time::FixedClock;
use boa_engine::context::{Clock, HostHooks};
use boa_engine::module::IdleModuleLoader;
use boa_engine::object::ObjectInitializer;
use boa_engine::property::Attribute;
use boa_engine::{Context, JsNativeError, JsResult, JsString, JsValue, NativeFunction, js_string};
use koderz_plugin::program::{self, Stream};
use std::cell::Cell;
use std::rc::Rc;

/// When every program begins, and ends: 1 January 2026, 00:00 UTC, in milliseconds.
const NOW: u64 = 1_767_225_600_000;

/// Calls within each other before a program is taken to recurse without an end.
const DEEPEST: usize = 10_000;

/// Values on the interpreter's own stack, enough for that many calls.
const STACK: usize = 1 << 20;

/// The longest `ArrayBuffer`, in bytes: a program that needs more is beyond any limit of memory anyway.
const LONGEST_BUFFER: u64 = 1 << 30;

/// The machine's zone is not asked for, since it has none.
struct Nowhere;

impl HostHooks for Nowhere {
    fn local_timezone_offset_seconds(&self, _unix_time_seconds: i64) -> i32 {
        0
    }

    fn max_buffer_size(&self, _context: &mut Context) -> u64 {
        LONGEST_BUFFER
    }
}

/// A new interpreter in this world.
pub(crate) fn context() -> Context {
    let clock: Rc<FixedClock> = Rc::new(FixedClock::from_millis(NOW));
    debug_assert_eq!(clock.now().millis_since_epoch(), NOW);
    let mut context = Context::builder()
        .clock(clock)
        .host_hooks(Rc::new(Nowhere))
        .module_loader(Rc::new(IdleModuleLoader))
        .build()
        .expect("nothing of the builder can be missing");
    let limits = context.runtime_limits_mut();
    limits.set_recursion_limit(DEEPEST);
    limits.set_stack_size_limit(STACK);
    fill(&mut context).expect("a new global object takes new properties");
    context
}

fn fill(context: &mut Context) -> JsResult<()> {
    let print = NativeFunction::from_fn_ptr(print);
    context.register_global_callable(js_string!("print"), 1, print.clone())?;
    context.register_global_callable(js_string!("readInput"), 0, NativeFunction::from_fn_ptr(read_input))?;
    let console = ObjectInitializer::new(context)
        .function(print, js_string!("log"), 1)
        .build();
    context.register_global_property(js_string!("console"), console, Attribute::all())?;
    let math = context.global_object().get(js_string!("Math"), context)?;
    let random = NativeFunction::from_fn_ptr(random).to_js_function(context.realm());
    if let Some(math) = math.as_object() {
        math.set(js_string!("random"), random, true, context)?;
    }
    Ok(())
}

fn print(_this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let words: JsResult<Vec<String>> = arguments
        .iter()
        .map(|value| Ok(value.to_string(context)?.to_std_string_lossy()))
        .collect();
    let line = words?.join(" ") + "\n";
    program::write(Stream::Output, line.as_bytes()).map_err(|why| JsNativeError::error().with_message(why))?;
    Ok(JsValue::undefined())
}

fn read_input(_this: &JsValue, _arguments: &[JsValue], _context: &mut Context) -> JsResult<JsValue> {
    let input = program::input();
    Ok(JsString::from(String::from_utf8_lossy(&input).as_ref()).into())
}

/// Marsaglia's xorshift64: a component has no source of chance, and a program's run should be the same each time.
fn random(_this: &JsValue, _arguments: &[JsValue], _context: &mut Context) -> JsResult<JsValue> {
    thread_local! {
        static STATE: Cell<u64> = const { Cell::new(0x9e37_79b9_7f4a_7c15) };
    }
    let mut state = STATE.get();
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    STATE.set(state);
    // The upper 53 bits, as many as a number holds.
    Ok(JsValue::from((state >> 11) as f64 / (1_u64 << 53) as f64))
}
