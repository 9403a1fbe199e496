//! Whether something is still wanted, and what it leaves behind if not.
//!
//! A screen that is left waits for no thread, and the program may be gone before one has looked whether
//! it is still wanted. So whoever gives something up also undoes it.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

/// One reading, as long as it is wanted.
#[derive(Debug, Default)]
pub(super) struct Wish {
    given_up: AtomicBool,
    undo: Mutex<Option<Undo>>,
}

/// How something half done is undone.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Undo {
    /// The processes of this group are ended.
    Kill(Pid),
    /// This file is removed.
    Remove(PathBuf),
}

impl Wish {
    pub(super) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::SeqCst)
    }

    /// Gives it up and undoes what is half done.
    pub(super) fn give_up(&self) {
        self.given_up.store(true, Ordering::SeqCst);
        self.undo();
    }

    /// From now on something is half done. Of a wish that was given up meanwhile it is undone at once.
    pub(super) fn begin(&self, undo: Undo) {
        *self.undo.lock().unwrap_or_else(PoisonError::into_inner) = Some(undo);
        if self.is_given_up() {
            self.undo();
        }
    }

    /// What was half done is done.
    pub(super) fn done(&self) {
        self.take();
    }

    /// Undoes what is half done.
    pub(super) fn undo(&self) {
        // What is gone already needs no undoing.
        match self.take() {
            Some(Undo::Kill(group)) => drop(killpg(group, Signal::SIGKILL)),
            Some(Undo::Remove(path)) => drop(fs::remove_file(path)),
            None => {}
        }
    }

    fn take(&self) -> Option<Undo> {
        let mut undo = self.undo.lock().unwrap_or_else(PoisonError::into_inner);
        undo.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_half_done_when_it_is_given_up_is_undone_and_what_is_done_stays() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("half");
        let wish = |act: &dyn Fn(&Wish)| {
            fs::write(&path, "half").expect("a file");
            act(&Wish::default());
            path.exists()
        };
        let remove = || Undo::Remove(path.clone());
        let is_there = wish(&|wish| {
            wish.begin(remove());
            wish.give_up();
        });
        assert!(!is_there);
        let is_there = wish(&|wish| {
            wish.give_up();
            wish.begin(remove());
        });
        assert!(!is_there, "it was given up before it had begun");
        let is_there = wish(&|wish| {
            wish.begin(remove());
            wish.done();
            wish.give_up();
        });
        assert!(is_there);
    }
}
