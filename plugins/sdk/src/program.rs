//! The standard streams of a program that an evaluator runs.

/// Where a program writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

/// Writes what a program writes. What is beyond the program's limit ends it. Outside of a host it goes to this process's own
/// streams.
///
/// # Errors
/// If it may not write more. The program should be ended then; the host takes it for that in any case.
pub fn write(stream: Stream, bytes: &[u8]) -> Result<(), String> {
    #[cfg(target_arch = "wasm32")]
    return crate::wasm::evaluator::write(stream, bytes);
    #[cfg(all(not(target_arch = "wasm32"), feature = "native"))]
    if crate::native::glue::is_called() {
        return crate::native::glue::program_write(stream, bytes);
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        use std::io::Write;
        let written = match stream {
            Stream::Output => std::io::stdout().write_all(bytes),
            Stream::Error => std::io::stderr().write_all(bytes),
        };
        written.map_err(|error| error.to_string())
    }
}

/// Standard input of the program, to its end.
pub fn input() -> Vec<u8> {
    #[cfg(target_arch = "wasm32")]
    return crate::wasm::evaluator::input();
    #[cfg(all(not(target_arch = "wasm32"), feature = "native"))]
    return crate::native::glue::program_input();
    #[cfg(all(not(target_arch = "wasm32"), not(feature = "native")))]
    Vec::new()
}
