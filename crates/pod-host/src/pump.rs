//! The output pump: from the command's terminal or pipes into the output log.
//!
//! It has a thread of its own and waits for nothing but the command: no sync, no viewer and no
//! record stands between two reads. When the log cannot be written it goes on reading, so that the
//! command never blocks; what is dropped is counted and leaves a hole, so offsets never shift. What
//! is over the cap is the run's business: the pump only says how far the output has come.

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    sync::Arc,
    thread::{self, JoinHandle},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::eventfd::{EfdFlags, EventFd},
};
use pod_protocol::{Gaps, Offset, Seq, short_bytes};
use pod_store::{Cap, Mark, MarkWriter, OutputHoles, OutputWriter, Stream};
use tokio::sync::mpsc;

use crate::{clock::Clock, published::Published, terminal::Asked};

/// One read fills at most this much: the capacity of a pipe.
const BUFFER_BYTES: usize = 64 * 1024;
/// After this many full buffers of one source the other one, and a stop, get their turn.
const BUFFERS_IN_A_ROW_MAX: usize = 16;
/// While output flows, the time of every byte is known to this many milliseconds.
const MARK_EVERY_MS: u64 = 100;

/// What the pump has to say, rarely.
#[derive(Debug)]
pub(crate) enum PumpReport {
    /// Output is being dropped.
    Failing {
        /// Why.
        reason: String,
    },
    /// Output is logged again; this range is missing.
    Recovered {
        /// First byte that is missing.
        from: Offset,
        /// First byte that is there again.
        to: Offset,
    },
    /// The output has ended, and this last range of it is missing.
    Missing {
        /// First byte that is missing.
        from: Offset,
        /// The end.
        to: Offset,
    },
    /// The output has come to where its cap asks for something to be given back.
    Due,
    /// Every source has ended, or the host asked for the end.
    Ended,
}

/// What the cap of the output means to the pump.
#[derive(Debug)]
pub(crate) enum Limit {
    /// Nothing.
    None,
    /// To say when the output has come to `next`, and every so many bytes further on.
    Watch {
        /// Where to say so.
        next: Offset,
        /// How many bytes.
        step: u64,
    },
    /// To keep nothing from here on: the file system cannot give anything back.
    Stop {
        /// From where on.
        at: Offset,
        /// In words.
        reason: String,
    },
}

impl Limit {
    /// What `cap` means from `end` on, where `gaps` are gone already.
    pub(crate) fn of(cap: Cap, gaps: &Gaps, end: Offset, holes: &OutputHoles) -> Self {
        let (Some(bytes), Some(next)) = (cap.bytes(), cap.next_due(gaps, end)) else {
            return Self::None;
        };
        match cap.step_bytes() {
            Some(step) if holes.are_possible() => Self::Watch { next, step },
            _ => Self::Stop {
                at: Offset(bytes + gaps.bytes()).max(end),
                reason: format!("the output has reached its cap of {}", short_bytes(bytes)),
            },
        }
    }
}

/// Output that could not be kept.
#[derive(Clone, Copy, Debug)]
struct Lost {
    from: Offset,
    /// Where it was kept again, if the run has not heard of it yet.
    to: Option<Offset>,
    /// Whether the run knows that output is being lost.
    told: bool,
}

/// One end to read from.
#[derive(Debug)]
pub(crate) struct Source {
    /// Non-blocking.
    pub(crate) fd: OwnedFd,
    /// What comes out of it.
    pub(crate) stream: Stream,
}

/// The host's hold on the thread.
#[derive(Debug)]
pub(crate) struct PumpHandle {
    stop: Arc<EventFd>,
    thread: JoinHandle<()>,
}

impl PumpHandle {
    /// Takes what is readable now, then ends, whoever still holds the other side open.
    pub(crate) fn stop(&self) {
        // The counter of a fresh eventfd cannot overflow with one write.
        let _ = self.stop.write(1);
    }

    /// Waits for the thread, which has said `Ended` or will at once.
    pub(crate) fn join(self) {
        // A panic of the pump has been printed by its own thread; the run still ends in order.
        let _ = self.thread.join();
    }
}

/// The thread's state.
struct Pump {
    sources: Vec<Source>,
    output: OutputWriter,
    marks: MarkWriter,
    published: Arc<Published>,
    clock: Clock,
    reports: mpsc::Sender<PumpReport>,
    stop: Arc<EventFd>,
    last_mark: Option<(Stream, pod_protocol::Timestamp)>,
    limit: Limit,
    lost: Option<Lost>,
    /// Looks for what the command asks its terminal.
    asked: Option<Asked>,
}

/// Starts the thread.
pub(crate) fn start(
    (sources, asked): (Vec<Source>, Option<Asked>),
    (output, marks, limit): (OutputWriter, MarkWriter, Limit),
    published: Arc<Published>,
    clock: Clock,
    reports: mpsc::Sender<PumpReport>,
) -> io::Result<PumpHandle> {
    let stop = Arc::new(EventFd::from_flags(
        EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK,
    )?);
    let pump = Pump {
        sources,
        output,
        marks,
        published,
        clock,
        reports,
        stop: Arc::clone(&stop),
        last_mark: None,
        limit,
        lost: None,
        asked,
    };
    let thread = thread::Builder::new()
        .name("pump".into())
        .stack_size(STACK_BYTES);
    Ok(PumpHandle {
        stop,
        thread: thread.spawn(move || pump.run())?,
    })
}

/// The thread keeps its buffer on the heap and calls nothing deep.
const STACK_BYTES: usize = 128 * 1024;

impl Pump {
    fn run(mut self) {
        let mut buffer = vec![0; BUFFER_BYTES];
        let mut stopping = false;
        while !self.sources.is_empty() && !stopping {
            let readable;
            (readable, stopping) = self.wait();
            let ended: Vec<bool> = readable
                .iter()
                .map(|&index| self.drain(index, &mut buffer))
                .collect();
            // From the back, so that removing one does not move those still to be removed.
            for (index, _) in readable.iter().zip(ended).filter(|(_, ended)| *ended).rev() {
                self.sources.remove(*index);
            }
        }
        if let Some(Lost { from, to, .. }) = self.lost {
            let report = match to {
                Some(to) => PumpReport::Recovered { from, to },
                None => {
                    let to = self.output.length();
                    self.published.output_goes_on(from, to);
                    PumpReport::Missing { from, to }
                }
            };
            let _ = self.reports.blocking_send(report);
        }
        // The host outlives the pump; if it does not, nobody needs to know.
        let _ = self.reports.blocking_send(PumpReport::Ended);
    }

    /// Waits until something can be read. On a stop every source is tried once more.
    fn wait(&self) -> (Vec<usize>, bool) {
        let mut fds: Vec<PollFd<'_>> = self
            .sources
            .iter()
            .map(|source| PollFd::new(source.fd.as_fd(), PollFlags::POLLIN))
            .collect();
        fds.push(PollFd::new(self.stop.as_fd(), PollFlags::POLLIN));
        match poll(&mut fds, PollTimeout::NONE) {
            Ok(_) => {}
            Err(Errno::EINTR) => return (Vec::new(), false),
            // Nothing can be waited for any more: read what there is and end.
            Err(_) => return ((0..self.sources.len()).collect(), true),
        }
        let ready = |fd: &PollFd<'_>| fd.revents().is_some_and(|events| !events.is_empty());
        let stopping = fds.last().is_some_and(ready);
        let readable = (0..self.sources.len()).filter(|&index| stopping || ready(&fds[index]));
        (readable.collect(), stopping)
    }

    /// Moves what a source has into the log. Returns whether the source has ended. A full buffer
    /// means that more is waiting, and asking `poll` first would only cost a call.
    fn drain(&mut self, index: usize, buffer: &mut [u8]) -> bool {
        for _ in 0..BUFFERS_IN_A_ROW_MAX {
            let source = &self.sources[index];
            let stream = source.stream;
            let (filled, ended) = fill(&source.fd, stream, buffer);
            if filled > 0 {
                self.log(stream, &buffer[..filled]);
            }
            if ended || filled < buffer.len() {
                return ended;
            }
        }
        false
    }

    fn log(&mut self, stream: Stream, bytes: &[u8]) {
        let at = self.clock.wall();
        let offset = self.output.length();
        self.mark(stream, offset, at);
        #[cfg(feature = "sabotage-publish")]
        self.published.output(offset.plus(bytes.len() as u64), at);
        match self.append(bytes) {
            Ok(()) => self.kept_from(offset),
            Err(reason) => {
                // A disk that filled up in the middle has kept the beginning.
                let kept = self.output.length().since(offset);
                self.lose((bytes.len() as u64).saturating_sub(kept), reason);
            }
        }
        self.published.output(self.output.length(), at);
        if let Some(asked) = &mut self.asked {
            asked.scan(offset, bytes);
        }
        self.watch_cap();
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), String> {
        let (kept, refused) = match &self.limit {
            Limit::Stop { at, reason } => {
                let room = usize::try_from(at.since(self.output.length())).unwrap_or(usize::MAX);
                (bytes.get(..room).unwrap_or(bytes), Some(reason))
            }
            _ => (bytes, None),
        };
        self.output
            .append(kept)
            .map_err(|error| crate::request::chain(&error))?;
        match refused.filter(|_| kept.len() < bytes.len()) {
            Some(reason) => Err(reason.clone()),
            None => Ok(()),
        }
    }

    /// Goes past output that cannot be kept.
    fn lose(&mut self, bytes: u64, reason: String) {
        let from = self.output.length();
        let lost = self.lost.get_or_insert(Lost {
            from,
            to: None,
            told: false,
        });
        // What was kept for a moment, before the run could hear of it, counts as lost, too.
        lost.to = None;
        self.published.output_stops(lost.from);
        if !lost.told {
            // A full queue means the host is busy; the next failing write says it again.
            let report = PumpReport::Failing { reason };
            lost.told = self.reports.try_send(report).is_ok();
        }
        match self.limit {
            // The log has ended here for good, and some file systems fill what lies behind the end.
            Limit::Stop { at, .. } if from >= at => self.output.pass(bytes),
            _ => self.output.skip(bytes),
        }
        self.published.output_dropped(bytes);
    }

    /// Says that output is kept again, from `offset` on unless that was said before.
    fn kept_from(&mut self, offset: Offset) {
        let Some(lost) = &mut self.lost else {
            return;
        };
        let (from, to) = (lost.from, *lost.to.get_or_insert(offset));
        self.published.output_goes_on(from, to);
        let report = PumpReport::Recovered { from, to };
        if self.reports.try_send(report).is_ok() {
            self.lost = None;
        }
    }

    fn watch_cap(&mut self) {
        let length = self.output.length();
        if let Limit::Watch { next, step } = &mut self.limit
            && length >= *next
            && self.reports.try_send(PumpReport::Due).is_ok()
        {
            *next = length.plus(*step);
        }
    }

    fn mark(&mut self, stream: Stream, offset: Offset, at: pod_protocol::Timestamp) {
        if self.last_mark.is_some_and(|(last_stream, last_at)| {
            last_stream == stream && at.millis_since(last_at) < MARK_EVERY_MS && at >= last_at
        }) {
            return;
        }
        let seq = Seq(self.published.next_seq().0.saturating_sub(1));
        let record_byte = self.published.records_bytes();
        // Marks are derived: a lost one costs precision, nothing else.
        if self
            .marks
            .mark(Mark {
                at,
                offset,
                stream,
                seq,
                record_byte,
            })
            .is_ok()
        {
            self.last_mark = Some((stream, at));
        }
    }
}

/// Reads until the buffer is full or nothing is left. A terminal gives at most 4 KiB a read, so it
/// is read until it says "later"; a pipe gives everything at once, so a short read is the end.
fn fill(fd: &OwnedFd, stream: Stream, buffer: &mut [u8]) -> (usize, bool) {
    let mut filled = 0;
    while filled < buffer.len() {
        match nix::unistd::read(fd, &mut buffer[filled..]) {
            Ok(0) => return (filled, true),
            Ok(bytes) => {
                filled += bytes;
                if stream != Stream::Pty {
                    break;
                }
            }
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => break,
            // `EIO` is how a terminal says that its last user is gone.
            Err(_) => return (filled, true),
        }
    }
    (filled, false)
}
