//! What a victim does: the words of its command line, and how they are drawn from the seed.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, ValueEnum};
use fastrand::Rng;

/// The whole life of a victim.
#[derive(Args, Clone, Debug)]
pub(crate) struct Script {
    /// Where it keeps its own books.
    #[arg(long)]
    pub(crate) book: PathBuf,
    /// What its lines are salted with, so that lines of two runs cannot be taken for each other.
    #[arg(long)]
    pub(crate) salt: u64,
    /// Lines to standard output.
    #[arg(long, default_value_t = 0)]
    pub(crate) lines: u64,
    /// One line in this many goes to standard error instead; 0 is none.
    #[arg(long, default_value_t = 0)]
    pub(crate) errors: u64,
    /// One event after this many lines; 0 is none.
    #[arg(long, default_value_t = 0)]
    pub(crate) events: u64,
    /// Rest between two lines.
    #[arg(long, default_value_t = 0)]
    pub(crate) pause_us: u64,
    /// Write to the FIFO what does not belong there.
    #[arg(long)]
    pub(crate) garbage: bool,
    /// Wait for this file between the two halves of the lines.
    #[arg(long)]
    pub(crate) gate: Option<PathBuf>,
    /// Items to finish, one after the other, leaving out those that are done.
    #[arg(long, default_value_t = 0)]
    pub(crate) items: u64,
    /// Grow a tree of processes in sessions of their own.
    #[arg(long)]
    pub(crate) tree: bool,
    /// Ignore SIGINT, SIGTERM and SIGHUP.
    #[arg(long)]
    pub(crate) deaf: bool,
    /// How it ends.
    #[arg(long, value_enum, default_value = "pass")]
    pub(crate) end: End,
    /// Which branch of the tree this process is.
    #[arg(long)]
    pub(crate) branch: Option<u32>,
}

/// How a victim ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum End {
    /// Exit code 0.
    Pass,
    /// Exit code 3.
    Fail,
    /// SIGKILL, sent to itself.
    Die,
    /// Not by itself.
    Hold,
}

impl End {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Die => "die",
            Self::Hold => "hold",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        let all = [Self::Pass, Self::Fail, Self::Die, Self::Hold];
        all.into_iter().find(|end| end.word() == word)
    }
}

impl Script {
    /// A script that does nothing and holds.
    pub(crate) fn new(book: PathBuf, salt: u64) -> Self {
        Self {
            book,
            salt,
            lines: 0,
            errors: 0,
            events: 0,
            pause_us: 0,
            garbage: false,
            gate: None,
            items: 0,
            tree: false,
            deaf: false,
            end: End::Hold,
            branch: None,
        }
    }

    /// Any script.
    pub(crate) fn random(book: PathBuf, rng: &mut Rng) -> Self {
        let mut script = Self::new(book, rng.u64(..));
        script.deaf = rng.u8(..4) == 0;
        script.tree = rng.u8(..4) == 0;
        script.end = [End::Pass, End::Pass, End::Fail, End::Die, End::Hold][rng.usize(..5)];
        if rng.u8(..3) == 0 {
            script.items = rng.u64(2..12);
            script.pause_us = rng.u64(..20_000);
            script.end = End::Pass;
            return script;
        }
        script.garbage = rng.u8(..4) == 0;
        script.errors = rng.u64(..6);
        script.events = rng.u64(..8);
        (script.lines, script.pause_us) = match rng.u8(..4) {
            0 => (0, 0),
            // A flood.
            1 => (rng.u64(20_000..60_000), 0),
            2 => (rng.u64(1..2_000), rng.u64(..100)),
            _ => (rng.u64(1..200), rng.u64(..5_000)),
        };
        script
    }

    /// The command line of the victim.
    pub(crate) fn words(&self) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec!["victim".into(), "--book".into(), (&self.book).into()];
        let numbers = [
            ("--salt", self.salt),
            ("--lines", self.lines),
            ("--errors", self.errors),
            ("--events", self.events),
            ("--pause-us", self.pause_us),
            ("--items", self.items),
        ];
        for (name, number) in numbers {
            words.extend([name.into(), number.to_string().into()]);
        }
        for (name, set) in [
            ("--garbage", self.garbage),
            ("--tree", self.tree),
            ("--deaf", self.deaf),
        ] {
            words.extend(set.then(|| OsString::from(name)));
        }
        if let Some(gate) = &self.gate {
            words.extend(["--gate".into(), gate.into()]);
        }
        if let Some(branch) = self.branch {
            words.extend(["--branch".into(), branch.to_string().into()]);
        }
        words.extend(["--end".into(), self.end.word().into()]);
        words
    }
}

/// Which end a line goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// Line `number` of a side, from 1, without its newline. Everything in it follows from its
/// arguments, so that whoever finds a line can tell whether it is the right one.
pub(crate) fn numbered_line(salt: u64, side: Side, number: u64) -> String {
    let name = match side {
        Side::Out => "out",
        Side::Err => "err",
    };
    let check = checksum(salt, number);
    // Lengths from a few bytes to a few hundred.
    let filler = "-".repeat(usize::try_from(check % 211).expect("a small number"));
    format!("{name} {number} {filler} {check:016x}")
}

/// The sum that line and event `number` carry.
pub(crate) fn checksum(salt: u64, number: u64) -> u64 {
    // SplitMix64: every bit of the number reaches every bit of the sum.
    let mut sum = salt ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    sum = (sum ^ (sum >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    sum = (sum ^ (sum >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    sum ^ (sum >> 31)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Words {
        #[command(flatten)]
        script: Script,
    }

    #[test]
    fn a_script_survives_its_command_line() {
        for seed in 0..200 {
            let mut rng = Rng::with_seed(seed);
            let mut script = Script::random("/book".into(), &mut rng);
            script.gate = rng.bool().then(|| "/gate".into());
            script.branch = rng.bool().then_some(2);
            let read = Words::try_parse_from(script.words()).expect("its own words");
            assert_eq!(format!("{:?}", read.script), format!("{script:?}"));
        }
    }

    #[test]
    fn lines_of_two_runs_differ() {
        let line = |salt, side, number| numbered_line(salt, side, number);
        assert_ne!(line(1, Side::Out, 1), line(2, Side::Out, 1));
        assert_ne!(line(1, Side::Out, 1), line(1, Side::Err, 1));
        assert_ne!(line(1, Side::Out, 1), line(1, Side::Out, 2));
    }
}
