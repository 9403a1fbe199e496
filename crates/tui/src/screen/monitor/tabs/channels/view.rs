//! How the Channels tab looks: the table, or the chart in its place.

use pod_protocol::{Channel, printable};
use ratatui::{buffer::Buffer, layout::Rect, style::Modifier, text::Span};
use unicode_width::UnicodeWidthStr;

use super::{
    History,
    book::OTHERS_MAX,
    chart,
    number::{significant, with_unit},
    table::{self, Freshness, GAP_COLUMNS, Widths},
};
use crate::screen::{
    monitor::{
        model::{Connection, Model},
        tabs::Edges,
    },
    palette::Mood,
    spans,
};

/// From this height up the columns have titles.
const TITLES_ROWS: usize = 10;

/// A unit wider than this is a text, and leaves no room for its value.
const UNIT_COLUMNS_MAX: usize = 12;

/// Draws the tab.
pub(in crate::screen::monitor) fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    if let Some(shown) = &model.channels.chart {
        return chart::view::draw(model, shown, area, buffer);
    }
    let palette = model.options.palette;
    let rows = rows(model);
    let height = usize::from(area.height);
    let body = Body::of(model, height);
    let texts: Vec<Texts> = rows
        .iter()
        .map(|channel| Texts::of(model, channel))
        .collect();
    let widths = widths(&texts, usize::from(area.width));
    if body.titles > 0 && !rows.is_empty() {
        let titles = titles(widths, palette.faint());
        spans::put(buffer, spans::row(area, 0), titles, &[]);
    }
    if rows.is_empty() {
        let hint = Span::styled(empty_hint(model), palette.faint());
        spans::put(buffer, spans::row(area, 0), vec![hint], &[]);
    }
    let selected = selected(model, &rows);
    let visible = rows.iter().zip(&texts).enumerate();
    for (index, (channel, texts)) in visible.skip(top(model, body)).take(body.rows) {
        let row = spans::row(area, body.titles + index - top(model, body));
        let is_selected = Some(index) == selected;
        let line = line(model, channel, texts, (widths, is_selected));
        spans::put(buffer, row, line, &[]);
    }
    if let Some(note) = note(model) {
        let row = spans::row(area, height.saturating_sub(1));
        spans::put(buffer, row, vec![Span::styled(note, palette.text())], &[]);
    }
}

/// What lies beyond the rows.
pub(in crate::screen::monitor) fn edges(model: &Model, height: usize) -> Edges {
    if model.channels.chart.is_some() {
        return Edges::default();
    }
    let body = Body::of(model, height);
    Edges::of_text(top(model, body), body.rows, rows(model).len())
}

/// How many rows titles and channels have.
#[derive(Clone, Copy)]
pub(super) struct Body {
    titles: usize,
    pub(super) rows: usize,
}

impl Body {
    pub(super) fn of(model: &Model, height: usize) -> Self {
        let titles = usize::from(height >= TITLES_ROWS);
        let noted = usize::from(note(model).is_some());
        Self {
            titles,
            rows: height.saturating_sub(titles + noted),
        }
    }
}

/// The channels in the order of the screen.
pub(super) fn rows(model: &Model) -> Vec<&Channel> {
    let table = &model.channels.table;
    let channels = &model.run.state.channels.series;
    table::rows(channels, table.order, table.filter.text.value())
}

/// The row that the operator is on.
pub(super) fn selected(model: &Model, rows: &[&Channel]) -> Option<usize> {
    let name = model.channels.table.selected.as_deref();
    let found = rows.iter().position(|channel| Some(&*channel.name) == name);
    found.or((!rows.is_empty()).then_some(0))
}

/// The first row that is shown: rows do not end above the end of the screen.
fn top(model: &Model, body: Body) -> usize {
    let last = rows(model).len().saturating_sub(body.rows);
    model.channels.table.top.min(last)
}

/// In how many milliseconds an age or a word of the table changes by itself.
pub(in crate::screen::monitor) fn next_change_ms(model: &Model) -> Option<u64> {
    if model.channels.chart.is_some() || model.status().is_terminal() {
        return None;
    }
    let body = Body::of(model, crate::screen::monitor::view::body_rows(model));
    let rows = rows(model);
    let visible = rows.iter().skip(top(model, body)).take(body.rows);
    let ages = visible.map(|channel| model.now.millis_since(channel.last_at));
    ages.map(table::next_change_ms).min()
}

fn empty_hint(model: &Model) -> &'static str {
    match model.run.state.channels.series.is_empty() {
        true => {
            "no readings yet: {\"kind\":\"channel\",\"name\":\"loss\",\"value\":0.5} >> $POD_EVENTS"
        }
        false => "no channel has such a name",
    }
}

/// What is missing here, if anything is.
pub(super) fn note(model: &Model) -> Option<String> {
    let channels = &model.channels;
    let others = match (
        channels.book.others(),
        model.run.state.channels.not_followed,
    ) {
        (0, 0) => None,
        (0, _) => Some("more are not followed".to_owned()),
        (OTHERS_MAX.., _) => Some(format!("+{OTHERS_MAX} or more not followed")),
        (count, _) => Some(format!("+{count} not followed")),
    };
    let parts: Vec<String> = [others, channels.reading_note()]
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

impl super::Channels {
    /// How far the logs have been read, while they are.
    pub(super) fn reading_note(&self) -> Option<String> {
        match (&self.history, &self.closer) {
            (History::Coming { share, .. }, _) => {
                Some(format!("reading the history: {:.0}%", share * 100.0))
            }
            (History::Failed(why), _) => Some(format!("no history: {}", printable(why))),
            (_, Some(closer)) if closer.book.is_none() => Some("reading closer".to_owned()),
            _ => None,
        }
    }
}

/// What a row says beside its name and its shape.
struct Texts {
    name: String,
    last: String,
    age: String,
    range: String,
    freshness: Freshness,
}

impl Texts {
    fn of(model: &Model, channel: &Channel) -> Self {
        let ended = model.status().is_terminal();
        let connected = model.link == Connection::Connected && !model.is_held();
        let unit = channel
            .unit
            .as_deref()
            .map(|unit| spans::cut_middle(&printable(unit), UNIT_COLUMNS_MAX));
        let started = model.run.state.times.started_at.filter(|_| ended);
        // An age that grows for ever says nothing of a run that is over.
        let age = match started {
            Some(started) => format!("T+{}", table::age(started, channel.last_at)),
            None => table::age(channel.last_at, model.now),
        };
        let (low, high) = channel.range;
        Self {
            name: printable(&channel.name).into_owned(),
            last: with_unit(&significant(channel.last()), unit.as_deref()),
            age,
            range: format!("{}–{}", significant(low), significant(high)),
            freshness: Freshness::of(channel.last_at, model.now, ended, connected),
        }
    }
}

fn widths(texts: &[Texts], columns: usize) -> Widths {
    let widest = |text: fn(&Texts) -> &str| {
        let widths = texts.iter().map(|texts| text(texts).width());
        widths.max().unwrap_or(0)
    };
    let wanted = Widths {
        name: widest(|texts| &texts.name).max(4),
        line: 0,
        // As wide as the words above them.
        last: widest(|texts| &texts.last).max(4),
        age: widest(|texts| &texts.age).max(3),
        word: Freshness::Closed.word().len(),
        range: widest(|texts| &texts.range).max(7),
    };
    Widths::fit(columns, wanted)
}

fn titles(widths: Widths, style: ratatui::style::Style) -> Vec<Span<'static>> {
    let lead = " ".repeat(table::LEAD_COLUMNS);
    let mut line = format!("{lead}{:<1$}", "name", widths.name);
    for (title, width, right) in [
        ("trend", widths.line, false),
        ("last", widths.last, true),
        ("age", widths.age, true),
        ("state", widths.word, false),
        ("min–max", widths.range, false),
    ] {
        let title = pod_protocol::cut_to_width(title, width);
        line.push_str(&column(&title, width, right));
    }
    vec![Span::styled(line.trim_end().to_owned(), style)]
}

/// A column with its gap; nothing for one that is left out.
fn column(text: &str, width: usize, right: bool) -> String {
    if width == 0 {
        return String::new();
    }
    let gap = " ".repeat(GAP_COLUMNS);
    let blank = " ".repeat(width.saturating_sub(text.width()));
    match right {
        true => format!("{gap}{blank}{text}"),
        false => format!("{gap}{text}{blank}"),
    }
}

fn line(
    model: &Model,
    channel: &Channel,
    texts: &Texts,
    (widths, selected): (Widths, bool),
) -> Vec<Span<'static>> {
    let palette = model.options.palette;
    let gutter = match selected {
        true => Span::styled("▌", palette.mark(Mood::Active)),
        false => Span::raw(" "),
    };
    let marked = model.channels.table.marked.iter();
    let mark = marked.into_iter().position(|name| *name == channel.name);
    let mark = match mark {
        Some(index) => Span::styled(
            chart::view::letter(index).to_string(),
            palette.series(index),
        ),
        None => Span::raw(" "),
    };
    let mood = match texts.freshness {
        Freshness::Live => Mood::Good,
        Freshness::Quiet => Mood::Attention,
        Freshness::Closed => Mood::Plain,
    };
    let name = spans::cut_middle(&texts.name, widths.name);
    let blank = " ".repeat(widths.name.saturating_sub(name.width()));
    let series = model.channels.book.series(&channel.name);
    let trend = match widths.line {
        0 => String::new(),
        width => table::sparkline(channel, series, width),
    };
    let name_style = if selected {
        palette.strong()
    } else {
        palette.text()
    };
    let mut line = vec![
        gutter,
        mark,
        Span::styled(texts.freshness.glyph(), palette.mark(mood)),
        Span::raw(" "),
        Span::styled(name, name_style),
        Span::raw(blank),
        Span::styled(
            column(&trend, widths.line, false),
            palette.mark(Mood::Active),
        ),
        Span::styled(column(&texts.last, widths.last, true), palette.strong()),
        Span::styled(column(&texts.age, widths.age, true), palette.faint()),
        Span::styled(
            column(texts.freshness.word(), widths.word, false),
            palette.text(),
        ),
        Span::styled(column(&texts.range, widths.range, false), palette.faint()),
    ];
    if selected {
        for span in &mut line {
            span.style = span.style.remove_modifier(Modifier::DIM);
        }
    }
    line
}
