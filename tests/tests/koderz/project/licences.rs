//! What others may do with the project, and what others let it do.

use super::metadata::{folder, interpreter, metadata};
use koderz_tests::root;

/// Licences that ask for no more than a notice.
const FINE: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Packages under the Mozilla Public License, which asks only that their own files, if changed, stay free.
const MOZILLA: [&str; 1] = ["option-ext"];

/// Whether a choice that an SPDX expression leaves is fine. `/` is what `OR` was once written as.
fn fine(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let expression = expression.trim();
    split(expression, " OR ").map_or_else(
        || split(expression, " AND ").map_or_else(|| alone(expression), |all| all.into_iter().all(fine)),
        |any| any.into_iter().any(fine),
    )
}

fn alone(expression: &str) -> bool {
    match expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => fine(inner),
        None => FINE.contains(&expression),
    }
}

/// The parts between words that stand outside of brackets; none where there is just one part.
fn split<'a>(expression: &'a str, word: &str) -> Option<Vec<&'a str>> {
    let mut parts = Vec::new();
    let (mut depth, mut from) = (0, 0);
    for (at, c) in expression.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ' ' if depth == 0 && expression[at..].starts_with(word) => {
                parts.push(&expression[from..at]);
                from = at + word.len();
            }
            _ => {}
        }
    }
    if parts.is_empty() {
        return None;
    }
    parts.push(&expression[from..]);
    Some(parts)
}

#[test]
fn an_expression_is_fine_if_one_of_its_choices_is() {
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("GPL-3.0-only OR MIT", true),
        ("GPL-3.0-only AND MIT", false),
        ("(MIT OR GPL-3.0-only) AND Unicode-3.0", true),
        ("(MIT OR Apache-2.0) AND GPL-3.0-only", false),
        ("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT", true),
        ("GPL-2.0-only WITH Classpath-exception-2.0", false),
        ("Apache-2.0 / MIT", true),
        ("", false),
    ] {
        assert_eq!(fine(expression), expected, "{expression}");
    }
}

#[test]
fn every_package_that_is_built_of_others_may_be() {
    let interpreter = interpreter();
    let refused: Vec<String> = [metadata(), &interpreter]
        .iter()
        .flat_map(|metadata| &metadata.packages)
        .filter(|package| {
            let mozilla = MOZILLA.contains(&package.name.as_str()) && package.license.as_deref() == Some("MPL-2.0");
            !mozilla && !package.license.as_deref().is_some_and(fine)
        })
        .map(|package| format!("{} {}: {:?}", package.name, package.version, package.license))
        .collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn every_crate_names_its_licence_and_is_kept_from_being_published_by_mistake() {
    for package in metadata().packages.iter().filter(|package| folder(package).is_some()) {
        assert_eq!(
            package.license.as_deref(),
            Some("MIT OR Apache-2.0"),
            "{}",
            package.name
        );
        assert_eq!(
            package.publish.as_deref(),
            Some(&[][..]),
            "{} can be published",
            package.name
        );
        assert!(package.description.is_some(), "{} says nothing of itself", package.name);
        let manifest = std::fs::read_to_string(&package.manifest_path).expect("its manifest");
        assert!(
            manifest.contains("[lints]\nworkspace = true\n"),
            "{} has its own lints",
            package.name
        );
    }
}

#[test]
fn both_licences_are_in_the_checkout() {
    for (file, title) in [("LICENSE-MIT", "MIT License"), ("LICENSE-APACHE", "Apache License")] {
        let text = std::fs::read_to_string(root().join(file)).expect(file);
        assert_eq!(
            text.lines().find(|line| !line.is_empty()).map(str::trim),
            Some(title),
            "{file}"
        );
    }
}
