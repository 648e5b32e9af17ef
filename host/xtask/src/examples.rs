//! The plugins that show authors how it is done, built as authors build theirs.

use crate::Built;
use crate::plugins::{self, Crate, example};
use crate::workspace::Workspace;
use anyhow::Result;

const CRATES: [Crate; 6] = [
    example("koderz-example-judge", "judge"),
    example("koderz-example-latency", "latency"),
    example("koderz-example-mbpp", "mbpp"),
    example("koderz-example-needle", "needle"),
    example("koderz-example-repair", "repair"),
    example("koderz-example-schema", "schema"),
];

/// Builds whatever is not there yet.
pub(crate) fn build(workspace: &Workspace, built: &Built) -> Result<()> {
    plugins::rust(workspace, &built.setup, &CRATES)
}
