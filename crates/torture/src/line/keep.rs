//! What is done to a pod that does not run: it goes under another name and comes back, or is removed
//! and brought back. Whoever does it is sometimes killed on the way: then it is done, or it is not, or
//! doing it again completes it.

use std::{thread, time::Duration};

use anyhow::{Result, ensure};
use serde_json::Value;

use super::Line;
use crate::verb::Verb;

/// A verb is killed within this time, in microseconds: about as long as it takes.
const VERB_LIFE_US_MAX: u64 = 20_000;
/// The exit code of a verb that knows no such pod.
const NO_SUCH_POD: i32 = 4;
/// What of a run no change of its place may change.
const LASTING: [&str; 4] = ["session", "segment", "status", "restorable"];

impl Line<'_> {
    /// Moves the pod there and back, and removes it and brings it back.
    pub(super) fn put_away_and_back(&mut self) -> Result<()> {
        let able = ["rm", "rename"]
            .iter()
            .all(|verb| self.stage.has_verb(verb));
        if !able || self.session.is_none() || self.rng.bool() {
            return Ok(());
        }
        let before = self.shown_as(&self.name)?;
        self.rename_and_back(before.as_ref())?;
        self.remove_and_undo(before.as_ref())
    }

    fn rename_and_back(&mut self, before: Option<&Value>) -> Result<()> {
        self.note("rename");
        let (name, moved) = (self.name.clone(), format!("{}-moved", self.name));
        self.begin(&["rename", &name, &moved])?;
        let places = [self.shown_as(&name)?, self.shown_as(&moved)?];
        match &places {
            [Some(_), None] => {}
            // A rename that was cut short leaves one run under both names, and is completed by
            // doing it again.
            [Some(old), Some(new)] => {
                ensure!(
                    old["session"] == new["session"],
                    "after a rename each name has a run of its own: {places:?}"
                );
                self.stage.run(&["rename", &name, &moved])?.succeeded()?;
                ensure!(
                    self.shown_as(&name)?.is_none(),
                    "a rename that was done again left the old name"
                );
                self.stage.run(&["rename", &moved, &name])?.succeeded()?;
            }
            [None, Some(_)] => {
                let back = self.stage.run(&["rename", &moved, &name])?;
                back.succeeded()?;
            }
            [None, None] => anyhow::bail!("a rename lost the pod"),
        }
        self.check_unchanged(before, "a rename and back")
    }

    fn remove_and_undo(&mut self, before: Option<&Value>) -> Result<()> {
        self.note("remove");
        let name = self.name.clone();
        self.begin(&["rm", &name])?;
        if self.shown_as(&name)?.is_none() {
            self.stage.run(&["rm", "--undo", &name])?.succeeded()?;
        }
        self.check_unchanged(before, "a removal that was undone")
    }

    /// Does it, or is killed on the way.
    fn begin(&mut self, words: &[&str]) -> Result<()> {
        let mut verb = Verb::start(self.stage.command(words))?;
        if self.rng.bool() {
            verb.finish()?.succeeded()?;
            return Ok(());
        }
        self.note("kill verb");
        let life = self.rng.u64(..VERB_LIFE_US_MAX);
        thread::sleep(Duration::from_micros(life));
        verb.kill();
        verb.finish()?;
        Ok(())
    }

    /// What is shown under a name; `None` if there is no such pod.
    fn shown_as(&self, name: &str) -> Result<Option<Value>> {
        let done = self.stage.run(&["show", "--json", name])?;
        match done.code {
            NO_SUCH_POD => Ok(None),
            _ => Ok(Some(done.succeeded()?.json()?)),
        }
    }

    fn check_unchanged(&self, before: Option<&Value>, what: &str) -> Result<()> {
        let after = self.shown_as(&self.name)?;
        let lasting = |shown: Option<&Value>| {
            shown.map(|shown| LASTING.map(|field| shown[field].clone()).to_vec())
        };
        ensure!(
            lasting(before) == lasting(after.as_ref()),
            "after {what}: {after:?}, before: {before:?}"
        );
        Ok(())
    }
}
