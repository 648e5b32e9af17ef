//! Linear memories that begin as an image, and cost what a program changed of them.
//!
//! A memory is a private mapping of the image. When its instance is gone, the pages that were written are written back
//! from the image, and the mapping waits for the next instance with these pages in place: most programs write to the
//! same ones, and copying a page is several times faster than faulting it in. The kernel says which pages were written.
//! Where it cannot, all are given back to it, which does the same in more time.

#![expect(unsafe_code, reason = "memory is mapped, and handed to the engine")]

use super::pages::Pages;
use super::worn::Worn;
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap, mmap_anonymous, mprotect, munmap};
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::ptr::{self, NonNull};
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::{LinearMemory, MemoryCreator, MemoryType};

/// Memories that wait for an instance. More programs at once than this many halves are rarely run.
const SPARE: usize = 16;

/// Written bytes that a waiting memory may hold. Most programs write to 2 or 3 MB, and not all to the same, so it grows;
/// beyond this all of it is given back. To keep a part would give back the same pages of each program after it.
const RESIDENT: usize = 4 << 20;

thread_local! {
    /// What the instances that this thread makes begin with.
    static STOCK: RefCell<Option<Arc<Stock>>> = const { RefCell::new(None) };
}

/// An image, and memories that begin as it.
pub(crate) struct Stock {
    file: File,
    /// The image, to copy from.
    source: Mapping,
    pages: Option<Pages>,
    worn: Mutex<Worn>,
    spare: Mutex<Vec<Mapping>>,
}

impl Stock {
    /// Keeps an image in memory.
    pub(crate) fn new(image: &[u8]) -> io::Result<Arc<Self>> {
        let mut file = File::from(memfd_create("image", MemfdFlags::CLOEXEC)?);
        file.write_all(image)?;
        Stock::of_file(file, None)
    }

    /// Maps an image that a file holds. Nobody may write to the file from here on. `worn` is a file for what is learnt of
    /// the pages that programs write to.
    pub(crate) fn of_file(file: File, worn: Option<PathBuf>) -> io::Result<Arc<Self>> {
        let length = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
        // SAFETY: a new mapping, at an address of the kernel's choice.
        let start = unsafe { mmap(ptr::null_mut(), length, ProtFlags::READ, MapFlags::SHARED, &file, 0)? };
        Ok(Arc::new(Stock {
            file,
            source: Mapping::of(start, length)?,
            pages: Pages::of_this_process(),
            worn: Mutex::new(Worn::new(length, worn)),
            spare: Mutex::default(),
        }))
    }

    /// Makes instances that begin as the image.
    pub(crate) fn while_making<T>(self: &Arc<Self>, make: impl FnOnce() -> T) -> T {
        STOCK.with(|stock| *stock.borrow_mut() = Some(self.clone()));
        let made = make();
        STOCK.with(|stock| *stock.borrow_mut() = None);
        made
    }

    fn length(&self) -> usize {
        self.source.length
    }

    fn take(&self, length: usize) -> io::Result<Mapping> {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(mapping) = spare.filter(|mapping| mapping.length == length) {
            return Ok(mapping);
        }
        let mapping = Mapping::reserve(length)?;
        // SAFETY: it lies within the mapping, which nothing points into yet.
        unsafe {
            mmap(
                mapping.start.as_ptr().cast(),
                self.length(),
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE | MapFlags::FIXED,
                &self.file,
                0,
            )?;
        }
        self.prepare(&mapping);
        Ok(mapping)
    }

    /// Copies the pages that programs write to, in the place of a fault for each.
    fn prepare(&self, mapping: &Mapping) {
        let worn = self.worn.lock().unwrap_or_else(PoisonError::into_inner).ranges();
        for range in worn {
            // SAFETY: the range lies within the image, which is mapped there. It changes nothing of what is read, and a
            // kernel before Linux 5.14, which does not know it, does nothing.
            let copied = unsafe {
                let start = mapping.start.as_ptr().add(range.start);
                madvise(start.cast(), range.len(), Advice::LinuxPopulateWrite)
            };
            if copied.is_err() {
                return;
            }
        }
    }

    /// Takes a memory back of which this many bytes could be written.
    fn give_back(&self, mapping: Mapping, accessible: usize) {
        if self.restore(&mapping, accessible).is_ok() {
            let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
            if spare.len() < SPARE {
                spare.push(mapping);
            }
        }
    }

    fn restore(&self, mapping: &Mapping, accessible: usize) -> io::Result<()> {
        let start = mapping.start.as_ptr();
        let written = self.pages.as_ref().map(|pages| pages.written(start, accessible));
        match written {
            Some(Ok(written)) if written.iter().map(ExactSizeIterator::len).sum::<usize>() <= RESIDENT => {
                self.worn.lock().unwrap_or_else(PoisonError::into_inner).learn(&written);
                for range in written {
                    let image = range.start.min(self.length())..range.end.min(self.length());
                    let beyond = range.start.max(self.length())..range.end.max(self.length());
                    // SAFETY: the ranges lie within what could be written, and its instance is gone.
                    unsafe {
                        let from = self.source.start.as_ptr().add(image.start);
                        ptr::copy_nonoverlapping(from, start.add(image.start), image.len());
                        ptr::write_bytes(start.add(beyond.start), 0, beyond.len());
                    }
                }
            }
            // Private pages are dropped, and the image or noughts show again.
            _ => {
                // SAFETY: as above.
                unsafe { madvise(start.cast(), accessible, Advice::LinuxDontNeed)? };
                self.prepare(mapping);
            }
        }
        if accessible > self.length() {
            // SAFETY: as above.
            unsafe {
                mprotect(
                    start.add(self.length()).cast(),
                    accessible - self.length(),
                    MprotectFlags::empty(),
                )?;
            }
        }
        Ok(())
    }
}

/// A stretch of address space, given back with its value.
struct Mapping {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: it is an address that belongs to whoever holds the value.
unsafe impl Send for Mapping {}
// SAFETY: a shared one is only read.
unsafe impl Sync for Mapping {}

impl Mapping {
    fn of(start: *mut std::ffi::c_void, length: usize) -> io::Result<Self> {
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Mapping { start, length })
    }

    /// Address space of which nothing can be reached.
    fn reserve(length: usize) -> io::Result<Self> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a new mapping, at an address of the kernel's choice.
        Mapping::of(
            unsafe { mmap_anonymous(ptr::null_mut(), length, ProtFlags::empty(), flags)? },
            length,
        )
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: whoever held the value is the last to have used it.
        let given_back = unsafe { munmap(self.start.as_ptr().cast(), self.length) };
        debug_assert!(given_back.is_ok());
    }
}

/// The memory of one instance.
struct Linear {
    mapping: Option<Mapping>,
    stock: Option<Arc<Stock>>,
    size: usize,
    capacity: usize,
}

impl Linear {
    fn mapping(&self) -> &Mapping {
        self.mapping.as_ref().expect("it is taken out on drop only")
    }

    fn open(&self, from: usize, to: usize) -> io::Result<()> {
        if to > from {
            // SAFETY: it lies within the mapping, of which it was unreachable.
            unsafe {
                mprotect(
                    self.mapping().start.as_ptr().add(from).cast(),
                    to - from,
                    MprotectFlags::READ | MprotectFlags::WRITE,
                )?;
            }
        }
        Ok(())
    }
}

// SAFETY: the mapping is as long as the engine asked for, guard included, and never moves. All of it beyond `size` cannot
// be reached.
unsafe impl LinearMemory for Linear {
    fn byte_size(&self) -> usize {
        self.size
    }

    fn byte_capacity(&self) -> usize {
        self.capacity
    }

    fn grow_to(&mut self, size: usize) -> wasmtime::Result<()> {
        if size > self.capacity {
            wasmtime::bail!("a memory of {size} bytes where {} were reserved", self.capacity);
        }
        self.open(self.size, size)?;
        self.size = self.size.max(size);
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        self.mapping().start.as_ptr()
    }
}

impl Drop for Linear {
    fn drop(&mut self) {
        if let (Some(stock), Some(mapping)) = (&self.stock, self.mapping.take()) {
            stock.give_back(mapping, self.size);
        }
    }
}

/// Makes the memories of an engine's instances.
pub(crate) struct Creator;

// SAFETY: see `Linear`. A memory holds noughts, except that of a component whose segments were taken out: there it holds
// what they would have filled it with.
unsafe impl MemoryCreator for Creator {
    fn new_memory(
        &self,
        _type: MemoryType,
        minimum: usize,
        maximum: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        let failed = |error: io::Error| format!("map a memory: {error}");
        let capacity = reserved.or(maximum).unwrap_or(minimum).max(minimum);
        let length = capacity.checked_add(guard).ok_or("a memory beyond all addresses")?;
        let stock = STOCK
            .with(|stock| stock.borrow().clone())
            .filter(|stock| stock.length() == minimum);
        let mapping = match &stock {
            Some(stock) => stock.take(length),
            None => Mapping::reserve(length),
        };
        let memory = Linear {
            mapping: Some(mapping.map_err(failed)?),
            size: minimum,
            capacity,
            stock,
        };
        if memory.stock.is_none() {
            memory.open(0, minimum).map_err(failed)?;
        }
        Ok(Box::new(memory))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 1 << 16;

    fn image(pages: usize) -> Vec<u8> {
        (0..pages * PAGE).map(|at| (at / 4096 % 251) as u8).collect()
    }

    fn memory(stock: &Arc<Stock>, length: usize) -> Box<dyn LinearMemory> {
        let pages = u32::try_from(length / PAGE).expect("a few pages");
        let new = || Creator.new_memory(MemoryType::new(pages, None), length, None, Some(1 << 30), PAGE);
        stock.while_making(new).expect("a memory")
    }

    fn bytes(memory: &mut dyn LinearMemory) -> &mut [u8] {
        // SAFETY: it is as long as it says, and nobody else has it.
        unsafe { std::slice::from_raw_parts_mut(memory.as_ptr(), memory.byte_size()) }
    }

    #[test]
    fn a_memory_begins_as_the_image_whatever_was_written_to_it_before() {
        let image = image(100);
        let stock = Stock::new(&image).expect("an image");
        for stride in [1 << 20, 8192, 4096, 1] {
            let mut memory = memory(&stock, image.len());
            assert!(bytes(&mut *memory) == image, "before a stride of {stride}");
            memory.grow_to(image.len() + 40 * PAGE).expect("it grows");
            let all = bytes(&mut *memory);
            assert!(all[image.len()..].iter().all(|byte| *byte == 0));
            all.iter_mut().step_by(stride).for_each(|byte| *byte = 0xff);
        }
        let spare = stock.spare.lock().expect("no test panicked");
        assert_eq!(spare.len(), 1, "the same mapping was used each time");
    }

    #[test]
    fn a_memory_of_another_length_than_the_image_begins_with_noughts() {
        let stock = Stock::new(&image(2)).expect("an image");
        let mut memory = memory(&stock, PAGE);
        assert!(bytes(&mut *memory).iter().all(|byte| *byte == 0));
        assert!(memory.grow_to(2 << 30).is_err());
    }
}
