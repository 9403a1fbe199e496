//! The durable truth about every run: who is named what, what was launched, what happened, what was
//! printed. The format is described in `docs/store-format.md`.
//!
//! Invariants:
//! - [`Store`] reads and never creates, locks or repairs anything. [`StoreWriter`] is the only way
//!   to write, and a segment has one writer: whoever holds the pod's lease.
//! - A record is committed by its newline. What follows the last newline is ignored by readers and
//!   cut off by the next writer ([`Tail`]). Damage before it is reported and read past ([`Damage`]).
//! - Derived files (`.marks`, `.state`) are never needed: absent, stale or damaged ones cost time,
//!   not truth.
//! - The recent index is believed only about files that are still those it was made from.
//! - A file of a newer version is read as far as it is understood and never written over.
//!
//! Absent on purpose: who is alive (`pod-registry`), the environment, clocks, and any wait. Whoever
//! calls decides what is synced beside which work; [`StoreWriter::activate`],
//! [`StoreWriter::write_metadata`] and [`StoreWriter::remove_pod`] are durable on return. What a
//! power failure may leave is tried out in `tests/crash`.

mod cap;
mod checkpoint;
mod error;
mod fold;
mod holes;
mod items;
mod layout;
mod lines;
mod marks;
mod metadata;
mod output_reader;
mod output_writer;
mod recent;
mod record_writer;
mod recovery;
mod removal;
mod rename;
mod restorable;
mod segment_reader;
mod seq_index;
mod session_end;
mod session_file;
mod store;
mod store_writer;
pub mod stored;

pub use cap::Cap;
pub use error::StoreError;
pub use fold::{Damage, StoredRun, Tail};
pub use holes::OutputHoles;
pub use items::{ItemResults, ItemsWanted};
pub use layout::{Layout, state_root};
pub use marks::{Mark, MarkReader, MarkWriter, Stream};
pub use metadata::{Active, Metadata};
pub use output_reader::OutputReader;
pub use output_writer::OutputWriter;
pub use pod_protocol::Stamp;
pub use recent::{Noted, PrunedNote, Recent, RecentLines, Shortcut};
pub use record_writer::{RecordWriter, Weight};
pub use recovery::Marker;
pub use removal::Removed;
pub use restorable::{RestoreFacts, Unreadable, Unrestorable};
pub use segment_reader::{RecordSlice, SegmentReader};
pub use seq_index::SeqIndex;
pub use session_end::SessionEnd;
pub use session_file::{ChildIo, GroupTerms, Limit, SessionFile, Terms, Variable};
pub use store::{SegmentHead, Store};
pub use store_writer::{SegmentBase, SegmentFiles, StoreWriter};
