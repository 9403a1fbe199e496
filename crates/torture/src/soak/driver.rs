//! Somebody who changes pods and writes down what is true of them then.

use std::{
    collections::BTreeMap,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use fastrand::Rng;

use super::{SAY_EVERY, Soak, books::Truth};
use crate::{processes, round::Length, stage::TOKEN, verb::Verb};

/// Pods of one driver: few, so that each sees much.
const PODS: usize = 5;
/// How the names of all of them begin.
pub(super) const PREFIX: &str = "soaked-";

pub(super) struct Driver<'a> {
    soak: &'a Soak<'a>,
    number: u64,
    rng: Rng,
    pods: BTreeMap<String, Pod>,
}

/// What a driver needs to know to change a pod.
#[derive(Clone)]
enum Pod {
    Absent,
    Live(Run),
    Ended(Run, &'static str),
    /// Broken, with what mends it and what is true then.
    Broken(Run, Mend),
}

#[derive(Clone)]
struct Run {
    session: String,
    segment: String,
    host_pid: i32,
    token: String,
}

#[derive(Clone)]
struct Mend {
    path: PathBuf,
    bytes: Vec<u8>,
    outcome: &'static str,
}

impl<'a> Driver<'a> {
    pub(super) fn new(soak: &'a Soak<'a>, number: u64, rng: Rng) -> Self {
        let pods = (0..PODS).map(|pod| (format!("{PREFIX}{number}-{pod}"), Pod::Absent));
        Self {
            soak,
            number,
            rng,
            pods: pods.collect(),
        }
    }

    pub(super) fn drive(mut self, from: Instant, length: Length) -> Result<()> {
        let mut said = from;
        let mut acts = 0;
        while !self.soak.is_over() && length.goes_on(acts, from) {
            acts += 1;
            let act = self.act();
            act.with_context(|| format!("driver {}, act {acts}", self.number))?;
            if self.number == 0 && said.elapsed() > SAY_EVERY {
                said = Instant::now();
                println!("torture: {acts} acts of each driver");
            }
        }
        Ok(())
    }

    /// Changes a pod in a way that it can be changed in.
    fn act(&mut self) -> Result<()> {
        let names: Vec<String> = self.pods.keys().cloned().collect();
        let name = &names[self.rng.usize(..names.len())];
        let pod = self.pods[name].clone();
        self.soak.books.open(name);
        let pod = match pod {
            Pod::Absent => self.launch(name)?,
            Pod::Live(run) => self.end(name, run)?,
            Pod::Ended(run, outcome) => match self.rng.u8(..6) {
                0 => self.remove(name)?,
                1 => self.rename(name, run, outcome)?,
                2 => self.break_metadata(name, run, outcome)?,
                3 => self.break_log(run, outcome)?,
                4 => self.take_log_away(run, outcome)?,
                _ => self.launch(name)?,
            },
            Pod::Broken(run, mend) => self.mend(run, &mend)?,
        };
        self.soak.books.close(name, pod.truth());
        self.pods.insert(name.clone(), pod);
        Ok(())
    }

    fn note(&self, what: &'static str) {
        self.soak.tally.note(what);
    }

    fn launch(&mut self, name: &str) -> Result<Pod> {
        let stage = self.soak.stage;
        let token = stage.token();
        let (script, outcome) = match self.rng.u8(..4) {
            0 => ("echo up; exit 0", Some("passed")),
            1 => ("echo up; exit 3", Some("failed")),
            _ => ("echo up; exec sleep 100000", None),
        };
        let words = [
            "run", "-d", "--json", "--name", name, "--", "sh", "-c", script,
        ];
        let mut command = stage.command(words);
        command.env(TOKEN, &token);
        let launched = Verb::start(command)?.finish()?.succeeded()?.json()?;
        let text = |key: &str| -> Result<String> {
            let value = launched[key].as_str();
            Ok(value
                .with_context(|| format!("{key} in {launched}"))?
                .to_owned())
        };
        let pid = launched["host_pid"].as_i64().context("a host")?;
        let run = Run {
            session: text("session")?,
            segment: text("segment")?,
            host_pid: i32::try_from(pid)?,
            token,
        };
        self.note("launches");
        Ok(match outcome {
            None => Pod::Live(run),
            Some(outcome) => {
                processes::wait_gone(&run.token)?;
                Pod::Ended(run, outcome)
            }
        })
    }

    fn end(&mut self, name: &str, run: Run) -> Result<Pod> {
        let stage = self.soak.stage;
        let outcome = match self.rng.u8(..4) {
            0 => {
                self.note("hosts killed");
                ensure!(processes::kill_now(run.host_pid), "{name} has no host");
                "interrupted"
            }
            1 => {
                self.note("cancels");
                let words = ["cancel", "--grace", "0s", name];
                stage.run(&words)?.succeeded()?;
                "cancelled"
            }
            _ => {
                self.note("stops");
                stage.run(&["stop", "--grace", "0s", name])?.succeeded()?;
                "stopped"
            }
        };
        processes::wait_gone(&run.token)?;
        Ok(Pod::Ended(run, outcome))
    }

    /// By the verb if there is one, else by hand.
    fn remove(&mut self, name: &str) -> Result<Pod> {
        self.note("removals");
        let stage = self.soak.stage;
        if stage.has_verb("rm") {
            stage.run(&["rm", name])?.succeeded()?;
        } else {
            let place = stage
                .root()
                .join("removed")
                .join(stage.token().replace('/', "-"));
            fs::create_dir_all(place.parent().context("a parent")?)?;
            fs::rename(stage.state().join("pods").join(name), place)?;
        }
        Ok(Pod::Absent)
    }

    fn rename(&mut self, name: &str, run: Run, outcome: &'static str) -> Result<Pod> {
        let absent = |(_, pod): &(&String, &Pod)| matches!(pod, Pod::Absent);
        let free = self.pods.iter().find(absent).map(|(name, _)| name.clone());
        let (Some(free), true) = (free, self.soak.stage.has_verb("rename")) else {
            return Ok(Pod::Ended(run, outcome));
        };
        self.note("renames");
        self.soak.books.open(&free);
        let words = ["rename", name, &free];
        self.soak.stage.run(&words)?.succeeded()?;
        let pod = Pod::Ended(run, outcome);
        self.soak.books.close(&free, pod.truth());
        self.pods.insert(free, pod);
        Ok(Pod::Absent)
    }

    fn break_metadata(&mut self, name: &str, run: Run, outcome: &'static str) -> Result<Pod> {
        self.note("metadata broken");
        let path = self
            .soak
            .stage
            .state()
            .join("pods")
            .join(name)
            .join("metadata.json");
        let bytes = fs::read(&path)?;
        let half = self.rng.usize(1..bytes.len() - 1);
        replace(&path, &bytes[..half])?;
        Ok(Pod::Broken(
            run,
            Mend {
                path,
                bytes,
                outcome,
            },
        ))
    }

    fn log(&self, run: &Run) -> PathBuf {
        let session = self.soak.stage.state().join("sessions").join(&run.session);
        session.join(format!("{}.jsonl", run.segment))
    }

    fn break_log(&mut self, run: Run, outcome: &'static str) -> Result<Pod> {
        self.note("logs broken");
        let path = self.log(&run);
        let bytes = fs::read(&path)?;
        let mut broken = bytes.clone();
        broken[0] = b'!';
        replace(&path, &broken)?;
        Ok(Pod::Broken(
            run,
            Mend {
                path,
                bytes,
                outcome,
            },
        ))
    }

    fn take_log_away(&mut self, run: Run, outcome: &'static str) -> Result<Pod> {
        self.note("logs taken away");
        let path = self.log(&run);
        let bytes = fs::read(&path)?;
        fs::remove_file(&path)?;
        Ok(Pod::Broken(
            run,
            Mend {
                path,
                bytes,
                outcome,
            },
        ))
    }

    fn mend(&self, run: Run, mend: &Mend) -> Result<Pod> {
        self.note("mendings");
        replace(&mend.path, &mend.bytes)?;
        Ok(Pod::Ended(run, mend.outcome))
    }
}

impl Pod {
    fn truth(&self) -> Truth {
        match self {
            Self::Absent => Truth::Absent,
            Self::Live(run) => Truth::Live {
                session: run.session.clone(),
            },
            Self::Ended(run, outcome) => Truth::Ended {
                session: run.session.clone(),
                outcome,
            },
            Self::Broken(run, mend) => {
                let session = run.session.clone();
                let is_log = mend.path.extension().is_some_and(|end| end == "jsonl");
                match (is_log, mend.path.exists()) {
                    (false, _) => Truth::MetadataCorrupt,
                    (true, true) => Truth::LogCorrupt { session },
                    (true, false) => Truth::LogMissing { session },
                }
            }
        }
    }
}

/// Replaces a file in one step, as its writers do.
fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let beside = path.with_extension("soak");
    fs::write(&beside, bytes)?;
    fs::set_permissions(&beside, Permissions::from_mode(0o600))?;
    fs::rename(&beside, path).with_context(|| format!("cannot replace {}", path.display()))
}
