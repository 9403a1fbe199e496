//! Bytes that look like nothing, and are the same in every run.

const SEED: u64 = 0x5eed_0000_0000_0001;

/// Marsaglia's xorshift64: every byte value and every escape sequence comes up.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = SEED;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend(next());
    }
    bytes.truncate(length);
    bytes
}
