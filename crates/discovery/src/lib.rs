//! The one list of pods: probe, merge, order, cut; and what there is to see of one of them.
//!
//! A [`Row`] has two independent halves: what the durable record says ([`Stored`]) and what is known
//! of the host that holds the pod's lease ([`Live`]). The kernel lock decides *live*, the record
//! decides *restorable*, and neither is ever written into the other.
//!
//! Invariants:
//! - A half that cannot be read is a row that says so, or a warning; never a row that is missing.
//! - The order is total and does not depend on the order in which anything was found.
//! - Rows are cut after they are ordered, and the number of rows cut is part of the list.
//! - A [`Feed`] of a finished run gives the same events as one of a live run, with bounded memory.
//!
//! Absent on purpose: the environment, the terminal, and any write. Looking changes nothing.

mod blocking;
mod feed;
mod files;
#[cfg(test)]
mod fixtures;
mod list;
mod live;
mod order;
mod peek;
mod probe;
mod reason;
mod replay;
mod row;
mod run_log;
mod sessions;
mod survey;
mod target;
mod warning;
mod watch;
mod whole;

pub use feed::{Feed, FeedError, Source};
pub use list::{ANSWER_DEADLINE, PROBE_DEADLINE, Roots, first_look, list, look_up, reach, refresh};
pub use live::{Live, Reach, Unreachable};
pub use order::{MAX_ROWS, merge, order};
pub use peek::{Peek, PeekedOutput, peek};
pub use pod_store::{
    Stream,
    stored::{Contents, Stored, StoredRun},
};
pub use reason::{NotAttachable, NotRestorable};
pub use row::{PodList, Preview, Primary, Row, RowStatus};
pub use run_log::{
    Cancel, Direction, Ended, GapCause, LineStart, OutputGap, OutputMatch, OutputPattern,
    OutputPiece, OutputPieces, PastSilence, PatternError, Progress, RecordFilter, RecordLine,
    RecordLines, RecordPlace, RecordScan, RunLog, Scanned,
};
pub use sessions::{PastSession, Relative, lineage, rerun_of, sessions_of};
pub use target::{TargetError, earlier_run, earlier_session};
pub use warning::Warning;
pub use watch::Watch;
