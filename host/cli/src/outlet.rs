//! The file that the results of a command are also written to, and in which format.

use crate::arguments::ExportTo;
use crate::destination::{Destination, Readers};
use anyhow::{Result, bail};
use koderz_report::{FailedModel, Form, Report, export, export_several};

/// A place for results. What is written there is made only then: it names every sample.
pub(crate) struct Outlet {
    destination: Destination,
    form: Form,
}

impl Outlet {
    /// Sees that the results of so many models can be written where the user wants them; none where that is nowhere.
    pub(crate) fn reserve(wanted: &ExportTo, models: usize) -> Result<Option<Self>> {
        let Some(path) = wanted.export.as_deref() else {
            return Ok(None);
        };
        let extension = path.extension().and_then(|extension| extension.to_str());
        let named = extension.and_then(|extension| Form::of_extension(&extension.to_ascii_lowercase()));
        let form = wanted.export_format.or(named).unwrap_or(Form::Json);
        if models > 1 && !form.has_room_for_several() {
            bail!(
                "{} would hold one run only, and there are {models} models\n\
                 hint: json, csv, md and txt have room for all; koderz export writes a run at a time",
                path.display()
            );
        }
        let destination = Destination::reserve(path, Readers::Usual)?;
        Ok(Some(Outlet { destination, form }))
    }

    /// Writes one run.
    pub(crate) fn write(outlet: Option<Self>, report: &Report<'_>) -> Result<()> {
        match outlet {
            Some(Outlet { destination, form }) => destination.write(&export(report, form)),
            None => Ok(()),
        }
    }

    /// Writes the runs of several models, and which came to nothing.
    pub(crate) fn write_all(outlet: Option<Self>, reports: &[Report<'_>], failed: &[FailedModel]) -> Result<()> {
        match outlet {
            Some(Outlet { destination, form }) => {
                let text = export_several(reports, failed, form);
                destination.write(&text.expect("a format without room for them was refused"))
            }
            None => Ok(()),
        }
    }
}
