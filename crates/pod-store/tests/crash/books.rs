//! What has been promised, kept apart from the store that promised it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

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
    /// How a session was launched, or is said to have been from now on.
    Launched(Box<SessionFile>),
    /// From now on this stands under its name or can be brought back.
    Discards(Metadata),
    /// None of its sessions is where sessions are.
    Discarded(PodName),
    /// From now on one of two names stands for a run.
    Either(PodName, PodName),
    /// The second one does, and the first one is gone.
    Renamed(PodName, PodName),
    /// A name that was removed may be gone for good, with these sessions.
    Purges(PodName, Vec<SessionId>),
    /// There is nothing of it to be brought back.
    Purged(PodName),
    /// A run will be taken up again if its host is lost.
    Marked(PodName, SessionId),
    /// It need not be any more.
    Unmarked(PodName),
    /// It will not be, not even when it comes back.
    NotMarked(PodName),
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
            Self::Discards(before) => write!(f, "that {} can come back", before.pod_name),
            Self::Discarded(pod) => write!(f, "that {pod} is out of the way"),
            Self::Either(from, to) => write!(f, "that {from} or {to} stands"),
            Self::Renamed(from, to) => write!(f, "that {from} is {to}"),
            Self::Purges(pod, _) => write!(f, "that {pod} may be lost"),
            Self::Purged(pod) => write!(f, "that {pod} is lost"),
            Self::NotMarked(pod) => write!(f, "that {pod} is not recovered"),
            Self::Forgets(session) => write!(f, "that {session} may go"),
            Self::Kept((_, segment), bytes) => write!(f, "of {bytes} bytes in {segment}"),
        }
    }
}

#[derive(Default)]
pub(crate) struct Books {
    /// What may be remembered under each name.
    pub(crate) names: BTreeMap<PodName, Vec<Option<Metadata>>>,
    /// What may be said of each session.
    pub(crate) sessions: BTreeMap<SessionId, Vec<SessionFile>>,
    /// What stood under a name before it was removed: it can be brought back.
    pub(crate) removed: BTreeMap<PodName, Metadata>,
    /// Names that were, and whose sessions are out of the way.
    pub(crate) discarded: BTreeSet<PodName>,
    /// Names one of which stands.
    pub(crate) either: Option<(PodName, PodName)>,
    /// Names that cannot be brought back.
    pub(crate) purged: BTreeSet<PodName>,
    /// The sessions that are to be recovered.
    pub(crate) markers: BTreeMap<PodName, SessionId>,
    /// Names whose sessions are not to be.
    pub(crate) unmarked: BTreeSet<PodName>,
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
                if metadata.is_some() {
                    self.discarded.remove(&pod);
                }
                let known = self.names.entry(pod).or_insert_with(|| vec![None]);
                known.push(metadata);
            }
            Fact::Stands(pod) => self.stands(&pod),
            Fact::Discarded(pod) => drop(self.discarded.insert(pod)),
            Fact::Either(from, to) => self.either = Some((from, to)),
            Fact::Renamed(from, to) => {
                self.stands(&from);
                self.stands(&to);
                self.either = None;
                let named =
                    |said: &mut Vec<SessionFile>| said.last().is_some_and(|it| it.pod == to);
                for said in self.sessions.values_mut() {
                    if named(said) {
                        said.drain(..said.len() - 1);
                    }
                }
            }
            Fact::Launched(file) => self.sessions.entry(file.session).or_default().push(*file),
            Fact::Discards(before) => {
                let pod = before.pod_name.clone();
                self.purged.remove(&pod);
                self.removed.insert(pod, before);
            }
            Fact::Purges(pod, sessions) => {
                self.removed.remove(&pod);
                sessions.into_iter().for_each(|it| self.forget(it));
            }
            Fact::Purged(pod) => drop(self.purged.insert(pod)),
            Fact::Marked(pod, session) => drop(self.markers.insert(pod, session)),
            Fact::Unmarked(pod) => drop(self.markers.remove(&pod)),
            Fact::NotMarked(pod) => drop(self.unmarked.insert(pod)),
            Fact::Forgets(session) => self.forget(session),
            Fact::Kept(run, bytes) => drop(self.logs.insert(run, bytes)),
        }
    }

    fn stands(&mut self, pod: &PodName) {
        let known = self.names.get_mut(pod).expect("intended before");
        known.drain(..known.len() - 1);
    }

    fn forget(&mut self, session: SessionId) {
        self.sessions.remove(&session);
        self.logs.retain(|run, _| run.0 != session);
    }
}
