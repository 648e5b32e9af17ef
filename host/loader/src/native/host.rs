//! The host's side of the border: what a library may call during a call of the host's.

#![expect(unsafe_code, reason = "the border is C")]

use crate::grants::{Blobs, Grants};
use crate::guest::{LINE, LINES, MORE_LINES};
use koderz_api::native::{ABI, Bytes, Host, read, status};
use std::cell::Cell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::{ptr, slice};

/// What the host offers.
pub(super) static HOST: Host = Host {
    size: size_of::<Host>() as u32,
    abi: ABI,
    log,
    data_length,
    data_read,
    program_write,
    program_read,
    subject,
    free,
};

/// A program's streams.
pub(super) struct Streams<'a> {
    /// Takes what is written; false where it may not be.
    pub(super) write: &'a dyn Fn(u32, &[u8]) -> bool,
    pub(super) input: &'a [u8],
    /// Bytes of it that were read.
    pub(super) taken: Cell<usize>,
}

/// A call of a subject: an entry point and what it is given, to a value or an exception.
pub(super) type Called<'a> = dyn Fn(&str, &str) -> Option<Result<String, String>> + 'a;

/// What a call into a library is for: the context that the library hands back.
pub(super) struct Caller<'a> {
    plugin: &'a str,
    blobs: Blobs,
    /// Lines of the log so far.
    lines: Cell<u32>,
    pub(super) streams: Option<Streams<'a>>,
    /// A judge's way to its subject; none as an answer where the subject is gone.
    pub(super) subject: Option<&'a Called<'a>>,
}

impl<'a> Caller<'a> {
    pub(super) fn for_plugin(plugin: &'a str) -> Self {
        Caller::granted(plugin, &Grants::default())
    }

    pub(super) fn granted(plugin: &'a str, granted: &Grants) -> Self {
        Caller {
            plugin,
            blobs: Blobs::new(granted),
            lines: Cell::new(0),
            streams: None,
            subject: None,
        }
    }
}

/// Does something with the caller of a context. A panic must not leave a C function, so what panics comes to nothing.
///
/// # Safety
/// The context is that of a call which is under way, or null.
unsafe fn with<T>(context: *mut c_void, otherwise: T, body: impl FnOnce(&Caller<'_>) -> T) -> T {
    // SAFETY: contexts are made from such references, and live as long as their calls.
    let caller = unsafe { context.cast::<Caller<'_>>().as_ref() };
    match caller.map(|caller| catch_unwind(AssertUnwindSafe(|| body(caller)))) {
        Some(Ok(value)) => value,
        _ => otherwise,
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

/// # Safety
/// As of [`bytes`].
unsafe fn text(data: *const u8, length: usize) -> String {
    // SAFETY: as the caller promises.
    String::from_utf8_lossy(unsafe { bytes(data, length) }).into_owned()
}

unsafe extern "C" fn log(context: *mut c_void, level: u32, data: *const u8, length: usize) {
    // SAFETY: the library promises all of it.
    unsafe {
        with(context, (), |caller| {
            let plugin = caller.plugin;
            let lines = caller.lines.get().saturating_add(1);
            caller.lines.set(lines);
            if lines > LINES {
                if lines == LINES + 1 {
                    tracing::warn!(plugin, "{MORE_LINES}");
                }
                return;
            }
            let message: String = text(data, length.min(4 * LINE)).chars().take(LINE).collect();
            match level {
                0 => tracing::trace!(plugin, "{message}"),
                1 => tracing::debug!(plugin, "{message}"),
                2 => tracing::info!(plugin, "{message}"),
                3 => tracing::warn!(plugin, "{message}"),
                _ => tracing::error!(plugin, "{message}"),
            }
        });
    }
}

unsafe extern "C" fn data_length(context: *mut c_void, name: *const u8, length: usize, answer: *mut u64) -> u32 {
    // SAFETY: the library promises all of it.
    unsafe {
        with(context, read::NOT_GRANTED, |caller| {
            match caller.blobs.length_of(&text(name, length)) {
                Some(found) => {
                    answer.write(found);
                    read::READ
                }
                None => read::NOT_GRANTED,
            }
        })
    }
}

unsafe extern "C" fn data_read(
    context: *mut c_void,
    name: *const u8,
    length: usize,
    offset: u64,
    buffer: *mut u8,
    count: u32,
) -> u32 {
    // SAFETY: the library promises all of it.
    unsafe {
        with(context, read::UNREADABLE, |caller| {
            match caller.blobs.read_of(&text(name, length), offset, count) {
                Ok(part) => {
                    ptr::copy_nonoverlapping(part.as_ptr(), buffer, part.len());
                    read::READ
                }
                Err(status) => status,
            }
        })
    }
}

unsafe extern "C" fn program_write(context: *mut c_void, stream: u32, data: *const u8, length: usize) -> u32 {
    // SAFETY: the library promises all of it.
    unsafe {
        with(context, 0, |caller| {
            let taken = caller
                .streams
                .as_ref()
                .is_some_and(|streams| (streams.write)(stream, bytes(data, length)));
            u32::from(taken)
        })
    }
}

unsafe extern "C" fn program_read(context: *mut c_void, buffer: *mut u8, length: usize) -> usize {
    // SAFETY: the library promises all of it.
    unsafe {
        with(context, 0, |caller| {
            let Some(streams) = &caller.streams else { return 0 };
            let rest = &streams.input[streams.taken.get()..];
            let part = &rest[..rest.len().min(length)];
            ptr::copy_nonoverlapping(part.as_ptr(), buffer, part.len());
            streams.taken.set(streams.taken.get() + part.len());
            part.len()
        })
    }
}

unsafe extern "C" fn subject(
    context: *mut c_void,
    entry_point: *const u8,
    entry_point_length: usize,
    input: *const u8,
    input_length: usize,
    answer: *mut Bytes,
) -> u32 {
    // SAFETY: the library promises all of it.
    unsafe {
        with(context, status::FAILED, |caller| {
            let Some(subject) = caller.subject else {
                return status::FAILED;
            };
            let answered = subject(&text(entry_point, entry_point_length), &text(input, input_length));
            let (status, said) = match answered {
                Some(Ok(value)) => (status::ANSWERED, value),
                Some(Err(exception)) => (status::REFUSED, exception),
                None => return status::FAILED,
            };
            let said = said.into_bytes().into_boxed_slice();
            let length = said.len();
            answer.write(Bytes {
                data: Box::into_raw(said).cast(),
                length,
            });
            status
        })
    }
}

unsafe extern "C" fn free(bytes: Bytes) {
    if !bytes.data.is_null() {
        // SAFETY: it is what `subject` answered, and comes back once.
        drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(bytes.data, bytes.length)) });
    }
}
