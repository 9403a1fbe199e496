//! A live run as one session: what earlier segments hold comes from their files, before what its
//! host sends of the segment that is alive. A host knows its own segment only.

use std::path::PathBuf;

use pod_client::{LinkEvent, LinkOptions};
use pod_protocol::{Attached, Offset, Seq};
use pod_store::Store;
use tokio::sync::mpsc::{Receiver, Sender};

use crate::{
    blocking::blocking,
    replay::{Replay, settle},
};

/// Passes on the events of a link, with those of earlier segments between its first
/// [`LinkEvent::Attached`] and the rest.
pub(crate) async fn pass_on(
    state: PathBuf,
    options: LinkOptions,
    mut link: Receiver<LinkEvent>,
    events: Sender<LinkEvent>,
) {
    let mut earlier = Some((state, options));
    while let Some(event) = link.recv().await {
        let event = match event {
            LinkEvent::Attached(mut attached) => {
                let own = (attached.first_seq, attached.out_base);
                let replay = match earlier.take() {
                    Some((state, options)) => earlier_segments(state, &options, &attached).await,
                    None => None,
                };
                // For whoever watches, the session is one run from its first byte on.
                (attached.first_seq, attached.out_base) = (Seq::FIRST, Offset(0));
                if events.send(LinkEvent::Attached(attached)).await.is_err() {
                    return;
                }
                if let Some(replay) = replay
                    && send_all(replay, own, &events).await.is_none()
                {
                    return;
                }
                continue;
            }
            event => event,
        };
        if events.send(event).await.is_err() {
            return;
        }
    }
}

/// What is wanted of the segments before the one that is alive. Files that cannot be read leave
/// that out: what is alive is worth more.
async fn earlier_segments(
    state: PathBuf,
    options: &LinkOptions,
    attached: &Attached,
) -> Option<Replay> {
    let segment = attached.segment?;
    let session = attached.state.identity.as_ref()?.session;
    let seqs = Seq::FIRST.0..attached.state.seq.next().0;
    let records = options.records.map(|start| settle(start, seqs));
    let records = records.filter(|from| *from < attached.first_seq.0).map(Seq);
    let output = options
        .output
        .map(|start| settle(start, 0..attached.length.0));
    let output = output
        .filter(|from| *from < attached.out_base.0)
        .map(Offset);
    if records.is_none() && output.is_none() {
        return None;
    }
    blocking(move || Replay::before(Store::new(state), session, segment, records, output).ok())
        .await?
}

/// Sends all of `replay`, as far as it lies before where the live segment begins; `None` when
/// nobody wants it.
async fn send_all(
    mut replay: Replay,
    (first_seq, out_base): (Seq, Offset),
    events: &Sender<LinkEvent>,
) -> Option<()> {
    loop {
        let piece;
        (replay, piece) = blocking(move || {
            let piece = replay.next_piece();
            (replay, piece)
        })
        .await;
        let Ok(Some(event)) = piece else {
            return Some(());
        };
        let before = match &event {
            LinkEvent::Records { from, .. } => *from < first_seq,
            LinkEvent::Output { from, .. } => *from < out_base,
            _ => false,
        };
        if before {
            events.send(event).await.ok()?;
        }
    }
}
