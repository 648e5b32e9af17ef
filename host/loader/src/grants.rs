//! Data that users grant to plugins, which nobody can do yet: every plugin is told that nothing was granted.

use crate::bindings::koderz::plugin::data;
use wasmtime::component::{Resource, ResourceTable};

/// What one instance was granted.
#[derive(Default)]
pub(crate) struct Grants {
    table: ResourceTable,
}

impl data::Host for Grants {}

// No blob is ever opened, so none is ever asked for anything.
impl data::HostBlob for Grants {
    fn open(&mut self, _name: String) -> Result<Resource<data::Blob>, data::DataError> {
        Err(data::DataError::NotGranted)
    }

    fn length(&mut self, _blob: Resource<data::Blob>) -> u64 {
        0
    }

    fn read(&mut self, _blob: Resource<data::Blob>, _offset: u64, _length: u32) -> Result<Vec<u8>, data::DataError> {
        Err(data::DataError::OutOfRange)
    }

    fn drop(&mut self, blob: Resource<data::Blob>) -> wasmtime::Result<()> {
        self.table.delete(blob)?;
        Ok(())
    }
}
