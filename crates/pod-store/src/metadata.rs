//! `metadata.json`: what is remembered under a pod's name.

use pod_protocol::{FORMAT_VERSION, Fields, PodName, SegmentId, SessionId, Timestamp};
use serde::{Deserialize, Serialize};

/// The longest metadata file that is read, in bytes: a hundred times the usual one.
pub(crate) const METADATA_BYTES_MAX: u64 = 64 * 1024;

/// What is remembered under a pod's name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    /// The format's version.
    pub version: u32,
    /// The pod; the same as its directory's name.
    pub pod_name: PodName,
    /// The session that the name stands for now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<Active>,
    /// When the name was first used.
    pub created_at: Timestamp,
    /// Whether its sessions are exempt from pruning.
    #[serde(default)]
    pub pinned: bool,
    /// What this version does not know. Kept when the file is rewritten.
    #[serde(flatten)]
    pub unknown: Fields,
}

/// The session that a name stands for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Active {
    /// The session.
    pub session_id: SessionId,
    /// Its newest segment; absent until the first line of that segment's log is on disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment_id: Option<SegmentId>,
}

impl Metadata {
    /// A name that stands for no session yet.
    #[must_use]
    pub fn new(pod_name: PodName, created_at: Timestamp) -> Self {
        Self {
            version: FORMAT_VERSION,
            pod_name,
            active: None,
            created_at,
            pinned: false,
            unknown: Fields::new(),
        }
    }
}
