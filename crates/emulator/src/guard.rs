//! Panics of foreign code that are caught and not reported.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic on this thread, now, is caught and dealt with. A panic hook that changes the
/// operator's terminal, or writes to it, asks first.
#[must_use]
pub fn is_catching() -> bool {
    CATCHING.get()
}

/// What `act` gives, or `None` if it panicked: then whatever it changed is to be thrown away.
pub(crate) fn caught<T>(act: impl FnOnce() -> T) -> Option<T> {
    let before = CATCHING.replace(true);
    let done = catch_unwind(AssertUnwindSafe(act));
    CATCHING.set(before);
    done.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_caught_and_known_to_be() {
        assert!(!is_catching());
        assert_eq!(caught(is_catching), Some(true));
        assert_eq!(caught(|| -> u8 { panic!("caught on purpose") }), None);
        assert!(!is_catching());
    }
}
