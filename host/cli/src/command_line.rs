//! The command line as it is kept in a run's manifest: without what is secret in it.

use std::ffi::OsString;

/// The option whose value is secret from its colon on.
const HEADER: &str = "--header";

/// The arguments, with the values of headers masked.
pub(crate) fn shown(arguments: impl Iterator<Item = OsString>) -> Vec<String> {
    let mut is_header = false;
    arguments
        .map(|argument| {
            let argument = argument.to_string_lossy().into_owned();
            let shown = match argument.strip_prefix(HEADER).and_then(|rest| rest.strip_prefix('=')) {
                _ if is_header => masked(&argument),
                Some(header) => format!("{HEADER}={}", masked(header)),
                None => argument.clone(),
            };
            is_header = argument == HEADER && !is_header;
            shown
        })
        .collect()
}

fn masked(header: &str) -> String {
    match header.split_once(':') {
        Some((name, _)) => format!("{}: ***", name.trim()),
        None => "***".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_a_header_is_left_out_however_it_was_typed() {
        let typed = [
            "koderz",
            "--header",
            "Authorization: Bearer a:b",
            "--header=X-Key:s3cret",
            "--header",
            "s3cret",
            "--seed",
            "1",
        ];
        assert_eq!(
            shown(typed.iter().map(OsString::from)),
            [
                "koderz",
                "--header",
                "Authorization: ***",
                "--header=X-Key: ***",
                "--header",
                "***",
                "--seed",
                "1"
            ]
        );
    }
}
