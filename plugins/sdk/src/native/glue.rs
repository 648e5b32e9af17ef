//! The border itself: pointers into slices and back, and what the host offers.
//!
//! The host promises (see `koderz_plugin.h`): its structure lives as long as the process; a context is valid during the
//! call that it came with; input lives as long as the call; and what is answered is given back to [`free`] once.

#![expect(unsafe_code, reason = "the border is C")]

use super::{Failure, Kind, perform};
use crate::data::DataError;
use crate::log::Level;
use crate::program::Stream;
use koderz_api::native::{ABI, Bytes, Host, Plugin, read, status};
use std::cell::Cell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::{mem, ptr, slice};

#[cfg(panic = "abort")]
compile_error!("a native plugin has to be built with `panic = \"unwind\"`, or a panic would end the host");

/// The way back to the host during a call.
#[derive(Clone, Copy)]
struct Caller {
    host: &'static Host,
    context: *mut c_void,
}

thread_local! {
    static CALLER: Cell<Option<Caller>> = const { Cell::new(None) };
    /// What the last panic of this thread said, and where.
    static PLACE: Cell<Option<String>> = const { Cell::new(None) };
}

/// The host, from the first call of the entry on.
static HOST: std::sync::OnceLock<HostPointer> = std::sync::OnceLock::new();

struct HostPointer(&'static Host);

// SAFETY: the host's structure is never written to, and its functions may be called from any thread.
unsafe impl Send for HostPointer {}
// SAFETY: as above.
unsafe impl Sync for HostPointer {}

/// What a library answers to the host.
///
/// # Safety
/// The pointer is null or leads to a structure that begins as [`Host`] does and lives as long as the process.
#[must_use]
pub unsafe fn enter(host: *const Host, plugin: &'static Plugin) -> *const Plugin {
    // SAFETY: the first two fields are the same in every version.
    let fits = !host.is_null()
        && unsafe { (*host).abi == ABI && usize::try_from((*host).size).is_ok_and(|size| size >= size_of::<Host>()) };
    if !fits {
        return ptr::null();
    }
    // SAFETY: it is as large as this version's, and lives on.
    let host = unsafe { &*host };
    HOST.get_or_init(|| HostPointer(host));
    // A library has a standard library of its own, so the host's hook is not replaced by this.
    crate::panics::report(|line| PLACE.set(Some(line)));
    plugin
}

/// [`Plugin::call`] of a kind of plugin.
///
/// # Safety
/// `input` leads to `length` bytes that live as long as the call, and `answer` to a place for the answer.
pub unsafe extern "C" fn call<K: Kind>(
    context: *mut c_void,
    handle: u64,
    operation: u32,
    input: *const u8,
    length: usize,
    answer: *mut Bytes,
) -> u32 {
    let Some(HostPointer(host)) = HOST.get() else {
        return status::FAILED;
    };
    // SAFETY: as the caller promises.
    let input = unsafe { bytes(input, length) };
    let before = CALLER.replace(Some(Caller { host, context }));
    let performed = catch_unwind(AssertUnwindSafe(|| perform::<K>(operation, handle, input)));
    CALLER.set(before);
    let (status, said) = match performed {
        Ok(Ok(answer)) => (status::ANSWERED, answer),
        Ok(Err(Failure::Refused(why))) => (status::REFUSED, why.into_bytes()),
        Ok(Err(Failure::Failed(why))) => (status::FAILED, why.into_bytes()),
        Ok(Err(Failure::Unknown)) => (status::UNKNOWN, Vec::new()),
        Err(_) => {
            let place = PLACE.take().unwrap_or_else(|| "panic".to_owned());
            (status::FAILED, place.into_bytes())
        }
    };
    let said = said.into_boxed_slice();
    let length = said.len();
    let data = Box::into_raw(said).cast();
    // SAFETY: as the caller promises.
    unsafe { answer.write(Bytes { data, length }) };
    status
}

/// [`Plugin::free`].
///
/// # Safety
/// The bytes came from [`call`] and were not freed before.
pub unsafe extern "C" fn free(bytes: Bytes) {
    if !bytes.data.is_null() {
        let slice = ptr::slice_from_raw_parts_mut(bytes.data, bytes.length);
        // SAFETY: they were a box of this length, as the caller promises.
        drop(unsafe { Box::from_raw(slice) });
    }
}

/// The structure that a library answers with.
#[must_use]
pub const fn plugin<K: Kind>() -> Plugin {
    Plugin {
        size: size_of::<Plugin>() as u32,
        abi: ABI,
        call: Some(call::<K>),
        free: Some(free),
    }
}

/// # Safety
/// The pointer leads to so many bytes that live as long as the result is used, or there are none.
unsafe fn bytes<'a>(data: *const u8, length: usize) -> &'a [u8] {
    if data.is_null() || length == 0 {
        return &[];
    }
    // SAFETY: as the caller promises.
    unsafe { slice::from_raw_parts(data, length) }
}

/// Whether the host is calling.
pub(crate) fn is_called() -> bool {
    CALLER.get().is_some()
}

pub(crate) fn log(level: Level, message: &str) {
    let Some(Caller { host, context }) = CALLER.get() else {
        eprintln!("{level:?}: {message}");
        return;
    };
    // SAFETY: the context is that of the call which this thread is in.
    unsafe { (host.log)(context, level as u32, message.as_ptr(), message.len()) };
}

fn data_status(status: u32) -> Result<(), DataError> {
    match status {
        read::READ => Ok(()),
        read::NOT_GRANTED => Err(DataError::NotGranted),
        read::OUT_OF_RANGE => Err(DataError::OutOfRange),
        _ => Err(DataError::Unreadable),
    }
}

/// The length of granted data; an error as well where no call is under way.
pub(crate) fn data_length(name: &str) -> Result<u64, DataError> {
    let Caller { host, context } = CALLER.get().ok_or(DataError::NotGranted)?;
    let mut length = 0;
    // SAFETY: the context is that of the call which this thread is in, and all pointers live as long as this one.
    data_status(unsafe { (host.data_length)(context, name.as_ptr(), name.len(), &raw mut length) })?;
    Ok(length)
}

pub(crate) fn data_read(name: &str, offset: u64, length: u32) -> Result<Vec<u8>, DataError> {
    let Caller { host, context } = CALLER.get().ok_or(DataError::NotGranted)?;
    // The host refuses more than it reads at once, and a buffer for it need not be made.
    if length > crate::data::LONGEST {
        return Err(DataError::OutOfRange);
    }
    let mut buffer = vec![0; length as usize];
    let read = unsafe {
        // SAFETY: as above; the buffer has `length` bytes.
        (host.data_read)(context, name.as_ptr(), name.len(), offset, buffer.as_mut_ptr(), length)
    };
    data_status(read)?;
    Ok(buffer)
}

pub(crate) fn program_write(stream: Stream, bytes: &[u8]) -> Result<(), String> {
    let Caller { host, context } = CALLER.get().ok_or("no program is run")?;
    let stream = match stream {
        Stream::Output => 1,
        Stream::Error => 2,
    };
    // SAFETY: the context is that of the call which this thread is in.
    match unsafe { (host.program_write)(context, stream, bytes.as_ptr(), bytes.len()) } {
        0 => Err("the program may not write more".to_owned()),
        _ => Ok(()),
    }
}

pub(crate) fn program_input() -> Vec<u8> {
    let mut read = Vec::new();
    let Some(Caller { host, context }) = CALLER.get() else {
        return read;
    };
    let mut buffer = [0; 1 << 14];
    loop {
        // SAFETY: as above; the buffer has the length that is said.
        let count = unsafe { (host.program_read)(context, buffer.as_mut_ptr(), buffer.len()) };
        match buffer.get(..count) {
            Some(part) if count > 0 => read.extend_from_slice(part),
            _ => return read,
        }
    }
}

/// The way of a judge to its subject, through the host.
pub(super) struct HostSubject;

impl crate::Subject for HostSubject {
    fn call(&self, entry_point: &str, input: &str) -> Result<String, String> {
        let Caller { host, context } = CALLER.get().ok_or("no judge is run")?;
        let mut answer = Bytes {
            data: ptr::null_mut(),
            length: 0,
        };
        // SAFETY: the context is that of the call which this thread is in, and all pointers live as long as this one.
        let called = unsafe {
            (host.subject)(
                context,
                entry_point.as_ptr(),
                entry_point.len(),
                input.as_ptr(),
                input.len(),
                &raw mut answer,
            )
        };
        // SAFETY: the host wrote what it answers, which lives until it is freed.
        let text = String::from_utf8_lossy(unsafe { bytes(answer.data, answer.length) }).into_owned();
        // SAFETY: it is the host's, and is freed once.
        unsafe {
            (host.free)(mem::replace(
                &mut answer,
                Bytes {
                    data: ptr::null_mut(),
                    length: 0,
                },
            ))
        };
        match called {
            status::ANSWERED => Ok(text),
            status::REFUSED => Err(text),
            // As a trap would: the host knows why.
            _ => panic!("the subject is gone"),
        }
    }
}
