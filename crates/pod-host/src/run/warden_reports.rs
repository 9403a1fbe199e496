//! The warden's reports, one at a time.

use tokio::{io::AsyncReadExt, net::unix::OwnedReadHalf};

use crate::warden::message::Report;

/// Reads the warden's reports. A read that a `select!` drops loses nothing.
#[derive(Debug)]
pub(crate) struct WardenReports {
    half: OwnedReadHalf,
    buffer: Vec<u8>,
}

impl WardenReports {
    pub(crate) fn new(half: OwnedReadHalf) -> Self {
        Self {
            half,
            buffer: Vec::new(),
        }
    }

    /// The next report; `None` when the warden is gone, or talks nonsense, which is the same.
    pub(super) async fn next(&mut self) -> Option<Report> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.buffer) {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return serde_json::from_slice(&line).ok();
            }
            if self.half.read_buf(&mut self.buffer).await.ok()? == 0 {
                return None;
            }
        }
    }
}
