//! One process per live pod: it supervises the command, writes its logs and serves its socket.
//!
//! Theory of operation. [`launch()`] starts this same binary again under a hidden subcommand; that
//! process calls [`host_main`], leaves the launcher's session, forks its warden, takes the pod's
//! lease and only then creates anything. From then on four parties work side by side, and none
//! waits for another's slowness:
//!
//! - the *pump* thread moves output from the command into the output log;
//! - the *run* task is the only one that writes records and decides what happens;
//! - the *syncer* thread waits for the disk on the run's behalf;
//! - one small task per *viewer* sends what is in the logs at the viewer's own pace.
//!
//! Invariants:
//! - Record first, publish second: viewers only ever see what is in a log.
//! - The lease outlives every other trace of a live pod, and no child ever holds it.
//! - When the host is gone, whatever the reason, the warden ends everything below itself.
//!
//! Absent on purpose: terminal emulation (viewers do it), knowledge of other pods, retries of a
//! viewer's requests.

mod begin;
mod claim;
mod clock;
mod connect;
mod environment;
mod events_fifo;
mod first_record;
mod launch;
mod logout;
mod plan;
mod prepare;
mod process;
mod published;
mod pump;
mod recorder;
mod request;
mod resources;
mod restrictions;
mod run;
#[cfg(any(feature = "sabotage-acknowledge", feature = "sabotage-publish"))]
mod sabotage;
mod server;
mod start;
mod stop;
mod summary;
mod syncer;
mod terminal;
mod upkeep;
mod waiting;
mod warden;
mod watch;

pub use launch::{HOST_SUBCOMMAND, LaunchError, launch};
pub use logout::Logout;
pub use request::{LaunchFailure, LaunchRequest, Launched, Left, NameChoice, NewRun, Origin};
pub use start::host_main;
