//! The two streams of a piped command, told apart again by the marks that its host writes before
//! the output itself.

use std::io::{self, IsTerminal};

use anyhow::{Context, Result};
use pod_protocol::{Offset, SegmentId, SessionId};
use pod_store::{MarkReader, Store, Stream};

use super::logs::Sink;

/// Writes what came from standard output to ours and what came from standard error to ours, in the
/// order in which it came. What no mark tells apart goes to standard output.
pub(crate) struct Apart {
    store: Store,
    session: SessionId,
    segment: SegmentId,
    /// `None` until there is a mark.
    marks: Option<MarkReader>,
    /// The mark that held for the byte before.
    index: u64,
    stdout: Sink,
    stderr: Sink,
}

impl Apart {
    pub(crate) fn new(store: Store, session: SessionId, segment: SegmentId) -> Self {
        Self {
            store,
            session,
            segment,
            marks: None,
            index: 0,
            stdout: Sink::new(!io::stdout().is_terminal()),
            stderr: Sink::of_stderr(!io::stderr().is_terminal()),
        }
    }

    /// Writes what stands at `from`, which must not go back.
    pub(crate) fn write(&mut self, from: Offset, bytes: &[u8]) -> Result<()> {
        let (mut at, mut left) = (from, bytes);
        while !left.is_empty() {
            let (stream, until) = self.stream_at(at).context("cannot read the marks")?;
            let long = until.and_then(|until| usize::try_from(until.since(at)).ok());
            let (piece, rest) = left.split_at(long.map_or(left.len(), |long| long.min(left.len())));
            match stream {
                Stream::Stderr => self.stderr.write(piece)?,
                Stream::Stdout | Stream::Pty => self.stdout.write(piece)?,
            }
            (at, left) = (at.plus(piece.len() as u64), rest);
        }
        Ok(())
    }

    /// The stream of the byte at `at`, and where the next mark is.
    fn stream_at(&mut self, at: Offset) -> Result<(Stream, Option<Offset>)> {
        if self.marks.is_none() {
            self.marks = self.store.marks(self.session, self.segment)?;
        }
        let Some(marks) = &self.marks else {
            return Ok((Stream::Stdout, None));
        };
        loop {
            match marks.get(self.index + 1)? {
                Some(next) if next.offset <= at => self.index += 1,
                next => {
                    let stream = marks.get(self.index)?.map_or(Stream::Stdout, |m| m.stream);
                    return Ok((stream, next.map(|next| next.offset)));
                }
            }
        }
    }

    /// Says how much is missing here.
    pub(crate) fn gap(&mut self, bytes: u64) -> Result<()> {
        self.stdout.gap(bytes)
    }

    /// Writes last lines that have no end.
    pub(crate) fn finish(&mut self) -> Result<()> {
        self.stdout.finish()?;
        self.stderr.finish()
    }
}
