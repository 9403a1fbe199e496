//! One pod's line of fate: launched, watched, broken, checked, taken up again.

mod keep;
mod launch;
mod settle;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use fastrand::Rng;
use serde_json::Value;

use crate::{check::Facts, script::Script, stage::Stage, tally::Tally, verb::Verb, viewer::Viewer};

/// Where a live segment is found.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub(crate) segment: String,
    pub(crate) host_pid: i32,
    pub(crate) socket: PathBuf,
}

/// A verb that watches in the background.
#[derive(Debug)]
pub(crate) struct Watching {
    pub(crate) verb: Verb,
    pub(crate) killed: bool,
}

/// One session of one pod, and the books about it.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) tally: &'a Tally,
    pub(crate) name: String,
    pub(crate) rng: Rng,
    pub(crate) token: String,
    pub(crate) script: Script,
    pub(crate) session: Option<PathBuf>,
    pub(crate) live: Option<Live>,
    /// What was done to the live segment.
    pub(crate) facts: Facts,
    /// Requests of the live segment that the host said it had taken, by kind of record.
    pub(crate) acknowledged: Vec<&'static str>,
    pub(crate) paused: bool,
    pub(crate) viewers: Vec<Viewer>,
    pub(crate) watching: Vec<Watching>,
    /// Connections that nobody reads from.
    pub(crate) stuck: Vec<crate::socket::Socket>,
    /// What was done, in order, for the report.
    pub(crate) trace: Vec<String>,
}

/// The most often that a session is taken up again.
const RESUMES_MAX: u32 = 3;

impl<'a> Line<'a> {
    /// A line for the pod `name`, with a book and a token of its own.
    pub(crate) fn new(
        stage: &'a Stage,
        tally: &'a Tally,
        name: &str,
        mut rng: Rng,
    ) -> Result<Self> {
        let token = stage.token();
        let number = token.rsplit('/').next().unwrap_or_default();
        let book = stage.books().join(format!("{name}-{number}"));
        fs::create_dir(&book).context("cannot make a book")?;
        let script = Script::random(book, &mut rng);
        Ok(Self {
            stage,
            tally,
            name: name.to_owned(),
            rng,
            token,
            script,
            session: None,
            live: None,
            facts: Facts::default(),
            acknowledged: Vec::new(),
            paused: false,
            viewers: Vec::new(),
            watching: Vec::new(),
            stuck: Vec::new(),
            trace: Vec::new(),
        })
    }

    /// Everything, from launch to the last check.
    pub(crate) fn torture(mut self) -> Result<()> {
        let done = self.torture_inner();
        done.with_context(|| {
            let Self {
                name,
                script,
                facts,
                trace,
                ..
            } = &self;
            format!("pod {name}: {}\n{script:?}\n{facts:?}", trace.join(", "))
        })
    }

    fn torture_inner(&mut self) -> Result<()> {
        self.launch()?;
        for resumes in 0..=RESUMES_MAX {
            if self.live.is_some() {
                self.act_some()?;
                self.finish()?;
            }
            self.settle()?;
            if resumes == RESUMES_MAX || !self.take_up_again()? {
                break;
            }
        }
        self.put_away_and_back()
    }

    /// Notes an act, for the trace and the tally.
    pub(crate) fn note(&mut self, what: &'static str) {
        self.tally.note(what);
        self.trace.push(what.to_owned());
    }

    /// A file of the victim's book about the live segment.
    pub(crate) fn book_file(&self, segment: &str, kind: &str) -> PathBuf {
        self.script.book.join(format!("{segment}.{kind}"))
    }

    /// The session that was launched with our book, as the files know it.
    pub(crate) fn find_session(&self) -> Result<Option<PathBuf>> {
        let book = self.script.book.display().to_string();
        let Ok(sessions) = fs::read_dir(self.stage.state().join("sessions")) else {
            return Ok(None);
        };
        for session in sessions {
            let path = session?.path();
            let text = fs::read_to_string(path.join("session.json")).unwrap_or_default();
            if text.contains(&book) {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    /// What the runtime directory says of the pod.
    pub(crate) fn allocation(&self) -> Option<Value> {
        let path = self.stage.runtime().join("allocations");
        let path = path.join(format!("{}.json", self.name));
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }
}

/// The fields of a launch or an allocation that lead to a host.
pub(crate) fn live_of(found: &Value, pid_field: &str) -> Option<Live> {
    let text = |field: &str| Some(found[field].as_str()?.to_owned());
    Some(Live {
        segment: text("segment")?,
        host_pid: i32::try_from(found[pid_field].as_i64()?).ok()?,
        socket: Path::new(&text("socket")?).to_owned(),
    })
}
