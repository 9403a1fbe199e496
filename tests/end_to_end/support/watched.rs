//! A value that one thread changes and another waits for.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::DEADLINE;

#[derive(Debug, Default)]
pub(crate) struct Watched<T> {
    value: Mutex<T>,
    changed: Condvar,
}

impl<T> Watched<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            value: Mutex::new(value),
            changed: Condvar::new(),
        }
    }

    /// A test that failed while it looked must not hide its own message behind a poisoned lock.
    pub(crate) fn look(&self) -> MutexGuard<'_, T> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut T)) {
        change(&mut self.look());
        self.changed.notify_all();
    }

    /// Waits until `done`; returns whether it came to that within the deadline.
    pub(crate) fn wait(&self, mut done: impl FnMut(&T) -> bool) -> bool {
        let waited = self
            .changed
            .wait_timeout_while(self.look(), DEADLINE, |value| !done(value));
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}
