//! Components with bytes changed.

use crate::{holds, made};
use koderz_loader::{Engines, Interface, Plugin};
use koderz_tests::built;
use serde_json::Map;
use std::fs;
use std::time::{Duration, Instant};

/// A component small enough for most changes to reach something: a name, and no more.
const SMALL: &str = r#"
    (component
        (core module $module
            (memory (export "memory") 1)
            (data (i32.const 8) "small")
            (func (export "describe") (result i32)
                (i32.store (i32.const 64) (i32.const 8))
                (i32.store (i32.const 68) (i32.const 5))
                (i32.store (i32.const 72) (i32.const 8))
                (i32.store (i32.const 76) (i32.const 5))
                (i32.store (i32.const 80) (i32.const 8))
                (i32.store (i32.const 84) (i32.const 5))
                (i32.const 64)))
        (core instance $made (instantiate $module))
        (type $plain (record (field "name" string) (field "version" string) (field "summary" string)))
        (export $info "plugin-info" (type $plain))
        (func $describe (result $info) (canon lift (core func $made "describe") (memory $made "memory")))
        (instance $identity (export "plugin-info" (type $info)) (export "describe" (func $describe)))
        (instance $retry (export "describe" (func $describe)))
        (export "koderz:plugin/identity@0.1.0" (instance $identity))
        (export "koderz:plugin/retry@0.1.0" (instance $retry)))
"#;

/// Xorshift (Marsaglia, 2003).
struct Chance(u64);

impl Chance {
    fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.bits() % bound.max(1) as u64) as usize
    }
}

fn disturb(bytes: &mut Vec<u8>, chance: &mut Chance) {
    const TELLING: [u8; 8] = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x0b, 0x0d, 0x40];
    for _ in 0..=chance.below(6) {
        let at = chance.below(bytes.len());
        let end = (at + 1 + chance.below(32)).min(bytes.len());
        if bytes.is_empty() {
            return;
        }
        match chance.below(8) {
            0 | 1 => bytes[at] ^= 1 << chance.below(8),
            2 => bytes[at] = TELLING[chance.below(TELLING.len())],
            3 => bytes[at] = chance.bits() as u8,
            4 => drop(bytes.drain(at..end)),
            5 => {
                let part = bytes[at..end].to_vec();
                let to = chance.below(bytes.len());
                bytes.splice(to..to, part);
            }
            6 => bytes[at..end].reverse(),
            _ if chance.below(8) == 0 => bytes.truncate(at),
            _ => bytes.insert(at, chance.bits() as u8),
        }
    }
}

/// Loads what is changed until the time is up; whether the host held.
pub(crate) fn fuzz(time: Duration, seed: u64) -> bool {
    let folder = built().with_file_name("fuzz");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join(format!("tried-{seed}.wasm"));
    let read = |path| fs::read(path).expect("a component");
    let small = wat::parse_str(SMALL).expect("a component");
    // The small one is tried most often, because it takes the least time.
    let bases = [
        small.clone(),
        small.clone(),
        small,
        read(made("plugins/exponential.wasm")),
        read(made("test-plugins/tally.wasm")),
    ];
    let engines = Engines::new(None).expect("engines");
    let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let (mut tried, mut loaded, mut findings) = (0_u64, 0_u64, 0_u64);
    let began = Instant::now();
    while began.elapsed() < time {
        let mut bytes = bases[chance.below(bases.len())].clone();
        disturb(&mut bytes, &mut chance);
        fs::write(&file, &bytes).expect("a file");
        tried += 1;
        let mut is_plugin = false;
        let held = holds(std::panic::AssertUnwindSafe(|| {
            if let Ok(plugin) = Plugin::load(&engines, &file) {
                is_plugin = true;
                if plugin.interfaces().contains(&Interface::Retry) {
                    drop(plugin.open_retry(&Map::new()));
                }
            }
        }));
        loaded += u64::from(is_plugin);
        if !held {
            findings += 1;
            let kept = folder.join(format!("finding-{seed}-{tried}.wasm"));
            fs::write(&kept, &bytes).expect("a file");
            println!("finding: {}", kept.display());
        }
    }
    println!(
        "loader, seed {seed}: {tried} components in {:.0} s, of which {loaded} loaded; {findings} findings",
        began.elapsed().as_secs_f64()
    );
    findings == 0
}
