//! The head of the chart: what the lines say, under the cursor or as a whole, and what is shown.

use std::ops::Range;

use pod_protocol::{cut_to_width, printable};
use ratatui::{buffer::Buffer, layout::Rect, style::Modifier, text::Span};
use unicode_width::UnicodeWidthStr;

use super::{
    Chart, Window,
    grid::Line,
    scale::Times,
    span,
    view::{Drawn, column_of, letter, own_scales, times_of},
};
use crate::screen::{
    elapsed,
    monitor::{
        model::Model,
        tabs::channels::{
            number::{exact, precise, significant, with_unit},
            series::Values,
        },
    },
    spans,
};

/// A value with its unit, and the gap before it: so much of a row is kept for it, whatever the name.
const VALUE_COLUMNS: usize = 14;
/// Letter, sample and gaps of a legend.
const LEGEND_COLUMNS: usize = 6;
/// Letter and gaps of a legend that shares its row.
const TERSE_COLUMNS: usize = 4;
/// With fewer columns, a cut name tells no channel from another.
const NAME_COLUMNS: usize = 4;

/// Draws it.
pub(super) fn draw(
    model: &Model,
    chart: &Chart,
    times: &Range<i64>,
    (drawn, columns): (&[Drawn], usize),
    area: Rect,
    buffer: &mut Buffer,
) {
    let palette = model.options.palette;
    let state = Span::styled(state(model, chart, drawn), palette.faint());
    let at = |channel: &Drawn| readout(chart, times, channel, columns);
    if let [only] = drawn {
        let time = cursor_time(model, chart, times, columns);
        let time = time.map(|time| Span::styled(format!("  {time}"), palette.strong()));
        let beside = VALUE_COLUMNS + time.as_ref().map_or(0, |time| time.content.width());
        let room = usize::from(area.width).saturating_sub(beside);
        let name = Span::styled(spans::cut_middle(&only.name, room), palette.strong());
        let mut left: Vec<Span<'_>> = [Some(name), time].into_iter().flatten().collect();
        let room = usize::from(area.width).saturating_sub(spans::width(&left) + 2);
        let said = said(only, at(only), room);
        left.push(Span::styled(format!("  {said}"), palette.text()));
        put_if_room(buffer, spans::row(area, 0), left, &state);
        return;
    }
    match cursor_time(model, chart, times, columns) {
        Some(time) => {
            let time = vec![Span::styled(time, palette.strong())];
            put_if_room(buffer, spans::row(area, 0), time, &state);
        }
        None => spans::put(buffer, spans::row(area, 0), vec![state], &[]),
    }
    if usize::from(area.height) > drawn.len() {
        for (owner, channel) in drawn.iter().enumerate() {
            let said = said(channel, at(channel), usize::from(area.width));
            // Values stay in sight, however long the names are.
            let room = usize::from(area.width).saturating_sub(said.width() + LEGEND_COLUMNS);
            let sample = Line::ALL[owner % Line::ALL.len()].sample();
            let line = vec![
                letter_of(model, owner, sample),
                Span::styled(spans::cut_middle(&channel.name, room), palette.strong()),
                Span::styled(format!(" {said}"), palette.text()),
            ];
            spans::put(buffer, spans::row(area, owner + 1), line, &[]);
        }
        return;
    }
    let values: Vec<String> = drawn
        .iter()
        .map(|channel| terse_value(channel, at(channel)))
        .collect();
    let columns = usize::from(area.width);
    let names: Vec<usize> = drawn.iter().map(|channel| channel.name.width()).collect();
    let (share, shows_values) = shared_columns(&names, &values, chart.cursor.is_some(), columns);
    let mut line: Vec<Span<'_>> = Vec::new();
    for (owner, (channel, value)) in drawn.iter().zip(&values).enumerate() {
        if owner > 0 {
            line.push(Span::raw("  "));
        }
        let name = spans::cut_middle(&channel.name, share);
        line.push(letter_of(model, owner, ""));
        line.push(Span::styled(name, palette.strong()));
        if shows_values {
            let gap = if share > 0 { " " } else { "" };
            line.push(Span::styled(format!("{gap}{value}"), palette.text()));
        }
    }
    spans::put(buffer, spans::row(area, 1), line, &[]);
}

/// What a line of the chart is called by, and how it is drawn.
fn letter_of(model: &Model, owner: usize, sample: &str) -> Span<'static> {
    let style = model.options.palette.series(owner);
    let gap = if sample.is_empty() { "" } else { " " };
    let text = format!("{} {sample}{gap}", letter(owner));
    Span::styled(text, style.add_modifier(Modifier::BOLD))
}

/// What each name is cut to where all legends share a row, and whether their values are beside
/// them. The cursor is there for the values, and letters tell the lines; without it, the names come
/// first.
fn shared_columns(
    names: &[usize],
    values: &[String],
    has_cursor: bool,
    columns: usize,
) -> (usize, bool) {
    let columns = columns.saturating_sub(TERSE_COLUMNS * names.len());
    let value_columns: usize = values.iter().map(|value| value.width() + 1).sum();
    let share = fair_share(names, columns.saturating_sub(value_columns));
    let told = names.iter().all(|&name| name.min(NAME_COLUMNS) <= share);
    match (told, has_cursor) {
        (true, _) => (share, true),
        (false, true) => (0, true),
        (false, false) => (fair_share(names, columns), false),
    }
}

/// The most that each may have so that all together fit: what a short one leaves, long ones get.
fn fair_share(widths: &[usize], columns: usize) -> usize {
    let fits =
        |share: usize| widths.iter().map(|&width| width.min(share)).sum::<usize>() <= columns;
    (0..=columns).rev().find(|&share| fits(share)).unwrap_or(0)
}

/// Puts `right` only where nothing of `left` is cut for it.
fn put_if_room(buffer: &mut Buffer, row: Rect, left: Vec<Span<'_>>, right: &Span<'_>) {
    let needed = spans::width(&left) + right.content.width() + 2;
    let fits = needed <= usize::from(row.width);
    spans::put(
        buffer,
        row,
        left,
        if fits {
            std::slice::from_ref(right)
        } else {
            &[]
        },
    );
}

/// When the cursor is, to what a column is wide.
fn cursor_time(model: &Model, chart: &Chart, times: &Range<i64>, columns: usize) -> Option<String> {
    let at = chart.cursor.filter(|at| times.contains(at))?;
    let column_ms = span(times) / i64::try_from(columns.max(1)).unwrap_or(1);
    let written = times_of(model, chart);
    let kind = if matches!(written, Times::Since(_)) {
        "T+"
    } else {
        ""
    };
    Some(format!("{kind}{}", written.text(at, column_ms.max(1))))
}

/// What the readings under the cursor say, or the last one before it.
fn readout(chart: &Chart, times: &Range<i64>, channel: &Drawn, columns: usize) -> Option<Values> {
    let at = chart.cursor.filter(|at| times.contains(at))?;
    let column = column_of(at, times, columns);
    let buckets = || channel.buckets.iter();
    let under = buckets().filter(|bucket| {
        let first = column_of(bucket.first_ms, times, columns);
        first <= column && column <= column_of(bucket.last_ms, times, columns)
    });
    let under = under.map(|bucket| bucket.values).reduce(Values::then);
    under.or_else(|| {
        let before = buckets().rev().find(|bucket| bucket.last_ms <= at)?;
        let last = before.values.last;
        Some(Values {
            min: last,
            max: last,
            last,
            sum: last,
            count: 1,
        })
    })
}

/// The value, the extremes and how many readings there are: under the cursor, else in the window.
/// Fewer digits where there is no room for them.
fn said(channel: &Drawn, at_cursor: Option<Values>, room: usize) -> String {
    let unit = channel
        .unit
        .as_deref()
        .map(|unit| printable(unit).into_owned());
    let Some(values) = at_cursor.or(channel.values) else {
        return "no readings here".to_owned();
    };
    let text = |number: fn(f64) -> String, counted: bool| {
        let last = with_unit(&number(values.last), unit.as_deref());
        let (min, max) = (number(values.min), number(values.max));
        match values.count {
            1 => last,
            count if counted => format!("{last}  {min}–{max}  {count} readings"),
            _ => format!("{last}  {min}–{max}"),
        }
    };
    // One reading is told to its last digit.
    let first: fn(f64) -> String = if values.count == 1 { exact } else { precise };
    let mut candidates = [(first, true), (precise, false), (significant, true)]
        .into_iter()
        .map(|(number, counted)| text(number, counted));
    let fitting = candidates.find(|text| text.width() <= room);
    // The extremes are what nothing else on the screen tells.
    let extremes = || {
        let range = format!("{}–{}", significant(values.min), significant(values.max));
        with_unit(&range, unit.as_deref())
    };
    let last = text(significant, false);
    let fits = values.count == 1 || last.width() <= room;
    fitting.unwrap_or_else(|| if fits { last } else { extremes() })
}

fn terse_value(channel: &Drawn, at_cursor: Option<Values>) -> String {
    let values = at_cursor.or(channel.values);
    values.map_or("–".to_owned(), |values| significant(values.last))
}

/// What part of the run is shown, and how.
fn state(model: &Model, chart: &Chart, drawn: &[Drawn]) -> String {
    let length = |span_ms: i64| {
        let millis = u64::try_from(span_ms).unwrap_or(0);
        match millis {
            0..10_000 => pod_protocol::short_duration(millis),
            _ => elapsed::text(millis),
        }
    };
    let window = match chart.window {
        Window::Whole => "whole run".to_owned(),
        Window::Newest { span_ms } => format!("last {}", length(span_ms)),
        Window::Held { span_ms, .. } => length(span_ms),
    };
    let scale = (drawn.len() > 1).then(|| match own_scales(chart, drawn) {
        true => format!("own scales, labels of {}", letter(0)),
        false => "one scale".to_owned(),
    });
    let logarithmic = chart.logarithmic.then(|| "log".to_owned());
    let reading = model.channels.reading_note();
    let parts: Vec<String> = [reading, logarithmic, scale, Some(window)]
        .into_iter()
        .flatten()
        .collect();
    cut_to_width(&parts.join(" · "), 60).into_owned()
}
