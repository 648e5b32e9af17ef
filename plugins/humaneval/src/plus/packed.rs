//! Text as less text: compressed by zlib, in the alphabet of Base64 (RFC 4648), so that it can stand in JSON and in the
//! source of a program.

use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A text, packed.
pub(crate) fn pack(text: &str) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let packed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
    base64(&packed.expect("memory takes what is written to it"))
}

/// Whether a text is of the alphabet, and so may stand in a program.
pub(crate) fn is_packed(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'=' || ALPHABET.contains(&byte))
}

fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let at = |place: usize| u32::from(group.get(place).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let letter = ALPHABET[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= group.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_as_the_standard_has_it() {
        // RFC 4648, section 10.
        let cases = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (bytes, text) in cases {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }

    #[test]
    fn only_packed_text_may_stand_in_a_program() {
        assert!(is_packed(&pack("[[1, 2]]")));
        for text in ["", "a\"", "a\n", "ä"] {
            assert!(!is_packed(text), "{text:?}");
        }
    }
}
