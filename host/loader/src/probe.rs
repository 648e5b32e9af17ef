//! What a file is, told from its bytes alone: nothing is compiled and nothing is run.

use crate::error::LoadError;
use std::path::Path;
use wasmparser::{BinaryReaderError, Encoding, Parser, Payload};

/// An interface of the contract that a plugin may export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub enum Interface {
    Identity,
    Suite,
    Summary,
    Reference,
    Planner,
    Retry,
    Limit,
    Evaluator,
}

impl Interface {
    const ALL: [Interface; 8] = [
        Interface::Identity,
        Interface::Suite,
        Interface::Summary,
        Interface::Reference,
        Interface::Planner,
        Interface::Retry,
        Interface::Limit,
        Interface::Evaluator,
    ];

    /// The interface's name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Interface::Identity => "identity",
            Interface::Suite => "suite",
            Interface::Summary => "summary",
            Interface::Reference => "reference",
            Interface::Planner => "planner",
            Interface::Retry => "retry",
            Interface::Limit => "limit",
            Interface::Evaluator => "evaluator",
        }
    }

    /// The interface of a name in the contract.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Interface::ALL.into_iter().find(|interface| interface.name() == name)
    }

    /// The interface that an export of this name is, if its version is compatible: 0.1.x with any x.
    fn of_export(export: &str) -> Option<Self> {
        let (name, version) = export.strip_prefix("koderz:plugin/")?.split_once('@')?;
        version.strip_prefix("0.1.")?;
        Interface::of_name(name)
    }
}

/// The names at a component's border.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Border {
    pub(crate) imports: Vec<String>,
    pub(crate) exports: Vec<String>,
    pub(crate) interfaces: Vec<Interface>,
}

impl Border {
    /// The version of the contract that its exports are of, where that is not the host's.
    pub(crate) fn other_contract(&self) -> Option<&str> {
        let versions = self.exports.iter().filter_map(|export| {
            let (_, version) = export.strip_prefix("koderz:plugin/")?.split_once('@')?;
            Some(version)
        });
        versions.into_iter().find(|version| !version.starts_with("0.1."))
    }

    /// The exports as a person reads them.
    pub(crate) fn exports_in_words(&self) -> String {
        if self.exports.is_empty() {
            "nothing".to_owned()
        } else {
            self.exports.join(", ")
        }
    }
}

/// Reads the border of a component.
pub(crate) fn border(path: &Path, bytes: &[u8]) -> Result<Border, LoadError> {
    let refuse = |what: String, hint: &'static str| LoadError::NotAComponent {
        path: path.to_owned(),
        what,
        hint,
    };
    let plain = "`koderz plugin build` builds a plugin; the .wasm file that it names is one";
    if !bytes.starts_with(b"\0asm") {
        return Err(refuse("it does not begin as WASM does".to_owned(), plain));
    }
    let damaged = |error: BinaryReaderError| {
        let hint = "it is cut off or damaged; copy it again, or build it again";
        refuse(error.to_string(), hint)
    };
    let mut border = Border::default();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(damaged)? {
            Payload::Version {
                encoding: Encoding::Module,
                ..
            } if depth == 0 => {
                let hint = "set `linker = \"wasm-component-ld\"` for the target in .cargo/config.toml";
                return Err(refuse("it is a core module".to_owned(), hint));
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(imports) if depth == 0 => {
                for import in imports {
                    let import = import.map_err(damaged)?;
                    border.imports.push(import.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(exports) if depth == 0 => {
                for export in exports {
                    let export = export.map_err(damaged)?;
                    border.exports.push(export.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    border.interfaces = border
        .exports
        .iter()
        .filter_map(|export| Interface::of_export(export))
        .collect();
    Ok(border)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8]) -> String {
        border(Path::new("some.wasm"), bytes).expect_err("refused").to_string()
    }

    #[test]
    fn what_is_no_component_is_refused_by_name() {
        assert!(refusal(b"hello").starts_with("some.wasm is not a WASM component: it does not begin as WASM does"));
        assert!(refusal(b"\0asm\x01\0\0\0").contains("it is a core module\nhint: set `linker"));
        assert!(refusal(b"\0asm\x0d\0\x01\0\xff\xff").contains("hint: it is cut off or damaged"));
    }

    #[test]
    fn an_empty_component_has_an_empty_border() {
        let border = border(Path::new("some.wasm"), b"\0asm\x0d\0\x01\0").expect("a component");
        assert_eq!(border, Border::default());
        assert_eq!(border.exports_in_words(), "nothing");
    }

    #[test]
    fn interfaces_resolve_by_their_semver_track() {
        assert_eq!(
            Interface::of_export("koderz:plugin/suite@0.1.0"),
            Some(Interface::Suite)
        );
        assert_eq!(
            Interface::of_export("koderz:plugin/retry@0.1.7"),
            Some(Interface::Retry)
        );
        assert_eq!(Interface::of_export("koderz:plugin/suite@0.2.0"), None);
        assert_eq!(Interface::of_export("other:plugin/suite@0.1.0"), None);
    }
}
