//! SHA-256 of files: what is downloaded is used only if it is what was meant.

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::path::Path;

/// SHA-256 in hexadecimal.
pub(crate) fn of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of a file.
pub(crate) fn of_file(path: &Path) -> Result<String> {
    std::fs::read(path)
        .map(|bytes| of(&bytes))
        .with_context(|| format!("read {}", path.display()))
}

/// Fails where a file is not the one that was meant.
pub(crate) fn check(path: &Path, expected: &str) -> Result<()> {
    let found = of_file(path)?;
    if found != expected {
        bail!("{} has SHA-256 {found}, and {expected} was expected", path.display());
    }
    Ok(())
}

/// One digest over files and words, for telling whether a result is still of its inputs.
pub(crate) fn over(words: &[&str], files: &[std::path::PathBuf]) -> Result<String> {
    let mut all = Sha256::new();
    for word in words {
        all.update(word.as_bytes());
        all.update([0]);
    }
    for file in files {
        all.update(of_file(file)?.as_bytes());
        all.update(file.file_name().unwrap_or_default().as_encoded_bytes());
    }
    Ok(all.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_the_one_meant_is_refused_by_name() {
        let file = std::env::temp_dir().join(format!("koderz-digest-{}", std::process::id()));
        std::fs::write(&file, b"abc").expect("a temporary file");
        let right = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert!(check(&file, right).is_ok());
        let error = check(&file, &right.replace('b', "c")).expect_err("refused").to_string();
        std::fs::remove_file(&file).expect("removed");
        assert!(error.contains("koderz-digest-") && error.contains(right), "{error}");
    }
}
