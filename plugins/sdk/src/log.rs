//! Lines for the host's log. The host adds which plugin, task and call they came from.

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For following every step.
    Trace,
    /// For finding a fault.
    Debug,
    /// Worth knowing.
    Info,
    /// Something is not as it should be.
    Warn,
    /// Something failed.
    Error,
}

/// Writes one line. It never blocks and never fails; outside of a host it goes to standard error.
pub fn write(level: Level, message: &str) {
    #[cfg(target_arch = "wasm32")]
    crate::wasm::write_log(level, message);
    #[cfg(all(feature = "native", not(target_arch = "wasm32")))]
    crate::native::glue::log(level, message);
    #[cfg(all(not(feature = "native"), not(target_arch = "wasm32")))]
    eprintln!("{level:?}: {message}");
}
