//! The floors: the least that anybody must do to hold a command. They have no viewers, no records
//! and no protocol, and they detach only where detaching is what is measured.

mod draw;
mod host;
mod launch;
mod list;
mod stream;

pub(crate) use draw::{Drawing, draw};
pub(crate) use host::{pipe_host, pty_host};
pub(crate) use launch::launch;
pub(crate) use list::{connect_all, index_tail, whole_list};
pub(crate) use stream::{HELLO, Handling, end_of, stream};
