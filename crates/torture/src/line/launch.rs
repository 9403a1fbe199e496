//! How a line begins, and how it is taken up again.

use std::{ffi::OsString, fs, thread, time::Duration};

use anyhow::{Context, Result, bail, ensure};

use super::{Line, live_of};
use crate::{
    check::Facts,
    processes,
    script::End,
    stage::TOKEN,
    verb::{Done, Verb},
};

/// Launches of one name at once.
const RACERS: usize = 3;
/// A launcher is killed within this time, in microseconds: about as long as a launch takes.
const LAUNCHER_LIFE_US_MAX: u64 = 20_000;

impl Line<'_> {
    /// Launches the victim in one of several ways.
    pub(super) fn launch(&mut self) -> Result<()> {
        match self.rng.u8(..10) {
            0 => self.launch_raced(),
            1 => self.launch_without_launcher(),
            _ => self.launch_plainly(),
        }
    }

    fn launch_words(&mut self) -> Vec<OsString> {
        let mut words: Vec<OsString> = ["run", "-d", "--json", "--name"].map(OsString::from).into();
        words.push(self.name.clone().into());
        // Without marks nobody could tell the streams of a terminal apart.
        if self.rng.bool() {
            words.push("--pipe".into());
        }
        if self.script.items > 0 {
            words.extend(["--planned".into(), self.script.items.to_string().into()]);
        }
        words.push("--".into());
        words.push(self.stage.this().into());
        words.extend(self.script.words());
        words
    }

    fn start_launch(&self, words: &[OsString]) -> Result<Verb> {
        let mut command = self.stage.command(words);
        command.env(TOKEN, &self.token);
        Verb::start(command)
    }

    pub(crate) fn launch_plainly(&mut self) -> Result<()> {
        self.note("launch");
        let words = self.launch_words();
        let done = self.start_launch(&words)?.finish()?.succeeded()?;
        self.take_launched(&done)
    }

    fn take_launched(&mut self, done: &Done) -> Result<()> {
        let launched = done.json()?;
        let session = launched["session"].as_str().context("a session")?;
        self.session = Some(self.stage.state().join("sessions").join(session));
        let live = live_of(&launched, "host_pid");
        self.live = Some(live.with_context(|| format!("what a launch prints: {launched}"))?);
        Ok(())
    }

    /// Several launches of one name: one wins, the others name the holder.
    fn launch_raced(&mut self) -> Result<()> {
        self.note("raced launch");
        // A command that ends at once would leave its name to the next.
        self.script.end = End::Hold;
        let words = self.launch_words();
        let racers: Result<Vec<Verb>> = (0..RACERS).map(|_| self.start_launch(&words)).collect();
        let done: Result<Vec<Done>> = racers?.into_iter().map(Verb::finish).collect();
        let (won, lost): (Vec<Done>, Vec<Done>) =
            done?.into_iter().partition(|done| done.code == 0);
        let [winner] = &won[..] else {
            bail!("{} launches of one name won, {lost:?} lost", won.len());
        };
        for done in &lost {
            ensure!(
                done.code == 5 && done.stderr.contains("is live"),
                "a launch that lost says: {done}"
            );
        }
        self.take_launched(winner)
    }

    /// The launcher is killed on its way: there is a whole run, or none.
    fn launch_without_launcher(&mut self) -> Result<()> {
        self.note("kill launcher");
        let words = self.launch_words();
        let mut launcher = self.start_launch(&words)?;
        let life = self.rng.u64(..LAUNCHER_LIFE_US_MAX);
        thread::sleep(Duration::from_micros(life));
        launcher.kill();
        launcher.finish()?;
        // Until the command works, or nobody is there to start it any more.
        let (book, token) = (self.script.book.clone(), self.token.clone());
        processes::wait_until("a launch without its launcher settles", || {
            let entries = fs::read_dir(&book)?;
            let wrote = |name: &str| name.ends_with(".wrote");
            let works = entries.flatten().any(|entry| {
                let name = entry.file_name();
                name.to_str().is_some_and(wrote)
            });
            Ok(works || processes::carrying(&token).is_empty())
        })?;
        self.session = self.find_session()?;
        self.facts.launch_broken = true;
        let ours = self.allocation().filter(|allocation| {
            let session = self.session.as_ref().and_then(|path| path.file_name());
            session.is_some_and(|session| {
                Some(session) == allocation["session"].as_str().map(AsRef::as_ref)
            })
        });
        self.live = ours.and_then(|allocation| live_of(&allocation, "pid"));
        Ok(())
    }

    /// Resumes the session if it may be, and asserts that it is refused if it may not. Returns
    /// whether it runs again.
    pub(super) fn take_up_again(&mut self) -> Result<bool> {
        if !self.stage.has_verb("resume") || self.session.is_none() || self.rng.bool() {
            return Ok(false);
        }
        let shown = self.show()?;
        let restorable = shown["restorable"] == true;
        let status = shown["status"].as_str().unwrap_or_default().to_owned();
        self.note("resume");
        // The command gets its own environment back; the host has the resumer's.
        let words: [OsString; 4] = ["resume", "-d", "--json", &self.name].map(Into::into);
        let done = self.start_launch(&words)?.finish()?;
        if !restorable {
            ensure!(done.code != 0, "a {status} run was taken up again: {done}");
            return Ok(false);
        }
        ensure!(
            status != "cancelled" && status != "passed",
            "{status} is restorable"
        );
        let done = done.succeeded()?;
        self.facts = Facts::default();
        self.acknowledged.clear();
        self.paused = false;
        self.take_launched(&done)?;
        Ok(true)
    }
}
