//! What is done to a run while it lives, and how it is brought to its end.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::{
    check::{Asked, Facts},
    line::{Line, Live, Watching},
    processes,
    script::End,
    socket::{Sent, Socket},
    verb::Verb,
    viewer::Viewer,
};

/// The most acts on one segment before its end.
const ACTS_MAX: usize = 6;
/// How long a run is left alone between two acts at most, in microseconds.
const REST_US_MAX: u64 = 30_000;
/// Half a second, then SIGKILL.
const GRACE: [&str; 2] = ["--grace", "500ms"];

impl Line<'_> {
    /// Any acts in any order.
    pub(crate) fn act_some(&mut self) -> Result<()> {
        for _ in 0..self.rng.usize(..=ACTS_MAX) {
            self.rest();
            match self.rng.u8(..12) {
                0..=2 => self.follow()?,
                3 => self.watch(&["attach"])?,
                4 => self.watch(&["logs", "-f", "--raw"])?,
                5 => self.get_stuck(),
                6 => self.be_hostile()?,
                7 => self.kill_a_watching_verb(),
                8 => self.look()?,
                9 => self.hold("pause")?,
                10 => self.hold("continue")?,
                _ => {}
            }
        }
        Ok(())
    }

    fn rest(&mut self) {
        let rest = self.rng.u64(..REST_US_MAX);
        thread::sleep(Duration::from_micros(rest));
    }

    fn live(&self) -> Result<Live> {
        self.live.clone().context("nothing lives")
    }

    /// A viewer of both logs, at some pace.
    pub(crate) fn follow(&mut self) -> Result<()> {
        let rest = Duration::from_millis([0, 0, 1, 10][self.rng.usize(..4)]);
        // The run may have ended.
        if let Ok(viewer) = Viewer::follow(&self.live()?.socket, rest) {
            self.note("viewer");
            self.viewers.push(viewer);
        }
        if self.rng.u8(..4) == 0
            && let Some(viewer) = self.viewers.first()
        {
            viewer.hang_up();
            self.note("hang up");
        }
        Ok(())
    }

    fn watch(&mut self, words: &[&str]) -> Result<()> {
        self.note("viewing verb");
        let words = words.iter().copied().chain([self.name.as_str()]);
        let verb = Verb::start(self.stage.command(words))?;
        let killed = false;
        self.watching.push(Watching { verb, killed });
        Ok(())
    }

    fn kill_a_watching_verb(&mut self) {
        if let Some(watching) = self.watching.first_mut() {
            watching.verb.kill();
            watching.killed = true;
            self.note("kill viewer");
        }
    }

    /// Follows everything and reads nothing.
    pub(crate) fn get_stuck(&mut self) {
        let Some(live) = self.live.clone() else {
            return;
        };
        // The run may have ended.
        let Ok((mut socket, attached)) = Socket::attach(&live.socket, "read_only") else {
            return;
        };
        for (id, log, from) in [(2, "records", "first_seq"), (3, "output", "out_base")] {
            let _ = socket.send(&json!({
                "id": id, "type": "follow", "segment": live.segment,
                "log": log, "from": attached[from],
            }));
        }
        self.note("stuck client");
        self.stuck.push(socket);
    }

    /// Says what no client may say, and goes or stays.
    fn be_hostile(&mut self) -> Result<()> {
        let Ok(mut socket) = Socket::connect(&self.live()?.socket) else {
            return Ok(());
        };
        self.note("hostile client");
        let long = vec![b'x'; 2 << 20];
        let lines: [&[u8]; 6] = [
            b"\0\xff\x1b[2J\n",
            b"[]\n",
            b"{\"id\":1,\"type\":\"stop\",\"grace_ms\":0}\n",
            b"{\"id\":1,\"type\":\"cancel\",\"grace_ms\":0}\n{\"id\":2,\"type\":\"kill\"}\n",
            b"{\"id\":1,\"ty",
            &long,
        ];
        // A host that has heard enough does not read the rest.
        let _ = socket.send_bytes(lines[self.rng.usize(..lines.len())]);
        if self.rng.bool() {
            self.stuck.push(socket);
        }
        Ok(())
    }

    /// The list is right about a run that nobody has asked to end.
    fn look(&mut self) -> Result<()> {
        self.note("list");
        let before = self.host_answers();
        let list = self.stage.run(&["ls", "--all", "--json"])?.succeeded()?;
        let list = list.json()?;
        let rows = list["rows"].as_array().context("rows")?;
        let row = rows.iter().find(|row| row["name"] == self.name.as_str());
        let row = row.with_context(|| format!("{} is not in the list", self.name))?;
        ensure!(
            !(before && self.host_answers()) || row["attachable"] == true,
            "the host answers, but the list says {row}"
        );
        Ok(())
    }

    /// Whether the host says hello to a new client.
    fn host_answers(&self) -> bool {
        let socket = self.live.as_ref().map(|live| Socket::connect(&live.socket));
        let received = socket.and_then(|socket| socket.ok()?.receive().ok());
        matches!(received, Some(Sent::Message(..)))
    }

    /// Pauses or continues.
    fn hold(&mut self, verb: &'static str) -> Result<()> {
        if !self.stage.has_verb(verb) {
            return Ok(());
        }
        self.note(verb);
        let done = self.stage.run(&[verb, "--json", &self.name])?;
        // A run that has ended or is about to cannot be held.
        if done.code == 0 {
            self.paused = verb == "pause";
            if done.json()?["changed"] == true {
                self.acknowledged.push("signal.requested");
            }
        }
        Ok(())
    }

    /// Brings the run to its end in one of many ways.
    pub(crate) fn finish(&mut self) -> Result<()> {
        self.rest();
        match self.rng.u8(..16) {
            0..=1 => self.ask("stop", true),
            2 => self.ask("cancel", true),
            3 => self.ask("kill", true),
            4 => {
                self.ask("stop", false)?;
                self.rest();
                self.kill_host()
            }
            5 => {
                self.ask("stop", false)?;
                self.ask("cancel", true)
            }
            6..=7 => self.kill_host(),
            8 => self.kill_warden(),
            9 => self.kill_command(),
            10 => self.kill_host_at_acknowledgement("stop"),
            11 => self.kill_host_at_acknowledgement("cancel"),
            12 => self.kill_host_at_acknowledgement("kill"),
            _ if self.script.end == End::Hold => self.ask("stop", true),
            _ => self.let_it_end(),
        }
    }

    fn let_it_end(&mut self) -> Result<()> {
        self.note("natural end");
        if self.paused {
            self.hold("continue")?;
        }
        Ok(())
    }

    /// Asks with a verb, and notes what the host made of it.
    pub(crate) fn ask(&mut self, verb: &'static str, wait: bool) -> Result<()> {
        if !self.stage.has_verb(verb) {
            return self.ask("stop", wait);
        }
        self.note(verb);
        let mut words = vec![verb, "--json"];
        if verb != "kill" {
            words.extend(GRACE);
            words.extend((!wait).then_some("--no-wait"));
        }
        let name = self.name.clone();
        words.push(&name);
        let before = self.facts.clone();
        self.heard(verb, Asked::Sent);
        let done = self.stage.run(&words)?.succeeded()?;
        let answer = done.json()?;
        let over = answer["reason"] == "already_terminal";
        self.take_answer(verb, &answer, before);
        let natural = over && self.script.end != End::Hold;
        let outcome = answer["outcome"].as_str();
        ensure!(
            natural || outcome.is_none_or(|word| self.outcome_fits(word)),
            "asked to {verb}, told {answer}"
        );
        Ok(())
    }

    fn outcome_fits(&self, word: &str) -> bool {
        self.facts.launch_broken || self.facts.allowed().contains(word)
    }

    fn heard(&mut self, verb: &str, asked: Asked) {
        let known = match verb {
            "cancel" => &mut self.facts.cancel,
            _ => &mut self.facts.stop,
        };
        *known = (*known).max(asked);
    }

    pub(crate) fn kill_host(&mut self) -> Result<()> {
        self.note("kill host");
        let live = self.live()?;
        // Only what is still the host of this run.
        if processes::carrying(&self.token).contains(&live.host_pid) {
            self.facts.host_killed = processes::kill_now(live.host_pid);
        }
        Ok(())
    }

    fn kill_warden(&mut self) -> Result<()> {
        self.note("kill warden");
        let all = processes::carrying(&self.token);
        let is_warden = |pid: &&i32| processes::name(**pid).as_deref() == Some("tui-warden");
        if let Some(warden) = all.iter().find(is_warden) {
            self.facts.warden_killed = processes::kill_now(*warden);
        }
        Ok(())
    }

    fn kill_command(&mut self) -> Result<()> {
        self.note("kill command");
        let live = self.live()?;
        let path = self.book_file(&live.segment, "pid");
        let (token, mut pid) = (self.token.clone(), None);
        processes::wait_until("the command says who it is", || {
            pid = std::fs::read_to_string(&path)
                .ok()
                .and_then(|text| text.parse().ok());
            Ok(pid.is_some() || processes::carrying(&token).is_empty())
        })?;
        if let Some(pid) = pid.filter(|pid| processes::carrying(&self.token).contains(pid)) {
            self.facts.command_killed = processes::kill_now(pid);
        }
        Ok(())
    }

    /// The host is killed the moment it has said that a request is taken: then the request is in
    /// its log, or it lied.
    pub(crate) fn kill_host_at_acknowledgement(&mut self, request: &'static str) -> Result<()> {
        self.note("kill host at acknowledgement");
        let live = self.live()?;
        let Ok((mut socket, _)) = Socket::attach(&live.socket, "control") else {
            return self.kill_host();
        };
        let before = self.facts.clone();
        self.heard(request, Asked::Sent);
        // The run may end in between.
        if socket
            .send(&json!({"id": 9, "type": request, "grace_ms": 500}))
            .is_err()
        {
            return self.kill_host();
        }
        let from = Instant::now();
        while let Ok(Sent::Message(answer, _)) = socket.receive() {
            if answer["id"] == 9 {
                let host_killed = processes::kill_now(live.host_pid);
                self.take_answer(request, &answer, before);
                self.facts.host_killed = host_killed;
                break;
            }
            ensure!(from.elapsed() < crate::DEADLINE, "no answer to a {request}");
        }
        Ok(())
    }

    /// What the host says of a request; `before` is what was known without it.
    fn take_answer(&mut self, request: &'static str, answer: &Value, before: Facts) {
        if answer["reason"] == "already_terminal" || answer["type"] == "error" {
            self.facts = before;
            return;
        }
        self.heard(request, Asked::Taken);
        if answer["reason"].is_null() {
            self.acknowledged.extend(kind_of(request));
        }
    }
}

/// The record that an acknowledged request leaves.
fn kind_of(verb: &str) -> Option<&'static str> {
    match verb {
        "stop" | "kill" => Some("stop.requested"),
        "cancel" => Some("cancel.requested"),
        _ => None,
    }
}
