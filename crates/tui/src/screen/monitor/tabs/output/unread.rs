//! Output that came while the terminal was shown: it becomes lines when lines are looked at.
//!
//! To make lines of a flood that nobody sees would take the time that the emulator and the keys need.

use std::collections::VecDeque;

use super::Printed;

/// How much of it is kept, in bytes: more lines than any screen has. What is older is read from the
/// log by whoever scrolls up to it.
const UNREAD_BYTES_MAX: usize = 256 * 1024;

/// The newest output that is not in the window yet.
#[derive(Default)]
pub(super) struct Unread {
    pieces: VecDeque<Printed>,
    bytes: usize,
    /// Whether something before the first piece was forgotten.
    skipped: bool,
}

impl Unread {
    pub(super) fn push(&mut self, printed: Printed) {
        self.bytes += printed.bytes.len();
        self.pieces.push_back(printed);
        while self.bytes > UNREAD_BYTES_MAX && self.pieces.len() > 1 {
            if let Some(oldest) = self.pieces.pop_front() {
                self.bytes -= oldest.bytes.len();
                self.skipped = true;
            }
        }
    }

    pub(super) fn take(&mut self) -> VecDeque<Printed> {
        let Self {
            mut pieces,
            skipped,
            ..
        } = std::mem::take(self);
        if let Some(first) = pieces.front_mut() {
            first.skipped |= skipped;
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use pod_protocol::{Offset, ScreenInUse};

    use super::*;

    #[test]
    fn the_newest_is_kept_and_says_what_was_forgotten() {
        let mut unread = Unread::default();
        let half = vec![b'x'; UNREAD_BYTES_MAX / 2];
        let push = |unread: &mut Unread, from| {
            unread.push(Printed::seen(Offset(from), &half, ScreenInUse::default()));
        };
        push(&mut unread, 0);
        push(&mut unread, half.len() as u64);
        let kept: Vec<bool> = unread.take().iter().map(|piece| piece.skipped).collect();
        assert_eq!(kept, [false, false]);
        assert!(unread.take().is_empty());
        for at in 0..5 {
            push(&mut unread, at * half.len() as u64);
        }
        let kept = unread.take();
        let kept: Vec<_> = kept.iter().map(|it| (it.from.0, it.skipped)).collect();
        let half = half.len() as u64;
        assert_eq!(kept, [(3 * half, true), (4 * half, false)]);
    }
}
