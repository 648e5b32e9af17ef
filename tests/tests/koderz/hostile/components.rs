//! Components written by hand, as no SDK would make them.

use koderz_loader::{Engines, LoadError, Plugin};
use koderz_tests::{cache, test_plugin};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A component that says of itself that this is its name, given as bytes, and has something that it calls a retry policy.
fn component(name: &[u8], rest: &str) -> Vec<u8> {
    let escaped: String = name.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let text = format!(
        r#"
        (component
            {rest}
            (core module $module
                (memory (export "memory") 1)
                (data (i32.const 16) "{escaped}")
                (data (i32.const 8) "0.1.0")
                (func (export "describe") (result i32)
                    (i32.store (i32.const 1024) (i32.const 16))
                    (i32.store (i32.const 1028) (i32.const {length}))
                    (i32.store (i32.const 1032) (i32.const 8))
                    (i32.store (i32.const 1036) (i32.const 5))
                    (i32.store (i32.const 1040) (i32.const 8))
                    (i32.store (i32.const 1044) (i32.const 5))
                    (i32.const 1024))
                (func (export "schema") (result i32) (i32.const 7)))
            (core instance $made (instantiate $module))
            (type $plain (record (field "name" string) (field "version" string) (field "summary" string)))
            (export $info "plugin-info" (type $plain))
            (func $describe (result $info)
                (canon lift (core func $made "describe") (memory $made "memory")))
            (func $schema (result u32)
                (canon lift (core func $made "schema")))
            (instance $identity (export "plugin-info" (type $info)) (export "describe" (func $describe)))
            (instance $retry (export "settings-schema" (func $schema)))
            (export "koderz:plugin/identity@0.1.0" (instance $identity))
            (export "koderz:plugin/retry@0.1.0" (instance $retry)))
        "#,
        length = name.len(),
    );
    wat::parse_str(&text).expect("a component")
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().expect("a temporary folder"))
    }

    fn file(&self, bytes: &[u8]) -> PathBuf {
        let file = self.0.path().join("crafted.wasm");
        fs::write(&file, bytes).expect("a new file");
        file
    }

    /// Why it cannot be loaded, with all causes.
    fn refusal(&self, file: &Path) -> String {
        let engines = Engines::new(Some(&cache())).expect("engines");
        let error: LoadError = Plugin::load(&engines, file).err().expect("it is refused");
        let mut words = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            words.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        words.replace(&self.0.path().display().to_string(), "FOLDER")
    }
}

#[test]
fn a_component_that_no_sdk_made_is_refused_as_what_it_is() {
    let folder = Folder::new();
    let told = |bytes: &[u8]| folder.refusal(&folder.file(bytes));
    let unknown = r#"(import "evil:system/shell@1.0.0" (instance (export "run" (func (param "command" string)))))"#;
    let mut all = String::new();
    for (what, bytes) in [
        ("bytes that are no UTF-8", component(b"\xff\xfe\xfd", "")),
        ("a name that is a path", component(b"../../etc/cron.d/x", "")),
        ("a name without an end", component(&[b'a'; 900], "")),
        ("a name with an escape", component(b"\x1b[2J", "")),
        ("an interface of another shape", component(b"crafted", "")),
        ("an import of what nobody offers", component(b"crafted", unknown)),
    ] {
        all.push_str(&format!("{what}: {}\n", told(&bytes)));
    }
    insta::assert_snapshot!(all, @r"
    bytes that are no UTF-8: load plugin FOLDER/crafted.wasm: plugin crafted of unknown version, call describe: invalid utf-8 sequence of 1 bytes from index 0
    a name that is a path: plugin FOLDER/crafted.wasm says of itself: its name is `../../etc/cron.d/x`, which is not lower-case letters, digits and dashes, 64 at most
    a name without an end: plugin FOLDER/crafted.wasm says of itself: its name is `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`, which is not lower-case letters, digits and dashes, 64 at most
    a name with an escape: plugin FOLDER/crafted.wasm says of itself: its name is `\u{1b}[2J`, which is not lower-case letters, digits and dashes, 64 at most
    an interface of another shape: load plugin FOLDER/crafted.wasm: instance export `koderz:plugin/retry@0.1.0` does not have export `[static]policy.open`
    an import of what nobody offers: plugin FOLDER/crafted.wasm imports evil:system/shell@1.0.0, which its kind of plugin is not given
    ");
}

#[test]
fn a_plugin_for_a_newer_contract_says_what_it_needs() {
    let folder = Folder::new();
    let bytes = component(b"crafted", "");
    // The same length, so that nothing else of the binary changes.
    let newer = String::from_utf8_lossy(b"@0.1.0");
    let at: Vec<usize> = bytes
        .windows(6)
        .enumerate()
        .filter(|(_, part)| *part == newer.as_bytes())
        .map(|(at, _)| at)
        .collect();
    let mut changed = bytes;
    for at in at {
        changed[at..at + 6].copy_from_slice(b"@0.2.0");
    }
    insta::assert_snapshot!(folder.refusal(&folder.file(&changed)), @r"
    FOLDER/crafted.wasm needs koderz:plugin 0.2.0, and this host speaks 0.1
    hint: a newer koderz can use it
    ");
}

#[test]
fn a_file_of_200_mb_is_not_read() {
    let folder = Folder::new();
    let file = folder.file(b"");
    // No byte of it is on the disk.
    File::options()
        .write(true)
        .open(&file)
        .and_then(|file| file.set_len(200 << 20))
        .expect("a long file");
    insta::assert_snapshot!(folder.refusal(&file), @"plugin FOLDER/crafted.wasm has 209715200 bytes; at most 134217728 are read");
}

#[test]
fn a_plugin_that_is_changed_while_it_is_used_goes_on_as_it_was_loaded() {
    let folder = Folder::new();
    let file = folder.file(&fs::read(test_plugin("sums")).expect("the component"));
    let engines = Engines::new(Some(&cache())).expect("engines");
    let plugin = Plugin::load(&engines, &file).expect("it loads");
    let suite = plugin.open_suite(&serde_json::Map::new()).expect("it opens");
    let digest = plugin.digest().to_owned();
    folder.file(b"\0asm, and then nothing of use");
    assert_eq!(suite.tasks(None).expect("a page").tasks.len(), 2);
    assert_eq!(plugin.usage(&serde_json::Map::new()).digest, digest);
    assert!(folder.refusal(&file).contains("is not a WASM component"));
}
