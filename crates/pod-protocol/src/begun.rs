//! Characters that are cut in two where one piece of output ends and the next begins.

/// How many bytes at the end of `bytes` begin a UTF-8 character that is not complete.
#[must_use]
pub fn begun_bytes(bytes: &[u8]) -> usize {
    for (before, byte) in bytes.iter().rev().take(3).enumerate() {
        let length = match byte {
            0x80..=0xbf => continue,
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => return 0,
        };
        return if length > before + 1 { before + 1 } else { 0 };
    }
    0
}
