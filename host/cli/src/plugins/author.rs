//! `koderz plugin new` and `koderz plugin build`: a plugin is begun and built.

use crate::arguments::{PluginBuild, PluginNew};
use crate::{Outcome, layers, print};
use anyhow::{Context, Result};
use koderz_authoring::Language;
use koderz_loader::digest;
use std::env::consts::DLL_PREFIX;
use std::fs::File;
use std::path::{Path, PathBuf};

pub(super) fn begin(arguments: &PluginNew) -> Result<Outcome> {
    let folder = arguments.path.clone().unwrap_or_else(|| PathBuf::from(&arguments.name));
    let begun = koderz_authoring::begin(arguments.kind, arguments.lang, &arguments.name, &folder)?;
    let mut text = String::new();
    for file in &begun.files {
        text.push_str(&format!("{}\n", begun.folder.join(file).display()));
    }
    print(&text)?;
    let tested = match arguments.lang {
        Language::Rust => "cargo test && koderz plugin build",
        Language::Python | Language::JavaScript => "what its README.md says",
    };
    eprintln!("next: cd {} && {tested}", begun.folder.display());
    Ok(Outcome::Done)
}

pub(super) fn build(arguments: &PluginBuild) -> Result<Outcome> {
    let folder = arguments.path.clone().unwrap_or_else(|| PathBuf::from("."));
    let built = koderz_authoring::build(&folder, arguments.native)?;
    let read = |file: &Path| -> std::io::Result<(u64, String)> {
        let mut file = File::open(file)?;
        Ok((file.metadata()?.len(), digest::of_all(&mut file)?))
    };
    let shown = built.file.display();
    let (bytes, digest) = read(&built.file).with_context(|| format!("read {shown}"))?;
    print(&format!("{shown}\n"))?;
    eprintln!("{bytes} bytes, SHA-256 {digest}");
    match arguments.native {
        true => {
            let name = built.file.file_stem().unwrap_or_default().to_string_lossy();
            let name = name.strip_prefix(DLL_PREFIX).unwrap_or(&name);
            eprintln!(
                "hint: whoever uses it has to allow it, with --native --pin native:{name}={digest} or in a configuration of \
                 their own, which is {}:\n\nnative = true\n\n[pin]\n\"native:{name}\" = \"{digest}\"\n",
                layers::own_in_words()
            );
        }
        false => eprintln!("next: koderz plugin check {shown}"),
    }
    Ok(Outcome::Done)
}
