//! Signs of life that records do not have: what the kernel says of the command, how long it has been
//! silent before, and how fast it works. For display only; nothing ever acts on them.

use pod_protocol::{Activity, Phase, Process, ProcessState, SegmentId, Timestamp};

use super::{Order, Reading, model::Connection, model::Model, update::Effect};

/// The command's process is looked at no more often than this: it is a wakeup of its host.
const LOOK_EVERY_MS: u64 = 2_000;

/// What is known of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Vitals {
    /// What the kernel said last.
    pub(crate) process: Option<Process>,
    looked_at: Option<Timestamp>,
    asked_for_silence: bool,
    /// The longest silence of this command that went by, in milliseconds, as far as it is known.
    longest_ms: Option<u64>,
    /// What was done when we began to look at this segment.
    pace: Option<Pace>,
}

/// From where the work of a segment is measured.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pace {
    segment: SegmentId,
    at: Timestamp,
    fraction: f64,
}

impl Vitals {
    /// Takes note of a silence that was survived.
    pub(crate) fn note_silence(&mut self, millis: Option<u64>) {
        self.longest_ms = self.longest_ms.max(millis);
    }
}

/// A moment has come at which the clock of the screen changes: whatever is due is asked for. The
/// screen wakes for no other reason.
pub(crate) fn tick(model: &mut Model) -> Vec<Effect> {
    let running = matches!(model.run.state.phase, Phase::Running { .. });
    if !running || model.run.closed.is_some() || model.link != Connection::Connected {
        return Vec::new();
    }
    let (now, vitals) = (model.now, &mut model.run.vitals);
    let mut effects = Vec::new();
    if !std::mem::replace(&mut vitals.asked_for_silence, true) {
        effects.push(Effect::Read(Reading::Silence));
    }
    let due = |at: Timestamp| now.millis_since(at) >= LOOK_EVERY_MS || at > now;
    if vitals.looked_at.is_none_or(due) {
        vitals.looked_at = Some(now);
        effects.push(Effect::Order(Order::Look));
    }
    effects
}

/// When the command last gave a sign of life.
fn last_sign(model: &Model) -> Option<Timestamp> {
    model.run.state.pulse.last_at.max(model.run.output_at)
}

/// What is to be compared once news have been heard.
pub(crate) struct Before {
    sign: Option<Timestamp>,
    counts: bool,
}

/// Looks at the run before news are heard.
pub(crate) fn before(model: &Model) -> Before {
    let running = matches!(model.run.state.phase, Phase::Running { .. });
    Before {
        sign: last_sign(model),
        counts: running && !model.is_held() && model.link == Connection::Connected,
    }
}

/// Learns from news that were heard.
pub(crate) fn after(model: &mut Model, before: &Before) {
    let state = &model.run.state;
    if let (Some(from), Some(to), true) = (before.sign, last_sign(model), before.counts) {
        let silence = to.millis_since(from);
        model
            .run
            .vitals
            .note_silence((silence > 0).then_some(silence));
    }
    let segment = state.identity.as_ref().map(|identity| identity.segment);
    let known = model.run.vitals.pace.map(|pace| pace.segment);
    if let (Some(segment), Some(fraction)) = (segment, state.fraction())
        && known != Some(segment)
    {
        model.run.vitals.pace = Some(Pace {
            segment,
            at: model.now,
            fraction,
        });
    }
    if !matches!(state.phase, Phase::Running { .. }) {
        model.run.vitals.process = None;
    }
}

/// For how long the command has been silent, while that says anything.
fn silence_ms(model: &Model) -> Option<u64> {
    let silent = matches!(model.activity(), Some(Activity::Quiet | Activity::Waiting));
    let last = last_sign(model).filter(|_| silent)?;
    Some(model.now.millis_since(last))
}

/// Before a silence has lasted this long it is not called unusual, whatever the past was: of a command
/// that has run for a moment it says nothing yet.
const UNUSUAL_AFTER_MS: u64 = 15_000;

/// Silence longer than this is unusual; `None` where nothing is known of this command.
fn usual_ms(model: &Model) -> Option<u64> {
    let longest = model.run.vitals.longest_ms?;
    Some(longest.max(UNUSUAL_AFTER_MS))
}

/// Whether the command is silent for longer than it has ever been.
pub(crate) fn is_unusually_quiet(model: &Model) -> bool {
    match (silence_ms(model), usual_ms(model)) {
        (Some(silence), Some(usual)) => silence > usual,
        _ => false,
    }
}

/// In how many milliseconds the silence becomes unusual, if it goes on.
pub(crate) fn next_change_ms(model: &Model) -> Option<u64> {
    let (silence, usual) = (silence_ms(model)?, usual_ms(model)?);
    usual.checked_sub(silence).map(|left| left + 1)
}

/// What the command's process does, where it is neither running nor sleeping.
pub(crate) fn process_word(model: &Model) -> Option<&'static str> {
    let process = model
        .run
        .vitals
        .process
        .filter(|_| model.activity().is_some())?;
    match process.state {
        ProcessState::Running | ProcessState::Sleeping | ProcessState::Unknown => None,
        ProcessState::Stopped => Some("stopped"),
        ProcessState::Uninterruptible => Some("uninterruptible"),
        ProcessState::Zombie => Some("zombie"),
    }
}

/// The time that was worked and the share that was done in it: of the segment since we look at it
/// where the session was resumed, since time in between is not work.
pub(crate) fn pace(model: &Model, elapsed_ms: u64, fraction: f64) -> Option<(u64, f64)> {
    let state = &model.run.state;
    if state.health.resumed == 0 {
        return Some((elapsed_ms, fraction));
    }
    let pace = model.run.vitals.pace?;
    let segment = state.identity.as_ref().map(|identity| identity.segment);
    (segment == Some(pace.segment)).then(|| {
        let worked = model.now.millis_since(pace.at);
        (worked, fraction - pace.fraction)
    })
}
