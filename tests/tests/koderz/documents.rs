//! What documents say: their commands can be typed as they stand and show what is shown, and the command line's own
//! reference is the one that the program gives.

mod blocks;
#[cfg(unix)]
mod commands;
#[cfg(unix)]
mod reader;
mod reference;

use koderz_tests::root;
use std::fs;
use std::path::{Path, PathBuf};

/// The documents for users, from the checkout's root.
fn documents() -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("README.md")];
    for folder in ["docs/guide", "docs/reference"] {
        let folder = Path::new(folder);
        for entry in fs::read_dir(root().join(folder)).expect("a folder").flatten() {
            let file = folder.join(entry.file_name());
            if file.extension().is_some_and(|extension| extension == "md") {
                found.push(file);
            }
        }
    }
    found.sort();
    found
}

fn read(document: &Path) -> String {
    fs::read_to_string(root().join(document)).expect("a document")
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    for document in documents() {
        let text = read(&document);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            let folder = document.parent().expect("a document is in a folder");
            let target = root().join(folder).join(file);
            assert!(target.exists(), "{} links to {link}", document.display());
        }
    }
}
