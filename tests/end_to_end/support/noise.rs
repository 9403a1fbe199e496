//! Bytes that look like nothing, and are the same in every run.

use std::{fs::File, io::Write, path::PathBuf};

const SEED: u64 = 0x5eed_0000_0000_0001;
/// How much is random. A multiple of 8.
const BLOCK_BYTES: usize = 1024 * 1024;
/// How far each block is turned against the one before it, so that no two are alike. A prime number:
/// then it takes as many blocks as a block has bytes until one comes again.
const TURN_BYTES: usize = 7_919;

/// Noise without an end: whoever writes it and whoever checks it make the same.
pub(crate) struct Noise {
    block: Vec<u8>,
    /// How much of the block is used up.
    used: usize,
}

impl Noise {
    /// Every byte value and every escape sequence comes up.
    pub(crate) fn of_bytes() -> Self {
        Self::new(|byte| byte)
    }

    /// Nothing but small letters: a line that does not end.
    pub(crate) fn of_letters() -> Self {
        Self::new(|byte| b'a' + byte % 26)
    }

    /// Marsaglia's xorshift64.
    fn new(letter: fn(u8) -> u8) -> Self {
        let (mut state, mut block) = (SEED, vec![0; BLOCK_BYTES]);
        for word in block.chunks_exact_mut(8) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word.copy_from_slice(&state.to_le_bytes().map(letter));
        }
        Self { block, used: 0 }
    }

    /// What comes next, at most so many bytes of it and at least one.
    pub(crate) fn next(&mut self, bytes_max: usize) -> &[u8] {
        if self.used == self.block.len() {
            self.block.rotate_left(TURN_BYTES);
            self.used = 0;
        }
        let from = self.used;
        self.used = self.block.len().min(from + bytes_max);
        &self.block[from..self.used]
    }

    /// Asserts that `bytes` come next.
    #[track_caller]
    pub(crate) fn check(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let expected = self.next(bytes.len());
            // Not `assert_eq`: nobody wants to read it.
            assert!(bytes.starts_with(expected), "not what was written");
            bytes = &bytes[expected.len()..];
        }
    }
}

/// A pipe from a test into a command: `cat PATH`. It ends for the command when it is dropped.
#[derive(Debug)]
pub(crate) struct Feed {
    path: PathBuf,
    /// Our end, from when the command has opened its own.
    fifo: Option<File>,
}

impl Feed {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self { path, fifo: None }
    }

    /// For a shell.
    pub(crate) fn path(&self) -> &str {
        self.path.to_str().expect("our own names are text")
    }

    /// Hands on the next `bytes` of noise, as fast as the command takes them.
    pub(crate) fn pour(&mut self, noise: &mut Noise, bytes: u64) {
        let mut left = usize::try_from(bytes).expect("fits into memory addresses");
        while left > 0 {
            let piece = noise.next(left);
            self.say(piece);
            left -= piece.len();
        }
    }

    /// Hands on these bytes.
    pub(crate) fn say(&mut self, bytes: &[u8]) {
        let path = &self.path;
        let fifo = self.fifo.get_or_insert_with(|| {
            let fifo = File::options().write(true).open(path);
            fifo.expect("the command has opened it")
        });
        fifo.write_all(bytes).expect("the command takes it");
    }
}

/// So much noise at once.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let (mut noise, mut bytes) = (Noise::of_bytes(), Vec::with_capacity(length));
    while bytes.len() < length {
        bytes.extend_from_slice(noise.next(length - bytes.len()));
    }
    bytes
}
