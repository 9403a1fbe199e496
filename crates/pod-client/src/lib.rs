//! Talk to a live pod: connect, hello, call, follow with one retry.
//!
//! Three ways in, from the smallest to the largest: [`hello`] is the probe of a list (one connect,
//! one line, gone), a [`Connection`] asks one thing after another, a [`Link`] follows the logs of a
//! run over a broken stream and is what a screen holds.
//!
//! Invariants:
//! - What a link delivers has no gap and no duplicate, across its one retry too: a host that sends
//!   anything else is an error, never a hole in a log view.
//! - A host decides nothing about this side's memory: lines and payloads have the limits of the
//!   codec, events wait in a bounded channel and a slow reader slows the socket down.
//! - Every wait has a limit, except the one for the next message of a healthy stream.
//!
//! Absent on purpose: who is alive (`pod-registry`), what is on disk (`pod-store`), any screen.
//! Nothing here assumes a local path except [`Endpoint::Socket`], so another kind of endpoint only
//! has to give a [`ByteStream`].

mod backoff;
mod connection;
mod endpoint;
mod error;
#[cfg(test)]
mod fake;
mod link;
mod positions;

pub use connection::{Answer, Connection, hello};
pub use endpoint::{ByteStream, Endpoint};
pub use error::ClientError;
pub use link::{Link, LinkEvent, LinkOptions};
pub use positions::Start;
