//! The memory that an interpreter's component begins with, taken out of it.
//!
//! A component with an interpreter inside is a few megabytes of code and many more of memory: the interpreter as it was
//! once it had started. As data segments that memory would be copied into every instance. Taken out, it can be mapped
//! instead, and what is left to compile is the code.

use std::ops::Range;
use wasmparser::{Data, DataKind, Operator, Parser, Payload};

/// Bytes of a page of WASM.
const PAGE: u64 = 1 << 16;

/// The longest memory that is taken out.
const LARGEST: u64 = 256 << 20;

/// A component in two parts.
pub(crate) struct Parted {
    /// The component, with a memory of noughts.
    pub(crate) component: Vec<u8>,
    /// The memory as it should be at the beginning: as long as the component's own is then.
    pub(crate) memory: Vec<u8>,
}

/// Parts a component; none where it has no memory of its own or more than one, or fills it in ways that only an engine
/// can follow.
pub(crate) fn part(bytes: &[u8]) -> Option<Parted> {
    let mut found = Found::default();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.ok()? {
            Payload::ModuleSection { unchecked_range, .. } | Payload::ComponentSection { unchecked_range, .. } => {
                found.nested.push(unchecked_range);
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    let memory = memory.ok()?;
                    let plain = !memory.memory64 && !memory.shared && memory.page_size_log2.is_none();
                    let length = memory.initial.checked_mul(PAGE).filter(|length| *length <= LARGEST)?;
                    if !plain || found.memory.replace(vec![0; usize::try_from(length).ok()?]).is_some() {
                        return None;
                    }
                    found.owner = found.nested.last().cloned();
                }
            }
            // It has to agree with the segments.
            Payload::DataCountSection { range, .. } if found.owns(&range) => return None,
            Payload::DataSection(section) if found.owns(&section.range()) => {
                found.segments = Some(section.range());
                for segment in section {
                    fill(found.memory.as_mut()?, &segment.ok()?)?;
                }
            }
            _ => {}
        }
    }
    let (memory, owner, segments) = (found.memory?, found.owner?, found.segments?);
    let around = found.nested.into_iter().filter(|nested| within(nested, &segments));
    let around: Vec<_> = around.collect();
    // A module in a component in a component would need every length on the way to be written anew.
    (around == [owner.clone()]).then(|| Parted {
        component: without(bytes, &owner, &segments),
        memory,
    })
}

#[derive(Default)]
struct Found {
    nested: Vec<Range<usize>>,
    memory: Option<Vec<u8>>,
    /// The module that defines the memory.
    owner: Option<Range<usize>>,
    segments: Option<Range<usize>>,
}

impl Found {
    fn owns(&self, range: &Range<usize>) -> bool {
        self.owner.as_ref().is_some_and(|owner| within(owner, range))
    }
}

fn within(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn fill(memory: &mut [u8], segment: &Data<'_>) -> Option<()> {
    let DataKind::Active {
        memory_index: 0,
        offset_expr,
    } = &segment.kind
    else {
        return None;
    };
    let mut operators = offset_expr.get_operators_reader();
    let Ok(Operator::I32Const { value }) = operators.read() else {
        return None;
    };
    if !matches!(operators.read(), Ok(Operator::End)) {
        return None;
    }
    let start = usize::try_from(value.cast_unsigned()).ok()?;
    let end = start.checked_add(segment.data.len())?;
    memory.get_mut(start..end)?.copy_from_slice(segment.data);
    Some(())
}

/// The component with a module in it that has no segments.
fn without(bytes: &[u8], owner: &Range<usize>, segments: &Range<usize>) -> Vec<u8> {
    // A section is its id, the length of its content, and its content; a module in a component is such a content.
    let none = [0];
    let before = header(bytes, segments.start, segments.len());
    let module = [
        &bytes[owner.start..before],
        &[11, 1],
        &none,
        &bytes[segments.end..owner.end],
    ]
    .concat();
    let mut component = bytes[..header(bytes, owner.start, owner.len())].to_vec();
    component.push(1);
    component.extend(leb(module.len()));
    component.extend(module);
    component.extend(&bytes[owner.end..]);
    component
}

/// Where a section begins whose content begins here: before its id and its length, which may be padded.
fn header(bytes: &[u8], content: usize, length: usize) -> usize {
    let shortest = leb(length).len();
    let padded = |size: &usize| {
        let written = &bytes[content - size..content];
        let value = written
            .iter()
            .rev()
            .fold(0_usize, |sum, byte| sum << 7 | usize::from(byte & 0x7f));
        value == length && written[..size - 1].iter().all(|byte| byte & 0x80 != 0) && written[size - 1] & 0x80 == 0
    };
    let size = (shortest..=5).rev().find(padded).unwrap_or(shortest);
    content - size - 1
}

fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A section or a module with its header.
    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        [&[id][..], &leb(content.len()), content].concat()
    }

    fn component(modules: &[Vec<u8>]) -> Vec<u8> {
        let header = b"\0asm\x0d\0\x01\0".to_vec();
        modules.iter().fold(header, |mut component, sections| {
            let module = [b"\0asm\x01\0\0\0", sections.as_slice()].concat();
            component.extend(section(1, &module));
            component
        })
    }

    fn memory() -> Vec<u8> {
        section(5, &[1, 0, 1])
    }

    fn data(offset: u8, text: &[u8]) -> Vec<u8> {
        let head = [
            1,
            0,
            0x41,
            offset,
            0x0b,
            u8::try_from(text.len()).expect("a short text"),
        ];
        section(11, &[&head, text].concat())
    }

    #[test]
    fn a_component_is_parted_into_its_code_and_the_memory_that_its_segments_make() {
        let whole = component(&[[memory(), data(8, b"text")].concat(), Vec::new()]);
        let parted = part(&whole).expect("it can be parted");
        assert_eq!(parted.memory.len(), 1 << 16);
        assert_eq!(&parted.memory[7..13], b"\0text\0");
        let empty = section(11, &[0]);
        assert_eq!(parted.component, component(&[[memory(), empty].concat(), Vec::new()]));
    }

    #[test]
    fn a_length_that_is_written_with_more_bytes_than_it_needs_is_replaced_as_a_whole() {
        let module = [b"\0asm\x01\0\0\0".to_vec(), memory(), data(8, b"text")].concat();
        let length = u8::try_from(module.len()).expect("a short module");
        let padded = [&[1, length | 0x80, 0x80, 0x80, 0x00][..], &module].concat();
        let whole = [&b"\0asm\x0d\0\x01\0"[..], &padded].concat();
        let parted = part(&whole).expect("it can be parted");
        let empty = section(11, &[0]);
        assert_eq!(parted.component, component(&[[memory(), empty].concat()]));
    }

    #[test]
    fn what_only_an_engine_can_follow_is_left_to_it() {
        let beyond = data(8, &[b'x'; 100]);
        let passive = section(11, &[1, 1, 1, b'x']);
        for (what, whole) in [
            ("no memory", component(&[Vec::new()])),
            (
                "two memories",
                component(&[[memory(), data(0, b"a")].concat(), memory()]),
            ),
            ("no segments", component(&[memory()])),
            ("a passive segment", component(&[[memory(), passive].concat()])),
            (
                "a segment beyond the memory",
                component(&[[section(5, &[1, 0, 0]), beyond].concat()]),
            ),
            (
                "half a component",
                component(&[[memory(), data(8, b"text")].concat()])[..30].to_vec(),
            ),
        ] {
            assert!(part(&whole).is_none(), "{what}");
        }
    }
}
