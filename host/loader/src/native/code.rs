//! Calls into a library, and what comes back across the border.

#![expect(unsafe_code, reason = "machine code is loaded and called, which nothing can check")]

use super::host::{Caller, HOST};
use crate::error::with_causes;
use koderz_api::native::{ABI, Bytes, Entry, Plugin, SYMBOL, status};
use libloading::Library;
use std::ffi::c_void;
use std::path::Path;
use std::{ptr, slice};

/// The longest answer that is taken, in bytes. Pages of tasks are the longest.
const LONGEST: usize = 256 << 20;

/// Characters of an error that are kept.
const WORDS: usize = 4096;

/// The functions of a library that is never unloaded.
#[derive(Clone, Copy)]
pub(super) struct Code {
    call: CallFunction,
    free: unsafe extern "C" fn(Bytes),
}

type CallFunction = unsafe extern "C" fn(*mut c_void, u64, u32, *const u8, usize, *mut Bytes) -> u32;

/// A call.
pub(super) struct Call<'a> {
    pub(super) handle: u64,
    pub(super) operation: u32,
    pub(super) input: &'a [u8],
}

/// Why a call has no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The contract's error.
    Refused(String),
    /// The call itself failed.
    Failed(String),
}

impl Failure {
    pub(super) fn into_words(self) -> String {
        match self {
            Failure::Refused(words) | Failure::Failed(words) => words,
        }
    }

    /// Whether the call did not come back with what the contract has for it.
    pub(super) fn is_loss(&self) -> bool {
        matches!(self, Failure::Failed(_))
    }
}

impl Code {
    /// Loads a library and makes the two sides known to each other.
    pub(super) fn load(path: &Path) -> Result<Self, String> {
        // SAFETY: what its initialisers do cannot be known. The user has allowed this very file.
        let library = unsafe { Library::new(path) }.map_err(|error| with_causes(&error))?;
        let plugin = {
            // SAFETY: the symbol's name carries the version of its type.
            let entry = unsafe { library.get::<Entry>(SYMBOL) };
            let entry = entry.map_err(|_| format!("it has no symbol `{SYMBOL}`, which every native plugin has"))?;
            // SAFETY: the structure lives as long as the process.
            unsafe { entry(&raw const HOST) }
        };
        // It may have started threads or handed out addresses of its own by now.
        std::mem::forget(library);
        if plugin.is_null() {
            return Err("it does not want to work with this host".to_owned());
        }
        // SAFETY: the library promises that it leads to a structure that says its size, which lives as long as it does.
        unsafe { Code::of(plugin) }
    }

    /// The functions of a plugin's side, if it is one.
    ///
    /// # Safety
    /// The pointer leads to two `u32`s, and to as many bytes as the first of them says.
    unsafe fn of(plugin: *const Plugin) -> Result<Self, String> {
        // SAFETY: these are there in every version. It is no reference yet, because the rest may not be there.
        let (size, abi) = unsafe { ((*plugin).size, (*plugin).abi) };
        if abi != ABI {
            return Err(format!(
                "it is made for version {abi} of the native interface, and this host speaks {ABI}"
            ));
        }
        if usize::try_from(size).is_ok_and(|size| size < size_of::<Plugin>()) {
            return Err(format!("its structure has {size} bytes, which are too few"));
        }
        // SAFETY: all of it is there.
        let plugin = unsafe { &*plugin };
        match (plugin.call, plugin.free) {
            (Some(call), Some(free)) => Ok(Code { call, free }),
            _ => Err("its structure lacks a function".to_owned()),
        }
    }

    /// Calls, and takes what is answered.
    pub(super) fn call(&self, caller: &Caller<'_>, call: &Call<'_>) -> Result<Vec<u8>, Failure> {
        let mut answer = Bytes {
            data: ptr::null_mut(),
            length: 0,
        };
        let context = ptr::from_ref(caller).cast_mut().cast();
        // SAFETY: the library promises to be a plugin of this interface. The context and the input live as long as the
        // call, and it uses them no longer.
        let status = unsafe {
            (self.call)(
                context,
                call.handle,
                call.operation,
                call.input.as_ptr(),
                call.input.len(),
                &raw mut answer,
            )
        };
        let taken = take(&answer);
        // SAFETY: it is what the library answered, and is given back once.
        unsafe { (self.free)(answer) };
        told(status, taken?, call.operation)
    }
}

/// A copy of an answer's bytes.
fn take(answer: &Bytes) -> Result<Vec<u8>, Failure> {
    match (answer.data.is_null(), answer.length) {
        (_, 0) => Ok(Vec::new()),
        (true, length) => Err(Failure::Failed(format!("an answer of {length} bytes that is nowhere"))),
        (false, length) if length > LONGEST => Err(Failure::Failed(format!(
            "an answer of {} MiB, which is more than is taken",
            length >> 20
        ))),
        // SAFETY: the library promises that so many bytes are there until they are given back.
        (false, length) => Ok(unsafe { slice::from_raw_parts(answer.data, length) }.to_vec()),
    }
}

/// What a status and the bytes with it come to.
fn told(status: u32, bytes: Vec<u8>, operation: u32) -> Result<Vec<u8>, Failure> {
    let words = |bytes: &[u8]| {
        let words = String::from_utf8_lossy(bytes);
        words.chars().take(WORDS).collect::<String>()
    };
    match status {
        status::ANSWERED => Ok(bytes),
        status::REFUSED => Err(Failure::Refused(words(&bytes))),
        status::FAILED if bytes.is_empty() => Err(Failure::Failed("it failed, and does not say why".to_owned())),
        status::FAILED => Err(Failure::Failed(words(&bytes))),
        status::UNKNOWN => Err(Failure::Failed(format!("it does not have operation {operation}"))),
        other => Err(Failure::Failed(format!(
            "it answers with status {other}, which there is not"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" fn nothing(_: *mut c_void, _: u64, _: u32, _: *const u8, _: usize, _: *mut Bytes) -> u32 {
        status::ANSWERED
    }

    unsafe extern "C" fn keep(_: Bytes) {}

    fn plugin() -> Plugin {
        Plugin {
            size: u32::try_from(size_of::<Plugin>()).expect("a small structure"),
            abi: ABI,
            call: Some(nothing),
            free: Some(keep),
        }
    }

    #[test]
    fn a_structure_of_another_version_or_with_gaps_is_refused_by_name() {
        // SAFETY: it is a whole structure.
        let refusal = |plugin: Plugin| unsafe { Code::of(&raw const plugin) }.err();
        assert_eq!(refusal(plugin()), None);
        let newer = Plugin { abi: 2, ..plugin() };
        let words = "it is made for version 2 of the native interface, and this host speaks 1";
        assert_eq!(refusal(newer).as_deref(), Some(words));
        let short = [8_u64, 0].map(|size| size | u64::from(ABI) << 32);
        // SAFETY: it has the two fields, and as many bytes as it says.
        let refused = unsafe { Code::of(short.as_ptr().cast()) }.err();
        assert_eq!(refused.as_deref(), Some("its structure has 8 bytes, which are too few"));
        let without = Plugin { free: None, ..plugin() };
        assert_eq!(refusal(without).as_deref(), Some("its structure lacks a function"));
    }

    #[test]
    fn whatever_a_library_answers_is_an_answer_or_an_error() {
        assert_eq!(told(status::ANSWERED, b"1".to_vec(), 1), Ok(b"1".to_vec()));
        assert_eq!(
            told(status::REFUSED, b"\xff no".to_vec(), 1),
            Err(Failure::Refused("\u{fffd} no".to_owned()))
        );
        for status in [status::FAILED, status::UNKNOWN, 77] {
            assert!(
                matches!(told(status, Vec::new(), 1), Err(Failure::Failed(_))),
                "{status}"
            );
        }
        let nowhere = Bytes {
            data: ptr::null_mut(),
            length: 5,
        };
        assert!(take(&nowhere).is_err());
        // Of one that is too long not a byte is looked at.
        let long = Bytes {
            data: ptr::dangling_mut(),
            length: LONGEST + 1,
        };
        assert!(take(&long).is_err());
    }
}
