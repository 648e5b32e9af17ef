//! SHA-256 in hexadecimal, as plugins, data and files of answers are named by it.

use sha2::{Digest, Sha256};
use std::io::{self, Read};
use std::sync::mpsc;
use std::thread;

/// Read at a time.
const PART: usize = 1 << 20;

/// Of bytes.
pub fn of(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Reads so many bytes, and their digest, which is worked out beside the reading: of an interpreter either takes as long
/// as several programs run.
///
/// # Errors
/// If they cannot be read, or are fewer.
pub(crate) fn read(reader: &mut impl Read, length: usize) -> io::Result<(Vec<u8>, String)> {
    let mut bytes = vec![0; length];
    let digest = thread::scope(|scope| {
        let (parts, arriving) = mpsc::channel::<&[u8]>();
        let digest = scope.spawn(move || {
            let mut digest = Sha256::new();
            arriving.iter().for_each(|part| digest.update(part));
            hexadecimal(&digest.finalize())
        });
        for part in bytes.chunks_mut(PART) {
            reader.read_exact(part)?;
            // The other side listens as long as this one lives.
            let _ = parts.send(part);
        }
        drop(parts);
        Ok::<_, io::Error>(digest.join().expect("hashing does not panic"))
    })?;
    Ok((bytes, digest))
}

/// Of all that is left to read.
///
/// # Errors
/// If it cannot be read.
pub fn of_all(reader: &mut impl Read) -> io::Result<String> {
    let mut digest = Sha256::new();
    let mut part = vec![0; PART];
    loop {
        match reader.read(&mut part)? {
            0 => return Ok(hexadecimal(&digest.finalize())),
            read => digest.update(&part[..read]),
        }
    }
}

fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_that_of_the_whole_however_it_is_read() {
        // FIPS 180-2, appendix B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(of(b"abc"), abc);
        assert_eq!(
            of_all(&mut (b"a".as_slice().chain(b"bc".as_slice()))).expect("it can be read"),
            abc
        );
        let long = vec![7; 3 * PART + 5];
        let (read, digest) = read(&mut long.as_slice(), long.len()).expect("it can be read");
        assert!(read == long, "the same bytes");
        assert_eq!(digest, of(&long));
    }
}
