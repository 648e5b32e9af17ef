//! Which pages of private memory were written, as the kernel knows it.
//!
//! `PAGEMAP_SCAN` of Linux 6.7 lists them in one call: <https://docs.kernel.org/admin-guide/mm/pagemap.html>.

#![expect(unsafe_code, reason = "the kernel is asked by ioctl")]

use rustix::ioctl::{Ioctl, IoctlOutput, Opcode, ioctl, opcode};
use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::ops::Range;

/// Stretches that the kernel names at a time.
const STRETCHES: usize = 512;

const PRESENT: u64 = 1 << 3;
const SWAPPED: u64 = 1 << 4;
const FILE: u64 = 1 << 2;
const ZERO: u64 = 1 << 5;

/// The pages of this process.
pub(crate) struct Pages(File);

impl Pages {
    /// None where the kernel has nothing to say.
    pub(crate) fn of_this_process() -> Option<Self> {
        let pages = Pages(File::open("/proc/self/pagemap").ok()?);
        let probe = 0_u8;
        let page = rustix::param::page_size();
        let start = (&raw const probe).addr() & !(page - 1);
        pages.written(std::ptr::without_provenance(start), page).ok()?;
        Some(pages)
    }

    /// The stretches of a private mapping of which there is a copy, as distances from its start.
    pub(crate) fn written(&self, start: *const u8, length: usize) -> io::Result<Vec<Range<usize>>> {
        let start = start.addr() as u64;
        let end = start + length as u64;
        let mut found = Vec::new();
        let mut stretches = vec![Stretch::default(); STRETCHES];
        let mut from = start;
        while from < end {
            let scan = Scan {
                size: size_of::<Scan>() as u64,
                start: from,
                end,
                stretches: stretches.as_mut_ptr() as u64,
                room: STRETCHES as u64,
                // A page that is neither the file's own nor the one of noughts is a copy, in memory or swapped out.
                inverted: FILE | ZERO,
                all_of: FILE | ZERO,
                any_of: PRESENT | SWAPPED,
                ..Scan::default()
            };
            // SAFETY: the argument is of the shape that this request has, and the stretches outlive the call.
            let (count, reached) = unsafe { ioctl(&self.0, scan)? };
            let distance = |address: u64| {
                usize::try_from(address.saturating_sub(start))
                    .unwrap_or(length)
                    .min(length)
            };
            found.extend(
                stretches[..count.min(STRETCHES)]
                    .iter()
                    .map(|stretch| distance(stretch.start)..distance(stretch.end)),
            );
            if reached <= from {
                return Err(io::ErrorKind::InvalidData.into());
            }
            from = reached;
        }
        Ok(found)
    }
}

/// `struct page_region`.
#[derive(Clone, Copy, Default)]
#[repr(C)]
struct Stretch {
    start: u64,
    end: u64,
    categories: u64,
}

/// `struct pm_scan_arg`.
#[derive(Clone, Copy, Default)]
#[repr(C)]
struct Scan {
    size: u64,
    flags: u64,
    start: u64,
    end: u64,
    reached: u64,
    stretches: u64,
    room: u64,
    most: u64,
    inverted: u64,
    all_of: u64,
    any_of: u64,
    answered: u64,
}

// SAFETY: the request's number and the shape of its argument are those of the kernel's `PAGEMAP_SCAN`.
unsafe impl Ioctl for Scan {
    type Output = (usize, u64);

    const IS_MUTATING: bool = true;

    fn opcode(&self) -> Opcode {
        opcode::read_write::<Scan>(b'f', 16)
    }

    fn as_ptr(&mut self) -> *mut c_void {
        (&raw mut *self).cast()
    }

    unsafe fn output_from_ptr(count: IoctlOutput, argument: *mut c_void) -> rustix::io::Result<Self::Output> {
        // SAFETY: it is what `as_ptr` gave out.
        let scan = unsafe { &*argument.cast::<Scan>() };
        Ok((usize::try_from(count).unwrap_or(0), scan.reached))
    }
}
