//! A folder that runs by itself: the program with its plugins and recorded answers beside it. It is packed for other
//! machines, or put where this one finds it.

use crate::process::{self, say};
use crate::workspace::{Workspace, cargo, place, remove, write};
use crate::{build, digest, links};
use anyhow::{Context, Result, bail};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What stands in the program's folder besides the program.
const FOLDERS: [&str; 2] = ["plugins", "cassettes"];

/// What is read by people: licences of what is in the folder, the data set's among them.
const PAPERS: [&str; 4] = [
    "README.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "tests/cassettes/LICENSE-HumanEval",
];

/// Documents that those papers lead to.
const DOCUMENTS: [&str; 2] = ["docs/guide", "docs/reference"];

/// Below the folder, what a system has places of its own for: manual pages, and completions of shells.
const SHARE: &str = "share";

/// Where each shell looks for completions below `share`.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "bash-completion/completions/koderz"),
    ("zsh", "zsh/site-functions/_koderz"),
    ("fish", "fish/vendor_completions.d/koderz.fish"),
];

/// In an installed folder: the files outside of it that belong to it.
const OUTSIDE: &str = "installed-files";

/// Packs the folder, and says where the archive is.
pub(crate) fn pack(workspace: &Workspace) -> Result<()> {
    let folder = assemble(workspace)?;
    let name = folder.file_name().context("the folder has a name")?.to_owned();
    let archive = folder.with_file_name(format!("{}.tar.gz", name.to_string_lossy()));
    process::run(
        Command::new("tar")
            .arg("-C")
            .arg(workspace.target.join("dist"))
            .arg("-czf")
            .arg(&archive)
            .arg(&name),
        "pack the archive",
    )?;
    let digest = digest::of_file(&archive)?;
    write(
        &archive.with_extension("gz.sha256"),
        format!("{digest}  {}.tar.gz\n", name.to_string_lossy()).as_bytes(),
    )?;
    say(&format!(
        "{} can be unpacked anywhere; koderz in it needs nothing else",
        archive.display()
    ));
    Ok(())
}

/// Puts the folder below a prefix, with a link where programs are.
pub(crate) fn install(workspace: &Workspace, prefix: &Path) -> Result<()> {
    let made = assemble(workspace)?;
    let (home, link) = places(prefix);
    if link.exists() && std::fs::read_link(&link).ok().as_deref() != Some(&home.join("koderz")) {
        bail!(
            "{} is there and is not of this installation; move it away first",
            link.display()
        );
    }
    if home.is_dir() {
        clear(&home)?;
    }
    let mut outside = String::new();
    for file in all(&made)? {
        let name = file.strip_prefix(&made)?;
        if name.starts_with(SHARE) {
            place(&file, &prefix.join(name))?;
            outside.push_str(&format!("{}\n", prefix.join(name).display()));
        } else {
            place(&file, &home.join(name))?;
        }
    }
    write(&home.join(OUTSIDE), outside.as_bytes())?;
    let folder = link.parent().context("the link has a folder")?;
    std::fs::create_dir_all(folder).with_context(|| format!("make folder {}", folder.display()))?;
    if !link.exists() {
        link_to(&home.join("koderz"), &link)?;
    }
    say(&format!(
        "koderz is at {}; `cargo xtask uninstall --prefix {}` takes it away",
        link.display(),
        prefix.display()
    ));
    let on_path =
        std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|entry| entry == folder));
    if !on_path {
        say(&format!("{} is not on PATH yet", folder.display()));
    }
    Ok(())
}

/// Takes away what `install` put there. Runs and configuration are the user's, and stay.
pub(crate) fn uninstall(prefix: &Path) -> Result<()> {
    let (home, link) = places(prefix);
    if !home.is_dir() {
        bail!("nothing is installed at {}", home.display());
    }
    if std::fs::read_link(&link).is_ok_and(|leads| leads == home.join("koderz")) {
        std::fs::remove_file(&link).with_context(|| format!("remove {}", link.display()))?;
    }
    clear(&home)?;
    say("koderz is gone; runs and configuration files stay where they are");
    Ok(())
}

/// Removes an installed folder, and the files outside of it that belong to it.
fn clear(home: &Path) -> Result<()> {
    for file in std::fs::read_to_string(home.join(OUTSIDE)).unwrap_or_default().lines() {
        match std::fs::remove_file(file) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("remove {file}"));
            }
            _ => {}
        }
    }
    remove(home)
}

/// Where things go below a prefix: the folder, and the link to the program in it.
fn places(prefix: &Path) -> (PathBuf, PathBuf) {
    (prefix.join("lib").join("koderz"), prefix.join("bin").join("koderz"))
}

/// The prefix that is typed, or else the user's own.
pub(crate) fn prefix(arguments: &[String]) -> Result<PathBuf> {
    match arguments {
        [] => {
            let home = std::env::var_os("HOME").context("HOME names no folder; --prefix DIR does")?;
            Ok(PathBuf::from(home).join(".local"))
        }
        [flag, folder] if flag == "--prefix" => std::path::absolute(folder).context("--prefix"),
        _ => bail!("--prefix DIR is all that can be said"),
    }
}

/// Makes the folder anew, from an optimised build.
fn assemble(workspace: &Workspace) -> Result<PathBuf> {
    build(workspace)?;
    say("building koderz with optimisations: several minutes, the first time");
    process::run(
        cargo()
            .current_dir(&workspace.root)
            .args(["build", "--quiet", "--locked", "--release", "-p", "koderz"]),
        "build koderz",
    )?;
    let name = format!(
        "koderz-{}-{}-{}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::ARCH,
        std::env::consts::OS
    );
    let folder = workspace.target.join("dist").join(name);
    remove(&folder)?;
    place(&workspace.target.join("release").join("koderz"), &folder.join("koderz"))?;
    for name in FOLDERS {
        let from = workspace.binaries().join(name);
        for file in all(&from)? {
            place(&file, &folder.join(name).join(file.strip_prefix(&from)?))?;
        }
    }
    papers(&workspace.root, &folder)?;
    describe(&folder)?;
    Ok(folder)
}

/// Puts what is read by people into the folder, and takes links out of it that would lead nowhere there.
fn papers(root: &Path, folder: &Path) -> Result<()> {
    for paper in PAPERS {
        let from = root.join(paper);
        let name = from.file_name().context("a file has a name")?.to_owned();
        place(&from, &folder.join(name))?;
    }
    for documents in DOCUMENTS {
        for file in all(&root.join(documents))? {
            place(&file, &folder.join(file.strip_prefix(root)?))?;
        }
    }
    for file in all(folder)? {
        if file.extension().is_some_and(|extension| extension == "md") {
            let text = std::fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
            let here = file.parent().context("a file has a folder")?;
            write(
                &file,
                links::living(&text, |target| here.join(target).exists()).as_bytes(),
            )?;
        }
    }
    Ok(())
}

/// Has the program write its manual pages and completions.
fn describe(folder: &Path) -> Result<()> {
    let koderz = || Command::new(folder.join("koderz"));
    let manual = folder.join(SHARE).join("man").join("man1");
    std::fs::create_dir_all(&manual).with_context(|| format!("make folder {}", manual.display()))?;
    process::output(koderz().args(["man", "--dir"]).arg(&manual), "write manual pages")?;
    for (shell, file) in COMPLETIONS {
        let script = process::output(koderz().args(["completions", shell]), "write completions")?;
        write(&folder.join(SHARE).join(file), script.as_bytes())?;
    }
    Ok(())
}

/// Every file below a folder.
fn all(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(all(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(unix)]
fn link_to(program: &Path, link: &Path) -> Result<()> {
    std::os::unix::fs::symlink(program, link).with_context(|| format!("link {}", link.display()))
}

#[cfg(not(unix))]
fn link_to(program: &Path, link: &Path) -> Result<()> {
    bail!(
        "{} cannot be linked on this system; put {} on PATH",
        link.display(),
        program.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::env;

    #[test]
    fn what_is_read_leads_to_what_is_there_and_the_guides_are() -> Result<()> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folder = env::temp_dir().join(format!("koderz-papers-{}", std::process::id()));
        papers(&root, &folder)?;
        let readme = std::fs::read_to_string(folder.join("README.md"))?;
        remove(&folder)?;
        assert!(readme.contains("(docs/guide/README.md)") && readme.contains("(LICENSE-MIT)"));
        assert!(!readme.contains("(wit/)") && !readme.contains("(plugins/sdk/src/lib.rs)"));
        Ok(())
    }
}
