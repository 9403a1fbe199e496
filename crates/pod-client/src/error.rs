//! Why talking to a pod did not work.

use std::{io, path::PathBuf, time::Duration};

use pod_protocol::{CodecError, ErrorCode, Log, Outcome, PROTOCOL_VERSION, Refusal, SegmentId};
use thiserror::Error;

/// Why talking to a pod did not work.
#[derive(Debug, Error)]
pub enum ClientError {
    /// There is no socket: the host has not bound it yet, or is gone.
    #[error("there is no socket {path}")]
    NoSocket {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// There is a socket file and nobody listens on it.
    #[error("nobody listens on {path}")]
    NobodyListens {
        /// The socket.
        path: PathBuf,
    },
    /// Too many clients are waiting already, and none was let in while we tried.
    #[error("{path} has too many clients waiting, tried for {tried:?}")]
    Busy {
        /// The socket.
        path: PathBuf,
        /// For how long.
        tried: Duration,
    },
    /// The socket cannot be connected to for another reason.
    #[error("cannot connect to {path}")]
    Connect {
        /// The socket.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The host did not answer in time.
    #[error("the host gave no answer to {operation} within {waited:?}")]
    Silent {
        /// What was asked.
        operation: &'static str,
        /// How long.
        waited: Duration,
    },
    /// The host closed the stream without a word.
    #[error("the host hung up")]
    HungUp,
    /// The stream broke.
    #[error("cannot {operation} the host")]
    Stream {
        /// `read from` or `write to`.
        operation: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// What came is not a message.
    #[error("the host sent garbage")]
    Garbled(#[from] CodecError),
    /// What came is a message that has no place there.
    #[error("the host sent {got} where {expected} was due")]
    Unexpected {
        /// What came.
        got: &'static str,
        /// What was due.
        expected: &'static str,
    },
    /// A chunk does not go on where the last one ended.
    #[error("the host sent {log:?} from {got} where {expected} was due")]
    OutOfOrder {
        /// Which log.
        log: Log,
        /// Where the chunk starts.
        got: u64,
        /// Where the last one ended.
        expected: u64,
    },
    /// A chunk of records that does not hold whole records.
    #[error("the host sent records from {from} cut in the middle")]
    TornRecords {
        /// Where the chunk starts.
        from: u64,
    },
    /// The pod went on to another segment: what lies between is in the files.
    #[error("the pod has gone on to segment {segment}")]
    Moved {
        /// Its segment now.
        segment: SegmentId,
    },
    /// The host speaks another version of the protocol.
    #[error(
        "the host (tui {tool}) speaks version {theirs} of the protocol, this program speaks version {PROTOCOL_VERSION}"
    )]
    UnsupportedProtocol {
        /// Its version of the tool.
        tool: String,
        /// Its version of the protocol.
        theirs: u32,
    },
    /// The host refused a request.
    #[error("the host refused: {}", .0.message)]
    Refused(Refusal),
    /// The run ended before the request was answered.
    #[error("the run has ended: {outcome}")]
    Ended {
        /// How.
        outcome: Outcome,
    },
    /// The link is not connected now: it is between two tries, or over.
    #[error("not connected")]
    NotConnected,
    /// The run is read from its files, and they cannot be read on.
    #[error("cannot read the files of the run")]
    Files {
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A request that a link makes itself.
    #[error("a link makes its own {request} requests")]
    NotOnALink {
        /// Which.
        request: &'static str,
    },
}

impl ClientError {
    /// Whether the stream broke unexpectedly, so that trying once more makes sense. A refusal, an
    /// end, or a socket without a host behind it stays what it is.
    #[must_use]
    pub const fn is_worth_a_retry(&self) -> bool {
        matches!(
            self,
            Self::HungUp | Self::Stream { .. } | Self::Garbled(_) | Self::Silent { .. }
        )
    }

    /// The code of a refusal.
    #[must_use]
    pub const fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused(refusal) => Some(refusal.code),
            _ => None,
        }
    }
}
