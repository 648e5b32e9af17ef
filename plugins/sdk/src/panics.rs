//! What a panic says goes to the host: neither a trap nor a status of a shared library has words.

use std::sync::Once;

/// Tells of every panic from here on, in one line. Only the first call counts.
pub(crate) fn report(tell: fn(String)) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        std::panic::set_hook(Box::new(move |panic| {
            // What was said comes first: a table shows the beginning of a line.
            let said = panic.payload_as_str().unwrap_or("no message");
            let place = panic
                .location()
                .map(|place| format!(" ({}:{})", place.file(), place.line()));
            tell(format!("panic: {said}{}", place.unwrap_or_default()));
        }));
    });
}
