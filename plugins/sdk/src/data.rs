//! Data that a user granted to the plugin, by name: `--grant NAME=FILE`.
//!
//! The host records a digest of it, so it is as constant as what is compiled into a plugin. It is read by range and
//! never held as a whole, unless the plugin does so.

use std::fmt;
use std::io;

/// Bytes that [`Blob::reader`] asks for at once.
const AT_ONCE: u32 = 256 << 10;

/// The longest single read, in bytes: the host refuses more.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) const LONGEST: u32 = 1 << 20;

/// Why data cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataError {
    /// Nothing was granted by that name.
    NotGranted,
    /// The range does not lie inside the data, or is longer than the host reads at once.
    OutOfRange,
    /// The host could not read it; its log says why.
    Unreadable,
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DataError::NotGranted => "nothing is granted by that name",
            DataError::OutOfRange => "the range does not lie inside the data",
            DataError::Unreadable => "the host cannot read it",
        })
    }
}

impl std::error::Error for DataError {}

/// Data that was granted.
pub struct Blob {
    #[cfg(target_arch = "wasm32")]
    blob: crate::wasm::Blob,
    #[cfg(not(target_arch = "wasm32"))]
    blob: native::Blob,
}

impl Blob {
    /// Opens what was granted by a name.
    ///
    /// # Errors
    /// If nothing was.
    pub fn open(name: &str) -> Result<Self, DataError> {
        #[cfg(target_arch = "wasm32")]
        let blob = crate::wasm::Blob::open(name).map_err(crate::wasm::data_error)?;
        #[cfg(not(target_arch = "wasm32"))]
        let blob = native::open(name)?;
        Ok(Blob { blob })
    }

    /// Its length in bytes.
    pub fn length(&self) -> u64 {
        #[cfg(target_arch = "wasm32")]
        return self.blob.length();
        #[cfg(not(target_arch = "wasm32"))]
        native::length(&self.blob)
    }

    /// Exactly so many bytes from a place on.
    ///
    /// # Errors
    /// If they do not lie inside, are more than 1 MiB, or cannot be read.
    pub fn read(&self, offset: u64, length: u32) -> Result<Vec<u8>, DataError> {
        #[cfg(target_arch = "wasm32")]
        return self.blob.read(offset, length).map_err(crate::wasm::data_error);
        #[cfg(not(target_arch = "wasm32"))]
        native::read(&self.blob, offset, length)
    }

    /// Reads it from the beginning, a part at a time.
    pub fn reader(self) -> Reader {
        Reader {
            blob: self,
            offset: 0,
            part: Vec::new(),
            taken: 0,
        }
    }
}

/// Reads data from its beginning to its end.
pub struct Reader {
    blob: Blob,
    /// Where the next part begins.
    offset: u64,
    part: Vec<u8>,
    taken: usize,
}

impl io::Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.part.len() {
            let left = self.blob.length().saturating_sub(self.offset);
            let length = u32::try_from(left).unwrap_or(u32::MAX).min(AT_ONCE);
            self.part = self.blob.read(self.offset, length).map_err(io::Error::other)?;
            self.offset += u64::from(length);
            self.taken = 0;
        }
        let rest = &self.part[self.taken..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.taken += count;
        Ok(count)
    }
}

/// Outside of WASM: what the host grants a shared library or, in tests, what [`testing::grant`](crate::testing::grant)
/// grants.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod native {
    use super::{DataError, LONGEST};
    #[cfg(feature = "native")]
    use crate::native::glue;
    use std::cell::RefCell;
    use std::collections::BTreeMap;
    use std::rc::Rc;

    pub(crate) enum Blob {
        /// By the name that the host knows it by.
        #[cfg(feature = "native")]
        Host(String),
        Test(Rc<[u8]>),
    }

    thread_local! {
        static GRANTED: RefCell<BTreeMap<String, Rc<[u8]>>> = const { RefCell::new(BTreeMap::new()) };
    }

    pub(crate) fn grant(name: &str, data: Vec<u8>) {
        GRANTED.with_borrow_mut(|granted| granted.insert(name.to_owned(), data.into()));
    }

    pub(crate) fn open(name: &str) -> Result<Blob, DataError> {
        #[cfg(feature = "native")]
        if glue::is_called() {
            return glue::data_length(name).map(|_| Blob::Host(name.to_owned()));
        }
        GRANTED
            .with_borrow(|granted| granted.get(name).cloned())
            .map(Blob::Test)
            .ok_or(DataError::NotGranted)
    }

    pub(crate) fn length(blob: &Blob) -> u64 {
        match blob {
            #[cfg(feature = "native")]
            Blob::Host(name) => glue::data_length(name).unwrap_or(0),
            Blob::Test(blob) => blob.len() as u64,
        }
    }

    pub(crate) fn read(blob: &Blob, offset: u64, length: u32) -> Result<Vec<u8>, DataError> {
        match blob {
            #[cfg(feature = "native")]
            Blob::Host(name) => glue::data_read(name, offset, length),
            Blob::Test(blob) => {
                let start = usize::try_from(offset).map_err(|_| DataError::OutOfRange)?;
                let end = start.checked_add(length as usize).ok_or(DataError::OutOfRange)?;
                match blob.get(start..end) {
                    Some(range) if length <= LONGEST => Ok(range.to_vec()),
                    _ => Err(DataError::OutOfRange),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::grant;
    use std::io::Read;

    #[test]
    fn what_is_granted_is_read_in_parts_to_its_end() {
        let data: Vec<u8> = (0..700_000_u32).map(|number| number as u8).collect();
        grant("long", data.clone());
        let mut read = Vec::new();
        let blob = Blob::open("long").expect("it is granted");
        assert_eq!(blob.length(), 700_000);
        blob.reader().read_to_end(&mut read).expect("it can be read");
        assert!(read == data, "the same bytes");
    }

    #[test]
    fn what_is_not_granted_or_not_inside_is_an_error() {
        assert_eq!(Blob::open("nothing").err(), Some(DataError::NotGranted));
        grant("short", b"abc".to_vec());
        let blob = Blob::open("short").expect("it is granted");
        assert_eq!(blob.read(1, 2), Ok(b"bc".to_vec()));
        assert_eq!(blob.read(1, 3), Err(DataError::OutOfRange));
    }
}
