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

use anyhow::{Result, bail};
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

    /// Starts something that is half done from then on. Who gives it up waits for the start, so that
    /// nothing is left between it and the note of how it is undone.
    pub(super) fn begin<T>(
        &self,
        start: impl FnOnce() -> Result<T>,
        undo: impl FnOnce(&T) -> Option<Undo>,
    ) -> Result<T> {
        let mut kept = self.undo.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_given_up() {
            bail!("given up");
        }
        let started = start()?;
        *kept = undo(&started);
        Ok(started)
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
            act(&Wish::default());
            path.exists()
        };
        let begin = |wish: &Wish| {
            let start = || Ok(fs::write(&path, "half")?);
            wish.begin(start, |()| Some(Undo::Remove(path.clone())))
        };
        let is_there = wish(&|wish| {
            begin(wish).expect("it is wanted");
            wish.give_up();
        });
        assert!(!is_there);
        let is_there = wish(&|wish| {
            wish.give_up();
            begin(wish).expect_err("nobody wants it");
        });
        assert!(!is_there, "it was given up before it had begun");
        let is_there = wish(&|wish| {
            begin(wish).expect("it is wanted");
            wish.done();
            wish.give_up();
        });
        assert!(is_there);
    }
}
