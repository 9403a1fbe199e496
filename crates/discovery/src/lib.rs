//! The one list of pods: probe, merge, order, cut.
//!
//! A [`Row`] has two independent halves: what the durable record says ([`Stored`]) and what is known
//! of the host that holds the pod's lease ([`Live`]). The kernel lock decides *live*, the record
//! decides *restorable*, and neither is ever written into the other.
//!
//! Invariants:
//! - A half that cannot be read is a row that says so, or a warning; never a row that is missing.
//! - The order is total and does not depend on the order in which anything was found.
//! - Rows are cut after they are ordered, and the number of rows cut is part of the list.
//!
//! Absent on purpose: the environment, the terminal, and any write. Looking changes nothing.

mod live;
mod row;
mod stored;

pub use live::{Live, Reach, Unreachable};
pub use row::{NotAttachable, NotRestorable, PodList, Primary, Row, RowStatus, Warning};
pub use stored::{Contents, Stored, StoredRun};
