//! How a record changes the state of its run.

use super::{NextAttempt, Phase, RunState, clip, clipped};
use crate::{
    Event, Liveness, Offset, Outcome, Progress, Record, Reports, RequestKind, Seq, Stamp, Timestamp,
};

/// The envelope of a record, but for its kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) seq: Seq,
    pub(super) at: Timestamp,
    /// Absent in foreign records.
    pub(super) t_ms: Option<u64>,
    pub(super) out: Offset,
}

impl RunState {
    /// Takes the next record of the log into account.
    pub fn apply(&mut self, record: &Record) {
        let moment = Moment {
            seq: record.seq,
            at: record.at,
            t_ms: record.t_ms,
            out: record.out,
        };
        self.apply_event(moment, record.kind.as_str(), Event::read(record));
    }

    /// The same for the records that `reports` become, numbered from `first` on.
    pub fn apply_reports(&mut self, reports: &Reports, first: Seq, stamp: Stamp) {
        let mut moment = Moment {
            seq: first,
            at: stamp.at,
            t_ms: Some(stamp.t_ms),
            out: stamp.out,
        };
        for report in reports.iter() {
            self.apply_event(moment, report.kind, report.event());
            moment.seq = moment.seq.next();
        }
    }

    fn apply_event(&mut self, moment: Moment, kind: &str, event: Event) {
        self.seq = moment.seq;
        self.out = moment.out;
        if self.is_sealed_against(&event) {
            return;
        }
        self.times.updated_at = self.times.updated_at.max(Some(moment.at));
        if let Event::SegmentStarted(started) = &event {
            self.start_segment(started, moment.at);
        }
        self.times.lasted_ms = moment.t_ms.unwrap_or(self.times.lasted_ms);
        self.pulse.note(moment, &event);
        if matches!(event, Event::Other) && Event::KINDS.contains(&kind) {
            self.health.unreadable += 1;
        }
        match event {
            // It has begun already.
            Event::SegmentStarted(_) => {}
            Event::SegmentResumed(resumed) => self.health.resume(&resumed, moment.at),
            Event::ChildStarted(child) => {
                self.phase = Phase::Running { pid: child.pid };
                self.health.next_attempt = None;
            }
            Event::ChildExited(child) => {
                self.phase = Phase::Exited { exit: child.exit };
                self.hold.let_go(moment.t_ms);
            }
            Event::RunClosed(closed) => self.close(closed.outcome),
            Event::SegmentEnded(ended) => {
                // A command that could not be started has no end of its own.
                if self.phase == Phase::Starting {
                    self.phase = Phase::Exited { exit: ended.exit };
                }
                self.times.duration_ms = Some(ended.duration_ms);
                self.requests.timed_out |= ended.timed_out;
                self.health.left = ended.left;
            }
            Event::StopRequested(_) => self.request(RequestKind::Stop, moment.at),
            Event::CancelRequested(_) => self.request(RequestKind::Cancel, moment.at),
            Event::SignalSent(sent) => self.note_signal(&sent, moment),
            Event::RetryScheduled(retry) => {
                self.health.retried = retry.attempt.saturating_sub(1);
                self.health.next_attempt = Some(NextAttempt {
                    attempt: retry.attempt,
                    of: retry.of,
                    due: retry.due,
                });
            }
            Event::Degraded(degraded) => self.health.degraded = Some(clip(&degraded.reason)),
            Event::Recovered(_) => self.health.degraded = None,
            Event::Gap(gap) => self.gaps.add(gap.from, gap.to),
            event => self.apply_run_event(event, moment.at),
        }
    }

    /// Whether `event` comes too late to change anything. An outcome is latched within its segment,
    /// and only a resume reopens a session; nothing reopens a cancelled one.
    fn is_sealed_against(&mut self, event: &Event) -> bool {
        let resumes =
            matches!(event, Event::SegmentStarted(started) if started.resume_of.is_some());
        // Another segment begins, so nobody hosts the one before any more.
        let cancelled = self.outcome(Liveness::Free) == Some(Outcome::Cancelled);
        if resumes && cancelled && !matches!(self.phase, Phase::Closed { .. }) {
            self.close(Outcome::Cancelled);
        }
        matches!(self.phase, Phase::Closed { .. }) && (cancelled || !resumes)
    }

    /// The part of the fold that a run itself feeds.
    fn apply_run_event(&mut self, event: Event, at: Timestamp) {
        match event {
            Event::ItemStarted(item) => {
                self.progress.item = Some(clipped(item.label.unwrap_or(item.item)));
            }
            Event::ItemFinished(item) => {
                self.progress.item = None;
                self.counts.finish(&item.item, item.outcome);
            }
            Event::Progress(progress) => {
                self.progress.last = Some(Progress {
                    label: progress.label.map(clipped),
                    unit: progress.unit.map(clipped),
                    ..progress
                });
            }
            Event::Step(step) => self.progress.step = Some(clipped(step.label)),
            Event::Channel(readings) => self.channels.read(&readings, at),
            Event::PromptAsked(prompt) => self.prompts.ask(&prompt, at),
            Event::PromptAnswered(prompt)
            | Event::PromptExpired(prompt)
            | Event::PromptWithdrawn(prompt) => self.prompts.settle(prompt.prompt),
            _ => {}
        }
    }
}
