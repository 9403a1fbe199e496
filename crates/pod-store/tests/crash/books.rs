//! What has been promised, kept apart from the store that promised it.

use std::{collections::BTreeMap, fmt};

use pod_protocol::{PodName, SegmentId, SessionId};
use pod_store::{Metadata, SessionFile};

use crate::timeline::{Happening, Timeline};

/// A segment of a session.
pub(crate) type Run = (SessionId, SegmentId);

#[derive(Clone)]
pub(crate) enum Fact {
    /// From now on this may be what is remembered under a name.
    Intends(PodName, Option<Metadata>),
    /// From now on that, and nothing older, is.
    Stands(PodName),
    /// How a session was launched: true from the start, and promised once a name leads to it.
    Launched(SessionFile),
    /// A run will be taken up again if its host is lost.
    Marked(PodName, SessionId),
    /// It need not be any more.
    Unmarked(PodName),
    /// From now on nothing of a session has to be there.
    Forgets(SessionId),
    /// This many bytes of a record log were acknowledged.
    Kept(Run, u64),
}

impl fmt::Debug for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Intends(pod, _) => write!(f, "that {pod} may change"),
            Self::Stands(pod) => write!(f, "that {pod} has changed"),
            Self::Launched(file) => write!(f, "how {} was launched", file.session),
            Self::Marked(pod, _) => write!(f, "that {pod} is recovered"),
            Self::Unmarked(pod) => write!(f, "that {pod} need not be recovered"),
            Self::Forgets(session) => write!(f, "that {session} may go"),
            Self::Kept((_, segment), bytes) => write!(f, "of {bytes} bytes in {segment}"),
        }
    }
}

#[derive(Default)]
pub(crate) struct Books {
    /// What may be remembered under each name.
    pub(crate) names: BTreeMap<PodName, Vec<Option<Metadata>>>,
    pub(crate) sessions: BTreeMap<SessionId, SessionFile>,
    /// The sessions that are to be recovered.
    pub(crate) markers: BTreeMap<PodName, SessionId>,
    pub(crate) logs: BTreeMap<Run, u64>,
    /// How many facts there are.
    pub(crate) facts: usize,
}

impl Books {
    pub(crate) fn at(timeline: &Timeline, at: usize) -> Self {
        let mut books = Self::default();
        for happening in &timeline.happenings[..at] {
            if let Happening::Fact(fact) = happening {
                books.note(Fact::clone(fact));
            }
        }
        books
    }

    fn note(&mut self, fact: Fact) {
        self.facts += 1;
        match fact {
            Fact::Intends(pod, metadata) => {
                let known = self.names.entry(pod).or_insert_with(|| vec![None]);
                known.push(metadata);
            }
            Fact::Stands(pod) => {
                let known = self.names.get_mut(&pod).expect("intended before");
                known.drain(..known.len() - 1);
            }
            Fact::Launched(file) => drop(self.sessions.insert(file.session, file)),
            Fact::Marked(pod, session) => drop(self.markers.insert(pod, session)),
            Fact::Unmarked(pod) => drop(self.markers.remove(&pod)),
            Fact::Forgets(session) => {
                self.sessions.remove(&session);
                self.logs.retain(|run, _| run.0 != session);
            }
            Fact::Kept(run, bytes) => drop(self.logs.insert(run, bytes)),
        }
    }
}
