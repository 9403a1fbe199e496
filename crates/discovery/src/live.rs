//! The live half of a row: who holds the lease, and whether they answer.

use pod_client::Endpoint;
use pod_protocol::{Hello, PodName, SegmentId, SessionId, Timestamp};
use thiserror::Error;

/// What is known of a pod whose lease is held.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// Whether its host can be talked to.
    pub reach: Reach,
    /// The process that holds the lease, where it says so.
    pub pid: Option<u32>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// The session that the allocation names; a hello beats it.
    pub session: Option<SessionId>,
    /// The segment that the allocation names; a hello beats it.
    pub segment: Option<SegmentId>,
}

/// Whether a host can be talked to.
#[derive(Clone, Debug, PartialEq)]
pub enum Reach {
    /// It said hello for this pod.
    Answering {
        /// Where.
        endpoint: Endpoint,
        /// What it said.
        hello: Box<Hello>,
    },
    /// It lets clients in and says nothing yet: alive, status unknown.
    Silent {
        /// Where.
        endpoint: Endpoint,
    },
    /// It is too young to be expected to answer.
    Starting,
    /// It should answer and does not.
    Unreachable(Unreachable),
    /// Another machine holds the lease: the home directory is shared.
    Elsewhere {
        /// Its host name.
        host_name: String,
    },
}

/// Why a host that should answer does not.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unreachable {
    /// There is no allocation that would say where its socket is.
    #[error("no allocation")]
    NoAllocation,
    /// The allocation cannot be read.
    #[error("allocation unreadable")]
    BadAllocation,
    /// There is no socket.
    #[error("no socket")]
    NoSocket,
    /// Nobody listens on the socket.
    #[error("connection refused")]
    NobodyListens,
    /// Somebody else answers there.
    #[error("its socket answers for {answers}")]
    OtherPod {
        /// Who.
        answers: PodName,
    },
    /// It answers in a way that makes no sense here.
    #[error("{message}")]
    Failed {
        /// In words.
        message: String,
    },
}

impl Live {
    /// What the host said, if it did.
    #[must_use]
    pub fn hello(&self) -> Option<&Hello> {
        match &self.reach {
            Reach::Answering { hello, .. } => Some(hello),
            _ => None,
        }
    }

    /// Where the host can be talked to, if it can.
    #[must_use]
    pub fn endpoint(&self) -> Option<&Endpoint> {
        match &self.reach {
            Reach::Answering { endpoint, .. } | Reach::Silent { endpoint } => Some(endpoint),
            Reach::Starting | Reach::Unreachable(_) | Reach::Elsewhere { .. } => None,
        }
    }

    /// The session: what the host says, else what its allocation says.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        self.hello().map(|hello| hello.session).or(self.session)
    }

    /// The segment: what the host says, else what its allocation says.
    #[must_use]
    pub fn segment(&self) -> Option<SegmentId> {
        self.hello()
            .map_or(self.segment, |hello| hello.segment.or(self.segment))
    }
}
