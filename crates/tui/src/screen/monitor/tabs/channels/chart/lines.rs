//! The lines of the chart: a stroke from minimum to maximum in every column of dots, and straight
//! lines between readings that lie apart.

use std::ops::Range;

use ratatui::{buffer::Buffer, layout::Rect, style::Modifier};

use super::{
    Chart,
    grid::{Grid, Marker},
    scale::Scale,
    view::{Drawn, column_of, down, letter},
};
use crate::screen::monitor::model::Model;

/// Draws them, and the cursor.
pub(super) fn draw(
    model: &Model,
    chart: &Chart,
    times: &Range<i64>,
    (drawn, scales): (&[Drawn], &[Option<Scale>]),
    area: Rect,
    buffer: &mut Buffer,
) {
    let palette = model.options.palette;
    let marker = chart.marker.unwrap_or(match model.options.braille {
        true => Marker::Braille,
        false => Marker::Blocks,
    });
    let mut grid = Grid::new(marker, usize::from(area.width), usize::from(area.height));
    for (owner, (channel, scale)) in drawn.iter().zip(scales).enumerate() {
        if let Some(scale) = scale {
            draw_line(&mut grid, times, channel, scale, owner);
        }
    }
    let cursor = chart.cursor.filter(|at| times.contains(at));
    let cursor = cursor.map(|at| column_of(at, times, usize::from(area.width)));
    for y in 0..area.height {
        for x in 0..area.width {
            let at_cursor = cursor == Some(i64::from(x));
            let (symbol, style) = match grid.cell(usize::from(x), usize::from(y)) {
                Some((symbol, owner)) => (symbol, palette.series(owner)),
                None if at_cursor => ('│', palette.text()),
                None => continue,
            };
            let style = match at_cursor {
                true => style.add_modifier(Modifier::BOLD),
                false => style,
            };
            let cell = &mut buffer[(area.x + x, area.y + y)];
            cell.set_char(symbol).set_style(style);
        }
    }
    if drawn.len() > 1 {
        draw_letters(model, times, (drawn, scales), area, buffer);
    }
}

fn draw_line(grid: &mut Grid, times: &Range<i64>, channel: &Drawn, scale: &Scale, owner: usize) {
    let (wide, high) = (grid.wide(), grid.high());
    let end = i64::try_from(wide).unwrap_or(i64::MAX);
    let mut before: Option<(i64, usize)> = None;
    for bucket in &channel.buckets {
        let values = bucket.values;
        let Some(top) = scale.share(values.max).map(|share| down(share, high)) else {
            before = None;
            continue;
        };
        let row = |value| down(scale.share(value).unwrap_or(0.0), high);
        let bottom = row(values.min);
        let first = column_of(bucket.first_ms, times, wide);
        let last = column_of(bucket.last_ms, times, wide);
        if let Some(before) = before {
            let (dots, y) = (before.0..first, row(values.mean()).clamp(top, bottom));
            connect(grid, dots, (before.1, y), owner);
        }
        for x in first.max(0)..=last.min(end - 1) {
            grid.stroke(usize::try_from(x).unwrap_or(0), (top, bottom), owner);
        }
        before = Some((last, row(values.last)));
    }
}

/// A straight line through the dots between two readings. Steps are closed, so that it has no holes.
fn connect(grid: &mut Grid, dots: Range<i64>, (from, to): (usize, usize), owner: usize) {
    let length = dots.end.saturating_sub(dots.start);
    if length <= 0 {
        // Both stand in one column of dots.
        if let Ok(x) = usize::try_from(dots.end) {
            grid.stroke(x, (from.min(to), from.max(to)), owner);
        }
        return;
    }
    let end = i64::try_from(grid.wide()).unwrap_or(i64::MAX);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "rows of a screen"
    )]
    let row = |x: i64| {
        let share = (x - dots.start) as f64 / length.max(1) as f64;
        (from as f64 + (to as f64 - from as f64) * share).round() as usize
    };
    for x in dots.start.saturating_add(1).max(0)..=dots.end.min(end - 1) {
        let (one, other) = (row(x - 1), row(x));
        let step = match one.cmp(&other) {
            std::cmp::Ordering::Less => (one + 1, other),
            std::cmp::Ordering::Greater => (other, one - 1),
            std::cmp::Ordering::Equal => (one, one),
        };
        // Where the reading itself stands its own stroke is drawn.
        if x < dots.end || step.0 != step.1 {
            grid.stroke(usize::try_from(x).unwrap_or(0), step, owner);
        }
    }
}

/// The letter of each channel at the end of its line.
fn draw_letters(
    model: &Model,
    times: &Range<i64>,
    (drawn, scales): (&[Drawn], &[Option<Scale>]),
    area: Rect,
    buffer: &mut Buffer,
) {
    let mut taken: Vec<u16> = Vec::new();
    for (owner, (channel, scale)) in drawn.iter().zip(scales).enumerate() {
        let inside = channel.buckets.iter().rev();
        let last = inside
            .into_iter()
            .find(|bucket| bucket.first_ms < times.end);
        let (Some(last), Some(scale)) = (last, scale) else {
            continue;
        };
        let Some(share) = scale.share(last.values.last) else {
            continue;
        };
        let rows = usize::from(area.height);
        let wanted = u16::try_from(down(share, rows)).unwrap_or(0);
        let free = |row: &u16| !taken.contains(row);
        let Some(row) = (0..area.height)
            .filter(free)
            .min_by_key(|row| row.abs_diff(wanted))
        else {
            continue;
        };
        taken.push(row);
        let column = column_of(last.last_ms, times, usize::from(area.width));
        let column = u16::try_from(column.max(0))
            .unwrap_or(u16::MAX)
            .min(area.width - 1);
        let style = model
            .options
            .palette
            .series(owner)
            .add_modifier(Modifier::BOLD);
        let cell = &mut buffer[(area.x + column, area.y + row)];
        cell.set_char(letter(owner)).set_style(style);
    }
}
