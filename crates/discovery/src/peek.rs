//! A look at a run without attaching to it. Only files are read: what a viewer is sent was read from
//! the log as well, and nobody can notice.

use bytes::Bytes;
use pod_client::{LinkEvent, Start};
use pod_protocol::{Offset, PendingPrompt, Prompts};
use pod_store::Store;

use crate::{FeedError, Roots, Row, blocking::blocking, replay::Replay};

/// How much of the end of the output is looked at: some hundred lines, and one read.
const PEEK_BYTES: u64 = 16 * 1024;

/// What there is to see of a run at a glance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peek {
    /// Questions that wait for an answer, oldest first. Nobody waits where no host is alive.
    pub prompts: Vec<PendingPrompt>,
    /// How many more wait.
    pub more_prompts: u64,
    /// The end of the output.
    pub output: Vec<PeekedOutput>,
}

/// A piece of output. Between two of them may be a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeekedOutput {
    /// Where it begins.
    pub from: Offset,
    /// The bytes.
    pub bytes: Bytes,
    /// Whether a segment begins with them that is not the first one.
    pub begins_segment: bool,
}

/// The end of what the run that `row` shows has said. Empty where it has said nothing yet. Must be
/// called within a tokio runtime; files are read on its blocking threads.
///
/// # Errors
/// When its files cannot be read.
pub async fn peek(roots: &Roots, row: &Row) -> Result<Peek, FeedError> {
    let Some(session) = row.session() else {
        return Ok(Peek::default());
    };
    let (store, is_live) = (Store::new(&roots.state), row.live.is_some());
    blocking(move || {
        match Replay::open(store, session, None, Some(Start::Back(PEEK_BYTES))) {
            Ok(replay) => read(replay, is_live),
            // Its first segment is still pending.
            Err(FeedError::NoSegments { .. }) if is_live => Ok(Peek::default()),
            Err(error) => Err(error),
        }
    })
    .await
}

fn read(mut replay: Replay, is_live: bool) -> Result<Peek, FeedError> {
    let mut output = Vec::new();
    while let Some(event) = replay.next_piece()? {
        if let LinkEvent::Output {
            from,
            bytes,
            begins_segment,
        } = event
        {
            output.push(PeekedOutput {
                from,
                bytes,
                begins_segment,
            });
        }
    }
    let Prompts { open, more } = match is_live {
        true => replay.attached().state.prompts,
        false => Prompts::default(),
    };
    Ok(Peek {
        prompts: open,
        more_prompts: more,
        output,
    })
}

#[cfg(test)]
mod tests;
