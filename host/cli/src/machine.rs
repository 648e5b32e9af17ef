//! The machine that Koderz runs on, as far as it says what it is.

use koderz_core::manifest::Machine;
use std::thread::available_parallelism;

/// What is known of it. Elsewhere than on Linux that is what the compiler and the scheduler know.
pub(crate) fn this() -> Machine {
    let read = |file: &str| std::fs::read_to_string(file).ok();
    let (processors, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
    let processor = processors.as_deref().and_then(|text| value(text, "model name"));
    let kilobytes = memory.as_deref().and_then(|text| value(text, "MemTotal"));
    let kilobytes = kilobytes.and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    Machine {
        system: std::env::consts::OS.to_owned(),
        architecture: std::env::consts::ARCH.to_owned(),
        processor: processor.map(str::to_owned),
        processors: available_parallelism()
            .ok()
            .and_then(|count| u32::try_from(count.get()).ok()),
        memory_bytes: kilobytes.and_then(|kilobytes| kilobytes.checked_mul(1024)),
    }
}

/// What follows `name :` at the beginning of a line.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_what_follows_its_name() {
        let text = "processor\t: 0\nmodel name\t: Some CPU @ 3.00GHz: fast\nMemTotal:       24689860 kB\n";
        assert_eq!(value(text, "model name"), Some("Some CPU @ 3.00GHz: fast"));
        assert_eq!(value(text, "MemTotal"), Some("24689860 kB"));
        assert_eq!(value(text, "flags"), None);
    }
}
