//! Which code of an answer is the answer.
//!
//! The last whole definition counts: drafts come before it, and what comes after it and is not whole is a stub or was
//! cut off. What shows how the function is used is not run, because its mistakes are not the function's.

use super::block::{Block, fenced, stretches};
use super::body::body;
use super::prose::reads_as_python;
use super::python::{Statement, names, statements, words};
use super::spoken::spoken;
use std::collections::{BTreeMap, BTreeSet};

/// The code that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Code that defines the function.
    Definition(String),
    /// What goes under the function's head, indented by four.
    Body(String),
}

/// Why none was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// There is none.
    Code,
    /// There is some, and it does not define the function.
    Definition,
}

/// Chooses the code that defines a function, and says what was done to it beyond taking it out of its fence.
///
/// `prompt` is what will stand before the code. `cut` says that the answer ended because it had to.
pub(crate) fn choose(answer: &str, name: &str, prompt: &str, cut: bool) -> Result<Found, Missing> {
    let (fenced, around) = fenced(&spoken(answer));
    let stretches = stretches(&around);
    let (fenced, unfenced) = (
        Search::new(&fenced, name, prompt, cut),
        Search::new(&stretches, name, prompt, cut),
    );
    let ways: [Way<'_>; 4] = [Search::whole, Search::method, Search::body, Search::broken];
    for way in ways {
        if let Some(found) = way(&fenced) {
            return Ok(found);
        }
        if let Some((choice, mut repairs)) = way(&unfenced) {
            repairs.insert("unfenced");
            return Ok((choice, repairs));
        }
    }
    let has_code = fenced.has_python() || unfenced.has_definitions();
    Err(if has_code { Missing::Definition } else { Missing::Code })
}

/// A choice, and what was done to it.
type Found = (Choice, BTreeSet<&'static str>);

/// A way to find one.
type Way<'a> = fn(&Search<'a>) -> Option<Found>;

/// The blocks of an answer, all fenced or all not, and what is looked for in them.
struct Search<'a> {
    blocks: Vec<(&'a Block, Vec<Statement<'a>>)>,
    name: &'a str,
    prompt: &'a str,
    cut: bool,
}

impl<'a> Search<'a> {
    fn new(blocks: &'a [Block], name: &'a str, prompt: &'a str, cut: bool) -> Search<'a> {
        let read = |block: &'a Block| (block, statements(&block.code));
        Search {
            blocks: blocks.iter().map(read).collect(),
            name,
            prompt,
            cut,
        }
    }

    /// Where the last statement is that satisfies a condition, as block and statement.
    fn last(&self, wanted: impl Fn(&Statement<'a>) -> bool) -> Option<(usize, usize)> {
        let found = |(_, statements): &(&Block, Vec<Statement<'a>>)| statements.iter().rposition(&wanted);
        let block = self.blocks.iter().rposition(|block| found(block).is_some())?;
        Some((block, found(&self.blocks[block])?))
    }

    /// Whether a statement is where the answer was cut, so that its end is not there.
    fn is_cut(&self, statement: &Statement<'a>) -> bool {
        let end = self.blocks.last().filter(|(block, _)| self.cut && !block.ended);
        end.and_then(|(_, statements)| statements.last())
            .is_some_and(|last| std::ptr::eq(last.text, statement.text))
    }

    fn is_whole(&self, statement: &Statement<'a>) -> bool {
        statement.makes(self.name) && statement.is_whole() && !self.is_cut(statement)
    }

    fn whole(&self) -> Option<Found> {
        let (block, statement) = self.last(|statement| self.is_whole(statement))?;
        let mut found = self.assembled(block, statement);
        if self.last(|statement| statement.makes(self.name)) > Some((block, statement)) {
            found.1.insert("earlier-definition");
        }
        Some(found)
    }

    /// The function as a method of a class, as some exercise sites want it, with a way to it.
    fn method(&self) -> Option<Found> {
        let is_method = |statement: &Statement<'a>| statement.method(self.name).is_some_and(|method| method.is_whole());
        let ended = self.last(|statement| is_method(statement) && !self.is_cut(statement));
        let (block, statement) = ended.or_else(|| self.last(is_method))?;
        let class = self.blocks[block].1[statement].head().class()?;
        let (Choice::Definition(mut code), mut repairs) = self.assembled(block, statement) else {
            return None;
        };
        let name = self.name;
        code.push_str(&format!(
            "\n\ndef {name}(*values, **named):\n    return {class}().{name}(*values, **named)\n"
        ));
        repairs.insert("method-unwrapped");
        Some((Choice::Definition(code), repairs))
    }

    fn body(&self) -> Option<Found> {
        let python = self.blocks.iter().rev().filter(|(block, _)| block.may_be_python());
        let (body, repair) = python
            .into_iter()
            .find_map(|(block, _)| Some((body(&block.code)?, block.repair)))?;
        Some((
            Choice::Body(body.code),
            body.repairs.into_iter().chain(repair).collect(),
        ))
    }

    /// A definition that is not whole, where there is nothing better.
    fn broken(&self) -> Option<Found> {
        let (block, statement) = self.last(|statement| statement.makes(self.name))?;
        Some(self.assembled(block, statement))
    }

    fn has_python(&self) -> bool {
        let is_python =
            |(block, statements): &(&Block, Vec<Statement<'a>>)| block.may_be_python() && !statements.is_empty();
        self.blocks.iter().any(is_python)
    }

    fn has_definitions(&self) -> bool {
        let defines = |statement: &Statement<'a>| statement.head().function().or(statement.head().class()).is_some();
        self.last(defines).is_some()
    }

    /// The program around a statement: its block less what is broken and what uses it, and before that whatever it
    /// needs from other blocks.
    fn assembled(&self, block: usize, chosen: usize) -> Found {
        let (origin, statements) = &self.blocks[block];
        let mut repairs: BTreeSet<&'static str> = origin.repair.into_iter().collect();
        let own: BTreeSet<&str> = statements
            .iter()
            .filter(|it| it.head().function().is_some())
            .flat_map(Statement::names)
            .collect();
        let mut kept = Vec::new();
        for (index, statement) in statements.iter().enumerate() {
            let is_later = index > chosen && statement.makes(self.name);
            if index != chosen && (is_later || is_fragment(statement)) {
                repairs.insert("fragment-dropped");
            } else if index > chosen && self.is_usage(statement, &own) {
                repairs.insert("usage-dropped");
            } else {
                kept.push(statement.text);
            }
        }
        let code = kept.iter().map(|text| with_line_end(text)).collect::<String>();
        let borrowed = self.borrowed(block, &code);
        if !borrowed.is_empty() {
            repairs.insert("blocks-joined");
        }
        (Choice::Definition(borrowed + &code), repairs)
    }

    /// Whether a statement after the definition only shows or tries it.
    fn is_usage(&self, statement: &Statement<'a>, own: &BTreeSet<&str>) -> bool {
        let head = statement.head();
        if head.function().is_some() || head.class().is_some() {
            return false;
        }
        if statement.targets().is_some() {
            return statement.mentions(self.name);
        }
        match head.first_word() {
            "import" | "from" => false,
            "assert" | "print" | "input" | "unittest" | "doctest" | "pytest" => true,
            "if" if statement.mentions("__name__") => true,
            // Something may be kept with the function itself, such as what it has already found.
            first if first == self.name && head.text[first.len()..].starts_with('.') => false,
            first => own.contains(first) || statement.mentions(self.name),
        }
    }

    /// What the code of a block needs and other blocks define: functions, classes, imports, and constants, which are
    /// told from the values of examples by their capitals.
    fn borrowed(&self, block: usize, code: &str) -> String {
        let mut offers: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        // Later offers take the place of earlier ones, and those before the block that of those after it.
        let after = (block + 1..self.blocks.len()).rev();
        for other in after.chain(0..block) {
            for (index, statement) in self.blocks[other].1.iter().enumerate() {
                let is_constant = |name: &&str| !name.chars().any(char::is_lowercase);
                let offered =
                    statement.is_closed() && !statement.makes(self.name) && self.blocks[other].0.may_be_python();
                let is_assignment = statement.targets().is_some();
                let names = statement
                    .names()
                    .into_iter()
                    .filter(|name| offered && (!is_assignment || is_constant(name)));
                offers.extend(names.map(|name| (name, (other, index))));
            }
        }
        for name in names(self.prompt).into_iter().chain(names(code)) {
            offers.remove(name);
        }
        let mut taken = BTreeSet::new();
        let mut wanted: Vec<&str> = words(code).collect();
        while let Some(name) = wanted.pop() {
            if let Some(place @ (other, index)) = offers.remove(name)
                && taken.insert(place)
            {
                wanted.extend(words(self.blocks[other].1[index].text));
            }
        }
        taken
            .into_iter()
            .map(|(other, index)| with_line_end(self.blocks[other].1[index].text))
            .collect()
    }
}

/// Whether a statement is broken, or a sentence.
fn is_fragment(statement: &Statement<'_>) -> bool {
    let head = statement.head();
    let is_known = head.function().is_some() || statement.targets().is_some();
    !statement.is_closed() || !(is_known || reads_as_python(head.text))
}

fn with_line_end(text: &str) -> String {
    format!("{}\n", text.strip_suffix('\n').unwrap_or(text))
}
