//! How the Channels tab changes.

use std::ops::Range;

use crossterm::event::{Event, KeyCode};
use pod_protocol::{NAME_CHARS_MAX, Seq};
use tui_input::{Input, backend::crossterm::EventHandler};

use super::{
    Channels, Closer, Found, History, Reading,
    chart::{Chart, Marker, OVERLAID_MAX, span},
    keys::{ChartCommand, Command},
    series::Bucket,
    view::{self, Body},
};
use crate::screen::{
    keymap::Chord,
    monitor::{
        model::{Message, Model},
        tabs::{self, Movement, filter_keys::FilterCommand},
        update::Effect,
        view::body_rows,
    },
    palette::Mood,
};

/// How far the cursor goes with one key, in columns, where it goes far.
const FAR_COLUMNS: i64 = 10;

/// Obeys a key of the table.
pub(in crate::screen::monitor) fn obey(model: &mut Model, command: Command) -> Vec<Effect> {
    match command {
        Command::Open => return open(model),
        Command::Mark => mark(model),
        Command::Order => {
            let order = model.channels.table.order.next();
            model.channels.table.order = order;
            model.notice = Some(Message::new(Mood::Plain, order.words()));
            reveal(model);
        }
        Command::Filter => model.channels.table.filter.open = true,
    }
    Vec::new()
}

/// Obeys the key that takes the filter away, while there is one.
pub(in crate::screen::monitor) fn press_filtered(
    model: &mut Model,
    chord: Chord,
) -> Option<Vec<Effect>> {
    let command = model.keys.channels_filtered.command(chord)?;
    if !model.channels.is_filtered() || command != FilterCommand::Clear {
        return None;
    }
    model.channels.table.filter.text = Input::default();
    reveal(model);
    Some(Vec::new())
}

/// Gives a key to the open text field.
pub(in crate::screen::monitor) fn type_in(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let filter = &mut model.channels.table.filter;
    if chord == Chord::code(KeyCode::Enter) {
        filter.open = false;
    } else if chord == Chord::code(KeyCode::Esc) || chord == Chord::ctrl('c') {
        filter.open = false;
        filter.text = Input::default();
    } else if !chord.is_text() || filter.text.value().chars().count() < NAME_CHARS_MAX {
        filter.text.handle_event(&Event::Key(chord.to_event()));
    }
    reveal(model);
    Vec::new()
}

/// Obeys `chord` if a chart is shown that has a use for it.
pub(in crate::screen::monitor) fn press_in_chart(
    model: &mut Model,
    chord: Chord,
) -> Option<Vec<Effect>> {
    let mut chart = model.channels.chart.take()?;
    let command = model.keys.chart.command(chord);
    let extent = model.channels.extent(&chart);
    let columns = usize::from(model.size.width).max(1);
    use ChartCommand as C;
    match command {
        Some(C::Close) => return Some(Vec::new()),
        Some(C::ZoomIn) => chart.zoom_in(&extent),
        Some(C::ZoomOut) => chart.zoom_out(&extent),
        Some(C::Whole) => chart.window = super::chart::Window::Whole,
        Some(C::PanBack) => chart.pan(&extent, true),
        Some(C::PanOn) => chart.pan(&extent, false),
        Some(C::CursorBack) => chart.move_cursor(&extent, columns, -1),
        Some(C::CursorOn) => chart.move_cursor(&extent, columns, 1),
        Some(C::CursorFarBack) => chart.move_cursor(&extent, columns, -FAR_COLUMNS),
        Some(C::CursorFarOn) => chart.move_cursor(&extent, columns, FAR_COLUMNS),
        Some(C::Logarithmic) => chart.logarithmic = !chart.logarithmic,
        Some(C::Scale) => {
            let own = chart
                .own_scales
                .unwrap_or(model.channels.units_differ(model, &chart));
            chart.own_scales = Some(!own);
        }
        Some(C::Clock) => chart.clock = !chart.clock,
        Some(C::Marker) => {
            let now = chart.marker.unwrap_or(match model.options.braille {
                true => Marker::Braille,
                false => Marker::Blocks,
            });
            chart.marker = Some(now.other());
        }
        None => {}
    }
    model.channels.chart = Some(chart);
    command.map(|_| look_closer(model))
}

/// Moves through the rows, or through the time of the chart.
pub(in crate::screen::monitor) fn scroll(model: &mut Model, movement: Movement) -> Vec<Effect> {
    if let Some(mut chart) = model.channels.chart.take() {
        let extent = model.channels.extent(&chart);
        match movement {
            Movement::First => chart.go_to_first(&extent),
            Movement::Last => chart.follow(&extent),
            Movement::Rows(rows) if chart.names.len() == 1 => {
                select(model, rows.signum());
                chart.names.extend(model.channels.table.selected.clone());
                chart.names.drain(..chart.names.len() - 1);
            }
            Movement::Rows(_) => {}
        }
        model.channels.chart = Some(chart);
        return look_closer(model);
    }
    select(model, movement.rows());
    Vec::new()
}

/// The tab came to the front.
pub(in crate::screen::monitor) fn shown(model: &mut Model) -> Vec<Effect> {
    model.channels.wanted = true;
    heard(model)
}

/// Records have come, or the tab has: asks for what is missing.
pub(in crate::screen::monitor) fn heard(model: &mut Model) -> Vec<Effect> {
    let ask = model.channels.ask(&model.run.state);
    match ask {
        Some(reading) => vec![Effect::Read(tabs::Reading::Channels(reading))],
        None if model.tab == tabs::Tab::Channels => look_closer(model),
        None => Vec::new(),
    }
}

/// Takes what was found.
pub(in crate::screen::monitor) fn found(model: &mut Model, found: Found) -> Vec<Effect> {
    model.channels.found(found);
    heard(model)
}

fn select(model: &mut Model, rows: isize) {
    let shown = view::rows(model);
    let Some(now) = view::selected(model, &shown) else {
        return;
    };
    let index = now.saturating_add_signed(rows).min(shown.len() - 1);
    model.channels.table.selected = Some(shown[index].name.clone());
    reveal(model);
}

/// Scrolls to the row that the operator is on.
fn reveal(model: &mut Model) {
    let body = Body::of(model, body_rows(model));
    let rows = view::rows(model);
    let last_top = rows.len().saturating_sub(body.rows);
    let selected = view::selected(model, &rows).unwrap_or(0);
    let earliest = (selected + 1).saturating_sub(body.rows);
    let top = model.channels.table.top;
    model.channels.table.top = top.clamp(earliest, selected.max(earliest)).min(last_top);
}

fn selected_name(model: &Model) -> Option<String> {
    let rows = view::rows(model);
    let index = view::selected(model, &rows)?;
    Some(rows[index].name.clone())
}

fn mark(model: &mut Model) {
    let Some(name) = selected_name(model) else {
        return;
    };
    let marked = &mut model.channels.table.marked;
    match marked.iter().position(|known| *known == name) {
        Some(index) => drop(marked.remove(index)),
        None if marked.len() < OVERLAID_MAX => marked.push(name),
        None => {
            let text = format!("at most {OVERLAID_MAX} channels in one chart");
            model.notice = Some(Message::new(Mood::Plain, text));
            return;
        }
    }
    select(model, 1);
}

fn open(model: &mut Model) -> Vec<Effect> {
    let marked = model.channels.table.marked.clone();
    let names = match marked.is_empty() {
        true => selected_name(model).into_iter().collect(),
        false => marked,
    };
    if names.is_empty() {
        return Vec::new();
    }
    model.channels.chart = Some(Chart::new(names));
    look_closer(model)
}

/// Has a stretch read from the log of which too little is known to fill the columns of the chart.
fn look_closer(model: &mut Model) -> Vec<Effect> {
    let Some(chart) = model.channels.chart.clone() else {
        return Vec::new();
    };
    let dots = i64::from(model.size.width.max(1)) * 2;
    let channels = &mut model.channels;
    let Some(times) = channels.too_coarse(&chart, dots) else {
        return Vec::new();
    };
    let records = channels.records_of(&chart, &times);
    let mut wanted = channels.wanted(records, &model.run.state);
    wanted.known = chart.names;
    channels.closer = Some(Closer {
        number: wanted.number,
        times: times.clone(),
        book: None,
    });
    let reading = Reading::Closer(wanted, times);
    vec![Effect::Read(tabs::Reading::Channels(reading))]
}

impl Channels {
    /// The stretch to be read, if what is known of the chart's window is too coarse.
    fn too_coarse(&self, chart: &Chart, dots: i64) -> Option<Range<i64>> {
        if !matches!(self.history, History::Whole | History::Failed(_)) {
            return None;
        }
        let extent = self.extent(chart);
        let times = chart.window.times(&extent);
        let series = chart.names.iter().filter_map(|name| self.book.series(name));
        let slot_ms = series.map(super::series::Series::slot_ms).max()?;
        if slot_ms.saturating_mul(dots) <= span(&times) || slot_ms == 1 {
            return None;
        }
        if let Some(closer) = &self.closer {
            let covered = closer.times.end.min(times.end) - closer.times.start.max(times.start);
            let begins = closer.times.start <= times.start.max(extent.start);
            // What comes live is known coarsely for a while.
            let mostly = covered > span(&times) / 2 && times.end >= extent.end;
            let wholly = closer.times.end >= times.end.min(extent.end);
            // One that is much longer was a look from further away.
            let as_close = span(&closer.times) <= span(&times).saturating_mul(4);
            if begins && as_close && (wholly || mostly) {
                return None;
            }
        }
        // Half a window more on both sides, so that not every step needs the log.
        let more = span(&times) / 2;
        let from = times.start.saturating_sub(more).max(extent.start);
        let to = times.end.saturating_add(more).min(extent.end);
        (from < to).then_some(from..to)
    }

    /// The records in which the readings of a stretch stand.
    fn records_of(&self, chart: &Chart, times: &Range<i64>) -> Range<Seq> {
        let series = || chart.names.iter().filter_map(|name| self.book.series(name));
        let firsts = series().filter_map(|series| {
            let bucket = series.bucket_at(times.start);
            bucket.or(series.buckets().first()).map(|b| b.first_seq)
        });
        let ends = series().map(|series| {
            let buckets = series.buckets();
            let behind = buckets.partition_point(|b| b.first_ms < times.end);
            buckets.get(behind).map(|bucket| bucket.first_seq)
        });
        let newest = self.seen.map_or(Seq::FIRST, |(_, due)| due);
        // A series without a later bucket goes on to the newest record.
        let end = ends
            .map(|end| end.unwrap_or(newest))
            .max()
            .unwrap_or(newest);
        firsts.min().unwrap_or(Seq::FIRST)..end
    }

    /// All times of the readings of a chart.
    pub(super) fn extent(&self, chart: &Chart) -> Range<i64> {
        let series = chart.names.iter().filter_map(|name| self.book.series(name));
        let extents = series.filter_map(super::series::Series::extent);
        let both = extents.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
        both.map_or(0..1, |(first, last)| first..last.saturating_add(1))
    }

    /// What is known of a channel in a stretch of time and just beside it, the finest there is.
    pub(super) fn buckets(&self, name: &str, times: &Range<i64>) -> Vec<Bucket> {
        let Some(series) = self.book.series(name) else {
            return Vec::new();
        };
        let all = series.buckets();
        let start = all.partition_point(|b| b.last_ms < times.start);
        let end = all.partition_point(|b| b.first_ms < times.end);
        let coarse = all.get(start..end).unwrap_or_default();
        let before = start.checked_sub(1).and_then(|index| all.get(index));
        let behind = all.get(end);
        let closer = self.closer.as_ref().and_then(|closer| {
            let fine = closer.book.as_ref()?.series(name)?;
            let holds = closer.times.start <= coarse.first()?.first_ms.max(times.start);
            (holds && fine.slot_ms() < series.slot_ms()).then_some((fine, closer.times.clone()))
        });
        let Some((fine, known)) = closer else {
            return before
                .into_iter()
                .chain(coarse)
                .chain(behind)
                .copied()
                .collect();
        };
        let mut found: Vec<Bucket> = before.copied().into_iter().collect();
        // Of the bucket before the window the fine ones know more.
        found.extend(fine.buckets().iter().rfind(|b| b.last_ms < times.start));
        found.extend(fine.within(times.clone()));
        if known.end < times.end {
            let later = coarse.iter().filter(|bucket| bucket.last_ms >= known.end);
            found.extend(later.map(|bucket| Bucket {
                first_ms: bucket.first_ms.max(known.end),
                ..*bucket
            }));
        }
        found.extend(behind);
        found
    }

    fn units_differ(&self, model: &Model, chart: &Chart) -> bool {
        let series = &model.run.state.channels.series;
        let unit = |name: &String| {
            let found = series.iter().find(|channel| channel.name == *name);
            found.and_then(|channel| channel.unit.clone())
        };
        let mut units = chart.names.iter().map(unit);
        let first = units.next();
        units.any(|unit| Some(unit) != first)
    }
}
