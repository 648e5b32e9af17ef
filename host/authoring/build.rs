//! Makes the SDK, the contract and the templates part of the program, so that a plugin can be begun where there is nothing
//! but that.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The parts of the project that a plugin is built with.
const SDK: [&str; 3] = ["plugins/api", "plugins/sdk", "wit"];

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo says where this is"));
    let root = here.join("../..");
    let mut code = String::new();
    list(&mut code, "SDK", &root, &SDK)?;
    list(&mut code, "TEMPLATES", &here.join("templates"), &["."])?;
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo says where to"));
    fs::write(out.join("files.rs"), code)
}

/// Code of a list of files with their texts, by their paths below a folder.
fn list(code: &mut String, name: &str, root: &Path, folders: &[&str]) -> io::Result<()> {
    let mut files = Vec::new();
    for folder in folders {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
        walk(&root.join(folder), &mut files)?;
    }
    files.sort();
    writeln!(code, "static {name}: &[(&str, &str)] = &[").expect("a string takes all");
    for file in files {
        let path = fs::canonicalize(&file)?;
        let short = path.strip_prefix(fs::canonicalize(root)?).expect("it is below");
        let short = short.to_string_lossy().replace('\\', "/");
        writeln!(code, "    ({short:?}, include_str!({path:?})),").expect("a string takes all");
    }
    code.push_str("];\n");
    Ok(())
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // What is built or left behind by an editor is no part of it; templates spell a leading dot out.
        if name.starts_with('.') || name.ends_with('~') || name == "target" {
            continue;
        }
        match path.is_dir() {
            true => walk(&path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}
