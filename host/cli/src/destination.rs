//! A file that is written at the end, and whose place is tried at the beginning.

use anyhow::{Context, Result, anyhow};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// A place for a text. Nothing is seen in a file there until it is whole; what is no file, such as a pipe, is written to
/// as it is.
#[derive(Debug)]
pub(crate) struct Destination {
    path: PathBuf,
    way: Way,
}

#[derive(Debug)]
enum Way {
    /// Into a file beside it, which then takes its place.
    Beside(PathBuf),
    /// Straight into what is there.
    Straight(File),
}

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Whoever the user's system lets.
    Usual,
    /// The user alone.
    Owner,
}

impl Destination {
    /// Sees that a text can be written to a place.
    pub(crate) fn reserve(path: &Path, readers: Readers) -> Result<Self> {
        reserve(path, readers).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Puts a text there.
    pub(crate) fn write(mut self, text: &str) -> Result<()> {
        let written = match &mut self.way {
            // Opened and not made anew, so that it keeps its mode.
            Way::Beside(unfinished) => OpenOptions::new()
                .write(true)
                .truncate(true)
                .open(&*unfinished)
                .and_then(|mut file| file.write_all(text.as_bytes()))
                .and_then(|()| fs::rename(&*unfinished, &self.path)),
            Way::Straight(file) => file.write_all(text.as_bytes()),
        };
        written.with_context(|| format!("cannot write {}", self.path.display()))
    }
}

fn reserve(path: &Path, readers: Readers) -> Result<Destination> {
    // What a link leads to is meant, and the link stays.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().context("it names no file")?;
    match fs::metadata(&path) {
        Ok(there) if there.is_dir() => return Err(anyhow!("it is a folder")),
        Ok(there) => {
            // Replacing a file needs no leave to write it, so that is asked for here.
            let file = OpenOptions::new().write(true).open(&path)?;
            if there.permissions().readonly() {
                return Err(anyhow!("it may only be read"));
            }
            if !there.is_file() {
                let way = Way::Straight(file);
                return Ok(Destination { path, way });
            }
        }
        Err(_) => {}
    }
    if let Some(folder) = path.parent()
        && folder != Path::new("")
        && !folder.is_dir()
    {
        return Err(anyhow!("there is no folder {}", folder.display()));
    }
    let mut unfinished = name.to_owned();
    unfinished.push(".unfinished");
    let unfinished = path.with_file_name(unfinished);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = readers;
    options.open(&unfinished)?;
    let way = Way::Beside(unfinished);
    Ok(Destination { path, way })
}

impl Drop for Destination {
    fn drop(&mut self) {
        if let Way::Beside(unfinished) = &self.way {
            // Gone already where the file was written.
            let _ = fs::remove_file(unfinished);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("koderz-destination-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a temporary folder");
        folder
    }

    #[test]
    fn a_link_stays_and_what_it_leads_to_is_written() {
        let folder = folder("link");
        let (target, link) = (folder.join("target"), folder.join("link"));
        fs::write(&target, "old").expect("a file");
        symlink(&target, &link).expect("a link");
        let destination = Destination::reserve(&link, Readers::Usual).expect("a place");
        destination.write("new").expect("written");
        assert!(fs::symlink_metadata(&link).expect("the link").is_symlink());
        assert_eq!(fs::read_to_string(&target).expect("the file"), "new");
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn what_is_no_file_is_written_to_and_not_replaced() {
        let destination = Destination::reserve(Path::new("/dev/null"), Readers::Usual).expect("a place");
        destination.write("text").expect("written");
        assert!(!fs::metadata("/dev/null").expect("it is there").is_file());
    }

    #[test]
    fn a_file_that_may_only_be_read_is_left_as_it_is() {
        let folder = folder("read-only");
        let path = folder.join("kept");
        fs::write(&path, "old").expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).expect("its mode");
        assert!(Destination::reserve(&path, Readers::Usual).is_err());
        assert_eq!(fs::read_to_string(&path).expect("the file"), "old");
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn nothing_is_left_of_a_file_that_is_never_written() {
        let folder = folder("never");
        drop(Destination::reserve(&folder.join("never"), Readers::Owner).expect("a place"));
        assert_eq!(fs::read_dir(&folder).expect("the folder").count(), 0);
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn a_file_for_the_owner_alone_is_nobody_elses_to_read() {
        let folder = folder("owner");
        let path = folder.join("report");
        let destination = Destination::reserve(&path, Readers::Owner).expect("a place");
        destination.write("text").expect("written");
        let mode = fs::metadata(&path).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::remove_dir_all(folder).expect("removed");
    }
}
