//! The end of a segment: who is left, what the files say, what the product shows.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Line;
use crate::{
    check::{self, Asked, Written},
    logs::{self, Segment, Session},
    processes,
    script::End,
};

impl Line<'_> {
    /// Waits until the segment is over and checks everything.
    pub(crate) fn settle(&mut self) -> Result<()> {
        self.wait_for_the_end()?;
        self.stuck.clear();
        let Some(session) = self.session.clone() else {
            return self.check_no_trace();
        };
        if self.rng.u8(..4) == 0 && self.facts.host_killed {
            self.tear_the_tail()?;
        }
        let session = Session::read(&session)?;
        let Some(segment) = session.segments.last() else {
            ensure!(self.facts.launch_broken, "a run without a segment");
            return Ok(());
        };
        if let Some(live) = &self.live {
            ensure!(
                segment.id == live.segment,
                "another segment is the last one"
            );
        }
        let end = fs::read_to_string(self.book_file(&segment.id, "end")).unwrap_or_default();
        self.facts.end = End::from_word(&end);
        check::numbers(&session, true)?;
        self.check_acknowledged(segment)?;
        self.check_contents(&session, segment)?;
        self.check_viewers(&session)?;
        self.check_outcome(segment)?;
        self.check_runtime()?;
        self.tally.note("checked segments");
        self.live = None;
        Ok(())
    }

    /// Whether processes that the command left behind may live on: nobody asked for its end, and the
    /// host lived to see it.
    fn may_leave_some(&self) -> bool {
        let asked = self.facts.stop != Asked::No || self.facts.cancel != Asked::No;
        let closed = || {
            let session = self.session.as_deref().map(Session::read);
            let session = session.and_then(Result::ok);
            session.is_some_and(|session| {
                let last = session.segments.last();
                last.is_some_and(|segment| segment.has("run.closed"))
            })
        };
        let seen = !self.facts.host_killed || closed();
        self.script.tree && !asked && !self.facts.warden_killed && seen
    }

    fn wait_for_the_end(&mut self) -> Result<()> {
        if !self.may_leave_some() {
            return processes::wait_gone(&self.token);
        }
        // Branches are this program; everybody else has to go.
        let is_branch = |pid: &i32| {
            let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            memchr::memmem::find(&words, b"--branch").is_some()
        };
        processes::wait_until("host and command go", || {
            Ok(processes::carrying(&self.token).iter().all(is_branch))
        })?;
        for pid in processes::carrying(&self.token) {
            processes::kill_now(pid);
        }
        processes::wait_gone(&self.token)
    }

    /// A launch that came to nothing has left nothing that runs or is shown as running.
    fn check_no_trace(&self) -> Result<()> {
        ensure!(self.facts.launch_broken, "a launch without a session");
        ensure!(
            self.find_session()?.is_none(),
            "a session came after everybody was gone"
        );
        Ok(())
    }

    /// What a crash in the middle of a write leaves.
    fn tear_the_tail(&mut self) -> Result<()> {
        self.note("torn tail");
        let session = self.session.clone().context("a session")?;
        let live = self.live.as_ref().context("a segment")?;
        let path = session.join(format!("{}.jsonl", live.segment));
        let half = br#"{"seq":4711,"at":"2026-11-20T10:00:00.000Z","t":5,"out":0,"kind":"run.clo"#;
        let clean = fs::read(&path)?.last().is_none_or(|byte| *byte == b'\n');
        if clean {
            let length = self.rng.usize(1..half.len());
            logs::append(&path, &half[..length])?;
        }
        Ok(())
    }

    fn check_acknowledged(&self, segment: &Segment) -> Result<()> {
        for kind in ["stop.requested", "cancel.requested", "signal.requested"] {
            let taken = self.acknowledged.iter().filter(|taken| **taken == kind);
            let (taken, found) = (taken.count(), {
                let of_kind = |record: &&Value| record["kind"] == kind;
                segment.records.iter().filter(of_kind).count()
            });
            ensure!(
                taken <= found,
                "{taken} {kind} were acknowledged, {found} are in the log"
            );
        }
        Ok(())
    }

    fn check_contents(&self, session: &Session, segment: &Segment) -> Result<()> {
        let wrote = fs::read_to_string(self.book_file(&segment.id, "wrote")).unwrap_or_default();
        let wrote = Written::parse(&wrote);
        let whole = !self.facts.host_killed;
        let salt = self.script.salt;
        check::output(session, segment, salt, wrote, whole)?;
        check::events(segment, salt, wrote, whole)?;
        let outcome = check::of_log(segment);
        let items = self.script.items;
        let ended = items > 0 && outcome == "passed";
        check::items(session, &self.script.book, items, ended)
    }

    fn check_viewers(&mut self, session: &Session) -> Result<()> {
        for viewer in std::mem::take(&mut self.viewers) {
            viewer.finish()?.check(session)?;
            self.tally.note("checked viewers");
        }
        let last = session.segments.last().context("a segment")?;
        let whole: Vec<u8> = session
            .segments
            .iter()
            .flat_map(|segment| segment.out.clone())
            .collect();
        for watching in std::mem::take(&mut self.watching) {
            let killed = watching.killed;
            let done = watching.verb.finish()?;
            let of = |bytes: &[u8]| match killed || done.code != 0 {
                true => bytes.starts_with(&done.stdout),
                false => bytes == done.stdout,
            };
            ensure!(
                of(&whole) || of(&last.out),
                "a viewer printed {} bytes that are not the output: {done}",
                done.stdout.len()
            );
            self.tally.note("checked viewers");
        }
        Ok(())
    }

    fn check_outcome(&mut self, segment: &Segment) -> Result<()> {
        let outcome = check::of_log(segment);
        let allowed = self.facts.allowed();
        ensure!(
            allowed.contains(outcome.as_str()),
            "the log says {outcome}, but {allowed:?} is what can be"
        );
        let shown = self.show()?;
        ensure!(
            shown["status"] == outcome.as_str(),
            "the log says {outcome}, what is shown: {shown}"
        );
        let list = self
            .stage
            .run(&["ls", "--all", "--json"])?
            .succeeded()?
            .json()?;
        let rows = list["rows"].as_array().context("rows")?;
        let row = rows.iter().find(|row| row["name"] == self.name.as_str());
        let row = row.context("the pod is not in the list")?;
        ensure!(
            row["status"] == outcome.as_str() && row["attachable"] == false,
            "the log says {outcome}, the list: {row}"
        );
        let waited = self.stage.run(&["wait", &self.name])?;
        ensure!(
            check::exit_codes(&outcome).contains(&waited.code),
            "the log says {outcome}, but {waited}"
        );
        self.trace.push(format!("({outcome})"));
        Ok(())
    }

    /// Who closed in order has taken down what says "live".
    fn check_runtime(&self) -> Result<()> {
        let Some(live) = self.live.as_ref().filter(|_| !self.facts.host_killed) else {
            return Ok(());
        };
        for path in [live.socket.clone(), live.socket.with_extension("events")] {
            ensure!(!path.exists(), "{} is left over", path.display());
        }
        ensure!(self.allocation().is_none(), "an allocation is left over");
        Ok(())
    }

    /// What the product shows of the pod.
    pub(crate) fn show(&self) -> Result<Value> {
        self.stage
            .run(&["show", "--json", &self.name])?
            .succeeded()?
            .json()
    }
}
