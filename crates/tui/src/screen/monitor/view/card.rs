//! The status card: name, status, progress.

use pod_protocol::{Activity, NextAttempt, RequestKind, RunState, Status, Timestamp};
use ratatui::{buffer::Buffer, layout::Rect, text::Span};
use unicode_width::UnicodeWidthStr;

use crate::screen::{
    elapsed,
    monitor::{
        model::{Connection, Model},
        summary::progress_text,
        vitals,
    },
    palette::Mood,
    pill::Pill,
    spans,
};

/// From this width up the whole id of the run is shown.
const FULL_ID_COLUMNS: u16 = 100;
/// Silent for longer than ever.
const UNUSUAL: &str = "unusually quiet";
/// Below this width there is no room for an estimate, and the bar is a short one.
const ROOMY_COLUMNS: u16 = 60;
/// Before this much time an estimate says nothing.
const ESTIMATE_AFTER_MS: u64 = 5_000;
/// Before this much progress an estimate says nothing.
const ESTIMATE_AFTER_FRACTION: f64 = 0.02;

pub(super) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let last_known_fits = draw_title(model, spans::row(area, 0), buffer);
    let second = spans::row(area, 1);
    if last_known_fits {
        draw_progress(model, second, buffer);
    } else {
        spans::put(buffer, second, last_known(model).into_iter().collect(), &[]);
    }
    if let Some(recovery) = recovery(model) {
        let palette = model.options.palette;
        let trouble = trouble(model).map(|text| Span::styled(text, palette.mark(Mood::Attention)));
        let gap = trouble.as_ref().map(|_| Span::raw(" · "));
        let recovery = Span::styled(recovery, palette.faint());
        let line = [trouble, gap, Some(recovery)].into_iter().flatten();
        spans::put(buffer, spans::row(area, 2), line.collect(), &[]);
    }
}

fn asked(model: &Model) -> Option<RequestKind> {
    model.run.state.requests.strongest()
}

fn pill(model: &Model) -> Pill {
    match model.link {
        Connection::Lost => Pill::CONNECTION_ERROR,
        _ if !model.run.is_known => Pill::CONNECTING,
        _ => Pill::of(model.status(), asked(model)),
    }
}

/// What the run was when it was last heard of.
fn last_known(model: &Model) -> Option<Span<'static>> {
    (model.link == Connection::Lost && model.run.is_known).then(|| {
        let word = Pill::of(model.status(), asked(model)).word;
        Span::styled(format!("last known: {word}"), model.options.palette.text())
    })
}

/// Draws name and status, and of the rest what fits, most important first. Says whether what must
/// be said about a lost connection did fit.
fn draw_title(model: &Model, row: Rect, buffer: &mut Buffer) -> bool {
    let palette = model.options.palette;
    let columns = usize::from(row.width);
    let badge = pill(model).badge(palette);
    let name = Span::styled(model.options.name.to_string(), palette.strong());
    // Below this the badge would push the name out altogether.
    let name_columns = columns
        .saturating_sub(badge.content.width() + 1)
        .max(columns / 3);
    let mut left = spans::cut(vec![name], name_columns);
    let gap = if spans::width(&left) + badge.content.width() + 3 <= columns {
        "   "
    } else {
        " "
    };
    left.push(Span::raw(gap));
    left.push(badge);

    let mut right: Vec<Span<'static>> = Vec::new();
    let mut free = columns.saturating_sub(spans::width(&left) + 1);
    let mut fit = |span: Option<Span<'static>>, into: &mut Vec<Span<'static>>| {
        let Some(span) = span else { return true };
        let needed = span.content.width() + 2;
        let fits = needed <= free;
        if fits {
            free -= needed;
            into.push(Span::raw("  "));
            into.push(span);
        }
        fits
    };
    let last_known_fits = fit(last_known(model), &mut left);
    // A clock that runs on beside a run that does not would be misunderstood.
    let held = || Span::styled("paused", palette.mark(Mood::Attention));
    fit(model.is_held().then(held), &mut left);
    // Only a clock that runs is coarse.
    let time = |ms| match model.status().is_terminal() {
        true if model.ran_on() && row.width < ROOMY_COLUMNS => {
            format!("≥{}", elapsed::short(ms))
        }
        true if model.ran_on() => format!("≥{}", pod_protocol::short_duration(ms)),
        true => pod_protocol::short_duration(ms),
        false => elapsed::text(ms),
    };
    let clock = model
        .elapsed_ms()
        .map(|ms| Span::styled(time(ms), palette.text()));
    fit(clock, &mut right);
    let activity = model.activity().map(|now| activity(model, now));
    let activity = activity.map(|(text, mood)| Span::styled(text, palette.mark(mood)));
    let state = vitals::process_word(model).map(|word| format!("! {word}"));
    let state = state.map(|text| Span::styled(text, palette.mark(Mood::Attention)));
    if row.width >= ROOMY_COLUMNS {
        fit(state, &mut left);
    }
    fit(activity, &mut left);
    let id = |text: String| Some(Span::styled(text, palette.faint()));
    if let Some(session) = model.run.state.identity.as_ref().map(|it| it.session) {
        let is_whole = row.width >= FULL_ID_COLUMNS && fit(id(session.to_string()), &mut right);
        let _ = is_whole || fit(id(session.tail()), &mut right);
    }
    spans::put(buffer, row, left, &right);
    last_known_fits
}

/// What the command seems to do: a glyph and a word.
fn activity(model: &Model, now: Activity) -> (String, Mood) {
    if vitals::is_unusually_quiet(model) {
        return (format!("! {UNUSUAL}"), Mood::Attention);
    }
    let glyph = match now {
        Activity::Waiting => "…",
        Activity::Streaming => "»",
        Activity::Quiet => "·",
        Activity::Buffered => "▤",
    };
    (format!("{glyph} {}", now.as_str()), Mood::Plain)
}

fn draw_progress(model: &Model, row: Rect, buffer: &mut Buffer) {
    let palette = model.options.palette;
    let state = &model.run.state;
    // What is wrong goes before what is done: a row of its own would move everything below it, and
    // change the size of the command's terminal under who types into it.
    let trouble = trouble(model).filter(|_| recovery(model).is_none());
    let trouble = trouble.map(|text| Span::styled(text, palette.mark(Mood::Attention)));
    let Some(fraction) = shown_fraction(model.status(), state) else {
        let instead = || Span::styled(instead_of_bar(state), palette.faint());
        spans::put(buffer, row, vec![trouble.unwrap_or_else(instead)], &[]);
        return;
    };
    let columns = bar_columns(row.width);
    let mood = match model.status() {
        status if status.is_terminal() => Pill::of(status, None).mood,
        _ => Mood::Active,
    };
    let (full, rest) = bar(fraction, columns);
    let mut line = vec![
        Span::styled(full, palette.mark(mood)),
        Span::styled(rest, palette.faint()),
    ];
    // A bar that filled because the run ended says nothing about how much was done.
    if state.fraction() == Some(fraction) {
        let percent = format!("  {:>3.0}%", fraction * 100.0);
        line.push(Span::styled(percent, palette.strong()));
    }
    let is_well = trouble.is_none();
    let said = || said(state).map(|said| Span::styled(said, palette.text()));
    if let Some(beside) = trouble.or_else(said) {
        line.extend([Span::raw("   "), beside]);
    }
    let estimate = estimate_ms(model).filter(|_| is_well && row.width >= ROOMY_COLUMNS);
    let right =
        estimate.map(|ms| Span::styled(format!("ETA {}", elapsed::short(ms)), palette.faint()));
    spans::put(buffer, row, line, right.as_slice());
}

/// The bar fills for a run that came to its own end, and stays where it was for every other.
fn shown_fraction(status: Status, state: &RunState) -> Option<f64> {
    let fraction = state.fraction()?;
    let filled = matches!(status, Status::Passed | Status::Failed);
    Some(if filled { 1.0 } else { fraction })
}

/// How wide the bar is. What stands beside it says more than the bar does, so it gets the room;
/// a width that followed that text would make the bar jump.
fn bar_columns(columns: u16) -> usize {
    let columns = usize::from(columns);
    if columns < usize::from(ROOMY_COLUMNS) {
        columns / 4
    } else {
        columns * 2 / 5
    }
}

/// The full and the empty part of a bar.
fn bar(fraction: f64, columns: usize) -> (String, String) {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a fraction from 0 to 1 of at most 65,535 columns"
    )]
    let eighths = (fraction.clamp(0.0, 1.0) * (columns * 8) as f64).floor() as usize;
    let full = format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8]);
    let rest = "░".repeat(columns.saturating_sub(eighths.div_ceil(8)));
    (full, rest)
}

/// What stands beside the bar: progress and step.
fn said(state: &RunState) -> Option<String> {
    let progress = state
        .progress
        .last
        .as_ref()
        .map(progress_text)
        .filter(|text| !text.is_empty())
        .or_else(|| state.done_of_planned());
    let parts = [progress, step_and_item(state)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| pod_protocol::printable(&parts.join(" · ")).into_owned())
}

/// What is being done: the step, and the item within it.
fn step_and_item(state: &RunState) -> Option<String> {
    let step = state.progress.step.clone();
    let item = state.progress.item.clone();
    let item = item.filter(|item| step.as_ref() != Some(item));
    let parts: Vec<String> = [step, item].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

fn estimate_ms(model: &Model) -> Option<u64> {
    let running = model.status() == Status::Running && model.link == Connection::Connected;
    let requests = &model.run.state.requests;
    let is_ending = requests.strongest().is_some() || requests.timed_out;
    let running = running && !model.is_held() && !is_ending;
    let worked = |elapsed: u64| elapsed.saturating_sub(model.run.state.hold.past_ms);
    let elapsed = model
        .elapsed_ms()
        .map(worked)
        .filter(|ms| running && *ms >= ESTIMATE_AFTER_MS)?;
    let fraction = model
        .run
        .state
        .fraction()
        .filter(|f| *f >= ESTIMATE_AFTER_FRACTION && *f < 1.0)?;
    let (worked, done) = vitals::pace(model, elapsed, fraction)?;
    if worked < ESTIMATE_AFTER_MS || done < ESTIMATE_AFTER_FRACTION {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an estimate of a run's length, far below 2^52 milliseconds"
    )]
    Some((worked as f64 * (1.0 - fraction) / done) as u64)
}

/// Where there is no progress to show: the step, else the command.
fn instead_of_bar(state: &RunState) -> String {
    let step = step_and_item(state);
    let label = state
        .progress
        .last
        .as_ref()
        .map(progress_text)
        .filter(|text| !text.is_empty());
    let command = state
        .identity
        .as_ref()
        .map(|identity| format!("$ {}", identity.command.join(" ")));
    let text = step.or(label).or(command).unwrap_or_default();
    pod_protocol::printable(&text).into_owned()
}

/// What is wrong with the run beside its work.
pub(in crate::screen::monitor) fn trouble(model: &Model) -> Option<String> {
    let degraded = model
        .run
        .state
        .health
        .degraded
        .as_ref()
        .map(|reason| format!("! host degraded: {}", pod_protocol::printable(reason)));
    let over = model.run.state.requests.timed_out && !model.status().is_terminal();
    let over = over.then(|| "! over its time limit, being ended".to_owned());
    let parts: Vec<String> = [over, degraded].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// What the command seems to be stuck in, where there is no room for it beside the name.
pub(super) fn stuck(model: &Model) -> Option<String> {
    let word = vitals::process_word(model);
    let word = word.or_else(|| vitals::is_unusually_quiet(model).then_some(UNUSUAL));
    let word = word.filter(|_| model.size.width < ROOMY_COLUMNS);
    word.map(|word| format!("! {word}"))
}

/// What happened to the run before, if anything did. It changes only when a command begins or ends.
pub(in crate::screen::monitor) fn recovery(model: &Model) -> Option<String> {
    let health = &model.run.state.health;
    let time_of_day = |at: Timestamp| {
        let local = at.to_jiff().to_zoned(model.options.zone.clone());
        local.strftime("%H:%M").to_string()
    };
    let resumed = health.recovery(time_of_day);
    let retried = match health.next_attempt {
        Some(next) => Some(retry(next, model.now)),
        None => (health.retried > 0).then(|| format!("retried {}×", health.retried)),
    };
    let waiting = model.run.waiting_for.as_ref();
    let waits = waiting.filter(|_| model.status() == Status::Pending);
    let waits = waits.map(|waiting_for| format!("waits: {waiting_for}"));
    let parts: Vec<String> = [waits, retried, resumed].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// "retry 2 of 3 in 12s", and without the time once that has come.
fn retry(next: NextAttempt, now: Timestamp) -> String {
    let NextAttempt { attempt, of, due } = next;
    match due.millis_since(now) {
        0 => format!("retry {attempt} of {of}"),
        left => format!(
            "retry {attempt} of {of} in {}",
            elapsed::text(left.div_ceil(1_000) * 1_000)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_wide_as_it_is_told() {
        for (fraction, expected) in [
            (0.0, "░░░░"),
            (0.5, "██░░"),
            (0.54, "██▏░"),
            (0.99, "███▉"),
            (1.0, "████"),
            (7.0, "████"),
        ] {
            let (full, rest) = bar(fraction, 4);
            assert_eq!(full + &rest, expected, "{fraction}");
        }
    }
}
