//! `docs/reference/wit.md`: the contract as a document, made of its own comments, so that it cannot say anything else.

use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use wit_parser::{
    Docs, Function, FunctionKind, Handle, Interface, InterfaceId, Resolve, Type, TypeDef, TypeDefKind, TypeOwner,
    World, WorldItem, WorldKey,
};

/// The contract that is documented: the newest.
const FOLDER: &str = "wit/koderz-plugin-0.1.0";
const DOCUMENT: &str = "docs/reference/wit.md";

/// Writes the document.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    let file = workspace.root.join(DOCUMENT);
    std::fs::write(&file, document(workspace)?).with_context(|| format!("write {}", file.display()))
}

/// The document, as the contract has it now.
fn document(workspace: &Workspace) -> Result<String> {
    let folder: PathBuf = workspace.root.join(FOLDER);
    let mut resolve = Resolve::default();
    let read = resolve.push_dir(&folder);
    let (package, _) = read.with_context(|| format!("read the contract in {}", folder.display()))?;
    let contract = Contract(&resolve);
    let package = &resolve.packages[package];
    let mut text = format!("# The contract: `{}`\n\n", package.name);
    let _ = writeln!(
        text,
        "<!-- `cargo xtask reference` makes this page of the comments in `{FOLDER}`. -->\n"
    );
    text.push_str(&paragraphs(&package.docs));
    text.push_str("| interface | |\n|---|---|\n");
    let interfaces: BTreeMap<_, _> = package.interfaces.iter().collect();
    for (name, id) in &interfaces {
        let docs = resolve.interfaces[**id].docs.contents.as_deref().unwrap_or_default();
        let _ = writeln!(text, "| [`{name}`](#interface-{name}) | {} |", sentence(docs));
    }
    for (name, id) in interfaces {
        let _ = write!(text, "\n## Interface `{name}`\n\n{}", contract.interface(*id)?);
    }
    text.push_str(
        "\n## Worlds\n\nA world is a convenience for authors: what a plugin of a kind imports and exports.\n\n",
    );
    text.push_str("| world | | imports | exports |\n|---|---|---|---|\n");
    for (name, id) in &package.worlds {
        let _ = writeln!(text, "| `{name}` | {}", contract.world(&resolve.worlds[*id]));
    }
    Ok(text)
}

/// The parsed contract, in which names are looked up.
struct Contract<'a>(&'a Resolve);

impl Contract<'_> {
    fn interface(&self, id: InterfaceId) -> Result<String> {
        let interface = &self.0.interfaces[id];
        let mut text = paragraphs(&interface.docs);
        let used: Vec<String> = interface
            .types
            .iter()
            .filter_map(|(name, id)| {
                let from = self.imported(&self.0.types[*id], interface)?;
                Some(format!("[`{name}`](#interface-{from})"))
            })
            .collect();
        if !used.is_empty() {
            let _ = writeln!(text, "Used from other interfaces: {}.\n", used.join(", "));
        }
        for (name, id) in &interface.types {
            let definition = &self.0.types[*id];
            if self.imported(definition, interface).is_none() {
                let _ = write!(text, "### `{name}`\n\n{}", self.definition(name, definition)?);
            }
        }
        let own = |function: &&Function| matches!(function.kind, FunctionKind::Freestanding);
        for function in interface.functions.values().filter(own) {
            let _ = write!(text, "### `{}`\n\n{}", function.name, paragraphs(&function.docs));
            let _ = writeln!(text, "```wit\n{}\n```\n", self.signature(function)?);
        }
        text.truncate(text.trim_end().len());
        Ok(text + "\n")
    }

    /// The interface that a type is used from, where it is not this one's own.
    fn imported(&self, definition: &TypeDef, interface: &Interface) -> Option<&str> {
        let TypeDefKind::Type(Type::Id(original)) = definition.kind else {
            return None;
        };
        match self.0.types[original].owner {
            TypeOwner::Interface(owner) if self.0.interfaces[owner].name != interface.name => {
                self.0.interfaces[owner].name.as_deref()
            }
            _ => None,
        }
    }

    /// A type's kind and comment, and its parts with theirs.
    fn definition(&self, name: &str, definition: &TypeDef) -> Result<String> {
        let (kind, parts): (String, Vec<(String, &Docs)>) = match &definition.kind {
            TypeDefKind::Record(record) => {
                let fields = record.fields.iter();
                let fields = fields.map(|field| Ok((format!("{}: {}", field.name, self.of(&field.ty)?), &field.docs)));
                ("A record.".to_owned(), fields.collect::<Result<_>>()?)
            }
            TypeDefKind::Variant(variant) => {
                let cases = variant.cases.iter().map(|case| {
                    let payload = case.ty.as_ref().map(|ty| self.of(ty)).transpose()?;
                    let payload = payload.map(|payload| format!("({payload})")).unwrap_or_default();
                    Ok((format!("{}{payload}", case.name), &case.docs))
                });
                ("One of these cases.".to_owned(), cases.collect::<Result<_>>()?)
            }
            TypeDefKind::Enum(cases) => (
                "One of these cases.".to_owned(),
                cases.cases.iter().map(|case| (case.name.clone(), &case.docs)).collect(),
            ),
            TypeDefKind::Flags(flags) => (
                "Any of these flags.".to_owned(),
                flags.flags.iter().map(|flag| (flag.name.clone(), &flag.docs)).collect(),
            ),
            TypeDefKind::Resource => (
                "A resource, with these functions.".to_owned(),
                self.methods(name, definition)?,
            ),
            other => (format!("The same as `{}`.", self.kind(other)?), Vec::new()),
        };
        let mut text = paragraphs(&definition.docs);
        let _ = writeln!(text, "{kind}\n");
        if !parts.is_empty() {
            text.push_str("| | |\n|---|---|\n");
            for (part, docs) in parts {
                let docs = docs.contents.as_deref().unwrap_or_default();
                let _ = writeln!(text, "| `{}` | {} |", part.replace('|', "\\|"), line(docs));
            }
            text.push('\n');
        }
        Ok(text)
    }

    fn methods<'b>(&'b self, name: &str, definition: &TypeDef) -> Result<Vec<(String, &'b Docs)>> {
        let TypeOwner::Interface(owner) = definition.owner else {
            bail!("the resource {name} is in no interface");
        };
        let functions = self.0.interfaces[owner].functions.values();
        let of_it = functions.filter(|function| {
            function
                .kind
                .resource()
                .is_some_and(|resource| self.0.types[resource].name.as_deref() == Some(name))
        });
        of_it
            .map(|function| Ok((self.signature(function)?, &function.docs)))
            .collect()
    }

    fn signature(&self, function: &Function) -> Result<String> {
        let is_method = matches!(function.kind, FunctionKind::Method(_));
        let parameters = function.params.iter().skip(usize::from(is_method));
        let parameters: Result<Vec<String>> = parameters
            .map(|parameter| Ok(format!("{}: {}", parameter.name, self.of(&parameter.ty)?)))
            .collect();
        let kind = match function.kind {
            FunctionKind::Static(_) => "static func",
            _ => "func",
        };
        let result = function.result.as_ref().map(|result| self.of(result)).transpose()?;
        let result = result.map(|result| format!(" -> {result}")).unwrap_or_default();
        Ok(format!(
            "{}: {kind}({}){result}",
            function.item_name(),
            parameters?.join(", ")
        ))
    }

    /// A type as the contract writes it.
    fn of(&self, ty: &Type) -> Result<String> {
        Ok(match ty {
            Type::Bool => "bool".to_owned(),
            Type::U8 => "u8".to_owned(),
            Type::U16 => "u16".to_owned(),
            Type::U32 => "u32".to_owned(),
            Type::U64 => "u64".to_owned(),
            Type::F64 => "f64".to_owned(),
            Type::String => "string".to_owned(),
            Type::Id(id) => match &self.0.types[*id].name {
                Some(name) => name.clone(),
                None => self.kind(&self.0.types[*id].kind)?,
            },
            other => bail!("the contract has a type that this page has no word for: {other:?}"),
        })
    }

    fn kind(&self, kind: &TypeDefKind) -> Result<String> {
        Ok(match kind {
            TypeDefKind::Type(ty) => self.of(ty)?,
            TypeDefKind::List(ty) => format!("list<{}>", self.of(ty)?),
            TypeDefKind::Option(ty) => format!("option<{}>", self.of(ty)?),
            TypeDefKind::Handle(Handle::Own(id)) => self.of(&Type::Id(*id))?,
            TypeDefKind::Tuple(tuple) => {
                let types: Result<Vec<String>> = tuple.types.iter().map(|ty| self.of(ty)).collect();
                format!("tuple<{}>", types?.join(", "))
            }
            TypeDefKind::Result(result) => {
                let part = |ty: &Option<Type>| ty.as_ref().map_or(Ok("_".to_owned()), |ty| self.of(ty));
                format!("result<{}, {}>", part(&result.ok)?, part(&result.err)?)
            }
            other => bail!(
                "the contract has a type that this page has no word for: {}",
                other.as_str()
            ),
        })
    }

    fn world(&self, world: &World) -> String {
        let names = |items: &mut dyn Iterator<Item = (&WorldKey, &WorldItem)>| {
            let names = items.filter_map(|(key, _)| match key {
                WorldKey::Interface(id) => self.0.interfaces[*id].name.clone(),
                WorldKey::Name(name) => Some(name.clone()),
            });
            let links: Vec<String> = names.map(|name| format!("[`{name}`](#interface-{name})")).collect();
            links.join(", ")
        };
        // The parser also takes the remark at the top of the file for a part of the first world's comment.
        let docs = world.docs.contents.as_deref().and_then(|docs| docs.lines().last());
        format!(
            "{} | {} | {} |",
            line(docs.unwrap_or_default()),
            names(&mut world.imports.iter()),
            names(&mut world.exports.iter())
        )
    }
}

/// A comment as paragraphs.
fn paragraphs(docs: &Docs) -> String {
    match docs.contents.as_deref().map(str::trim_end) {
        Some(text) if !text.is_empty() => format!("{text}\n\n"),
        _ => String::new(),
    }
}

/// A comment in a line, as a table wants it.
fn line(docs: &str) -> String {
    docs.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|")
}

/// The first sentence of a comment.
fn sentence(docs: &str) -> String {
    let line = line(docs);
    match line.split_once(". ") {
        Some((first, _)) => format!("{first}."),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_of_the_contract_says_what_the_contract_says() {
        let workspace = Workspace::find().expect("the checkout");
        let kept = std::fs::read_to_string(workspace.root.join(DOCUMENT)).unwrap_or_default();
        let made = document(&workspace).expect("the contract can be read");
        assert!(
            kept == made,
            "{DOCUMENT} is stale; `cargo xtask reference` writes it again"
        );
    }
}
