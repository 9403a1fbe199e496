//! A child that answers every key with a word of its own, alone or in the middle of a flood.

use std::{
    ffi::OsString,
    io::{self, Read, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use anyhow::Result;
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};

use super::{command, end_with, plain_output, say_prelude};
use crate::gate::Waiting;

pub(super) const VERB: &str = "child-answer";

/// What else the child does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flood {
    /// Nothing: it waits for keys.
    No,
    /// It prints lines as fast as they are taken; each ends in the answer to the newest key.
    Yes,
}

/// The key that is answered: one that no screen does anything with.
pub(crate) const KEY: &str = "x";

/// What the child says to its `count`th key.
pub(crate) fn token(count: u64) -> String {
    format!("<key {count:06}>")
}

/// The command line of a child that answers.
pub(crate) fn answerer(directory: &Path, flood: Flood) -> Result<Vec<OsString>> {
    let word = match flood {
        Flood::No => "idle",
        Flood::Yes => "flood",
    };
    command(VERB, directory, [word.to_owned()])
}

pub(super) fn run(waiting: Waiting, words: &[&str], first_ns: u64) -> Result<()> {
    take_single_keys()?;
    let mut out = plain_output()?;
    say_prelude(&mut out)?;
    waiting.say_ready(first_ns)?;
    end_with(waiting);
    let keys = Arc::new(AtomicU64::new(0));
    if words.first() == Some(&"flood") {
        let keys = Arc::clone(&keys);
        let mut out = plain_output()?;
        thread::spawn(move || -> Result<()> {
            loop {
                let token = token(keys.load(Ordering::Relaxed));
                let line = format!("a line of a flood, as long as others are, and then {token}\n");
                out.write_all(line.as_bytes())?;
            }
        });
    }
    let mut input = io::stdin().lock();
    let mut key = [0];
    while input.read(&mut key)? == 1 {
        // Whoever attaches may send keys of its own, such as one that asks for a repaint.
        if key != KEY.as_bytes() {
            continue;
        }
        let count = keys.fetch_add(1, Ordering::Relaxed) + 1;
        if words.first() == Some(&"idle") {
            out.write_all(format!("{}\n", token(count)).as_bytes())?;
        }
    }
    Ok(())
}

/// Keys come one by one and are not shown by the terminal itself.
fn take_single_keys() -> Result<()> {
    let input = io::stdin();
    let mut settings = tcgetattr(&input)?;
    settings
        .local_flags
        .remove(LocalFlags::ICANON | LocalFlags::ECHO);
    tcsetattr(&input, SetArg::TCSANOW, &settings)?;
    Ok(())
}
