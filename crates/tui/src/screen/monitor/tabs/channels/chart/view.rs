//! How the chart looks: a head that says what is shown, the plot, and the times below it.

use std::ops::Range;

use pod_protocol::printable;
use ratatui::{buffer::Buffer, layout::Rect, text::Span};
use unicode_width::UnicodeWidthStr;

use super::{
    Chart, head, lines,
    scale::{Scale, Times},
    span,
};
use crate::screen::{
    monitor::{
        model::Model,
        tabs::channels::{
            number::{exact, significant},
            series::{Bucket, Values},
        },
    },
    spans,
};

/// From this height up every channel has a row of the head.
const ROOMY_ROWS: u16 = 14;
/// From this height up the times have an axis.
const AXIS_ROWS: u16 = 9;
/// Labels of values are no wider than this.
const LABEL_COLUMNS_MAX: usize = 9;
/// From this many rows up there are up to five labels, else three.
const FINE_ROWS: usize = 9;

/// One channel of the chart.
pub(super) struct Drawn {
    pub(super) name: String,
    pub(super) unit: Option<String>,
    /// What there is of it in the window, and the neighbours on both sides.
    pub(super) buckets: Vec<Bucket>,
    /// What the window says.
    pub(super) values: Option<Values>,
    /// The smallest value that has a logarithm.
    positive_min: Option<f64>,
}

/// Draws the chart.
pub(in crate::screen::monitor::tabs::channels) fn draw(
    model: &Model,
    chart: &Chart,
    area: Rect,
    buffer: &mut Buffer,
) {
    let channels = &model.channels;
    let times = chart.window.times(&channels.extent(chart));
    let drawn: Vec<Drawn> = chart
        .names
        .iter()
        .map(|name| drawn(model, name, &times))
        .collect();
    let heads = match drawn.len() {
        count @ 2.. if area.height >= ROOMY_ROWS => u16::try_from(count).unwrap_or(1) + 1,
        2.. => 2,
        _ => 1,
    };
    let [head, rest] = split(area, heads);
    let below = if area.height >= AXIS_ROWS { 2 } else { 1 };
    let [plot, axis] = split(rest, rest.height.saturating_sub(below));
    let scales = scales(chart, &drawn, plot.height);
    let plotted = plot_area(plot, scales.first());
    head::draw(
        model,
        chart,
        &times,
        (&drawn, usize::from(plotted.width)),
        head,
        buffer,
    );
    if plotted.is_empty() {
        return;
    }
    draw_labels(model, scales.first(), plot, plotted, buffer);
    lines::draw(model, chart, &times, (&drawn, &scales), plotted, buffer);
    draw_times(model, chart, &times, plotted, axis, buffer);
}

fn split(area: Rect, height: u16) -> [Rect; 2] {
    let height = height.min(area.height);
    let above = Rect { height, ..area };
    let below = Rect {
        y: area.y + height,
        height: area.height - height,
        ..area
    };
    [above, below]
}

fn drawn(model: &Model, name: &str, times: &Range<i64>) -> Drawn {
    let channel = model.run.state.channels.series.iter();
    let unit = channel.into_iter().find(|channel| channel.name == name);
    let buckets = model.channels.buckets(name, times);
    let inside = || {
        let inside = buckets.iter();
        inside.filter(|b| b.last_ms >= times.start && b.first_ms < times.end)
    };
    let positive = inside().map(|b| match b.values.min > 0.0 {
        true => b.values.min,
        false => b.values.max,
    });
    Drawn {
        name: printable(name).into_owned(),
        unit: unit.and_then(|channel| channel.unit.clone()),
        values: inside().map(|b| b.values).reduce(Values::then),
        positive_min: positive.filter(|value| *value > 0.0).reduce(f64::min),
        buckets,
    }
}

/// Whether each channel has a scale of its own.
pub(super) fn own_scales(chart: &Chart, drawn: &[Drawn]) -> bool {
    let units = || drawn.iter().map(|channel| &channel.unit);
    chart
        .own_scales
        .unwrap_or_else(|| units().any(|unit| Some(unit) != units().next()))
}

fn scales(chart: &Chart, drawn: &[Drawn], rows: u16) -> Vec<Option<Scale>> {
    let labels = if usize::from(rows) >= FINE_ROWS { 5 } else { 3 };
    let range = |channel: &Drawn| {
        let values = channel.values?;
        let low = match chart.logarithmic {
            true => channel.positive_min?,
            false => values.min,
        };
        Some((low, values.max))
    };
    let ranges: Vec<Option<(f64, f64)>> = drawn.iter().map(range).collect();
    let all = ranges.iter().flatten().copied();
    let all = all.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
    let own = own_scales(chart, drawn);
    let scale = |own_range: &Option<(f64, f64)>| {
        let range = if own { *own_range } else { all };
        range.map(|range| Scale::new(range, chart.logarithmic, labels))
    };
    ranges.iter().map(scale).collect()
}

/// Where the lines go: right of the labels.
fn plot_area(plot: Rect, scale: Option<&Option<Scale>>) -> Rect {
    let ticks = scale
        .and_then(Option::as_ref)
        .map(Scale::ticks)
        .unwrap_or_default();
    let widest = ticks.iter().map(|(value, _)| label(*value).width()).max();
    let gutter = u16::try_from(widest.unwrap_or(0) + 2).unwrap_or(2);
    Rect {
        x: plot.x + gutter.min(plot.width),
        width: plot.width.saturating_sub(gutter),
        ..plot
    }
}

fn label(value: f64) -> String {
    let text = exact(value);
    match text.len() <= LABEL_COLUMNS_MAX {
        true => text,
        false => significant(value),
    }
}

/// The labels of the values, and the axis they stand at.
fn draw_labels(
    model: &Model,
    scale: Option<&Option<Scale>>,
    plot: Rect,
    plotted: Rect,
    buffer: &mut Buffer,
) {
    let palette = model.options.palette;
    let rows = usize::from(plot.height);
    let ticks = scale
        .and_then(Option::as_ref)
        .map(Scale::ticks)
        .unwrap_or_default();
    let row_of = |share: f64| down(share, rows);
    for row in 0..rows {
        let tick = ticks.iter().find(|(_, share)| row_of(*share) == row);
        let (text, axis) = match tick {
            Some((value, _)) => (label(*value), "┤"),
            None => (String::new(), "│"),
        };
        let gutter = Rect {
            width: plotted.x - plot.x,
            ..spans::row(plot, row)
        };
        let right = [
            Span::styled(text, palette.text()),
            Span::styled(axis, palette.faint()),
        ];
        spans::put(buffer, gutter, Vec::new(), &right);
    }
}

/// Which of `count` rows, from the top, a share stands in.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share from 0 to 1 of a screen"
)]
pub(super) fn down(share: f64, count: usize) -> usize {
    ((1.0 - share) * count.saturating_sub(1) as f64).round() as usize
}

/// What a channel is called in a chart of several.
pub(in crate::screen::monitor::tabs::channels) fn letter(owner: usize) -> char {
    u8::try_from(owner).map_or('?', |owner| char::from(b'a' + owner % 26))
}

/// Which of `columns` a time falls into; outside of them for one that is not shown.
pub(super) fn column_of(at_ms: i64, times: &Range<i64>, columns: usize) -> i64 {
    let since = i128::from(at_ms) - i128::from(times.start);
    let columns = i128::try_from(columns).unwrap_or(1);
    let column = (since * columns).div_euclid(i128::from(span(times).max(1)));
    i64::try_from(column).unwrap_or(i64::MAX)
}

pub(super) fn times_of<'a>(model: &'a Model, chart: &Chart) -> Times<'a> {
    let started = model.run.state.times.started_at;
    match started {
        Some(started) if !chart.clock => Times::Since(started.as_millis()),
        _ => Times::Of(&model.options.zone),
    }
}

fn draw_times(
    model: &Model,
    chart: &Chart,
    times: &Range<i64>,
    plotted: Rect,
    area: Rect,
    buffer: &mut Buffer,
) {
    let palette = model.options.palette;
    let labels = spans::row(area, usize::from(area.height.saturating_sub(1)));
    let written = times_of(model, chart);
    let kind = match written {
        Times::Since(_) => "T+",
        Times::Of(_) => "",
    };
    let gutter = Rect {
        width: plotted.x - area.x,
        ..labels
    };
    let kind = Span::styled(kind, palette.faint());
    spans::put(buffer, gutter, Vec::new(), &[kind, Span::raw(" ")]);
    if area.height > 1 {
        let line = "─".repeat(usize::from(plotted.width));
        let axis = Rect {
            x: plotted.x - 1,
            width: plotted.width + 1,
            ..spans::row(area, 0)
        };
        let line = Span::styled(format!("└{line}"), palette.faint());
        spans::put(buffer, axis, vec![line], &[]);
    }
    for (at, text) in written.ticks(times, usize::from(plotted.width)) {
        let column = column_of(at, times, usize::from(plotted.width));
        let x = plotted.x + u16::try_from(column.max(0)).unwrap_or(0);
        let room = usize::from(plotted.right().saturating_sub(x));
        if text.width() > room {
            continue;
        }
        if area.height > 1 {
            buffer[(x, area.y)].set_symbol("┴");
        }
        buffer.set_string(x, labels.y, text, palette.text());
    }
}
