//! What the operator does with lines: searches, marks, selects, copies, saves, pipes.

use std::ops::Range;

use discovery::{Direction, OutputPattern};
use pod_protocol::{Offset, printable};

use super::{
    Excerpt, Found, Output, Printout, Reading, Wanted, Working,
    field::{Field, Purpose, Typed},
    keys::Command,
    moving::Frame,
    no_longer_kept,
    search::Search,
    selection::{Place, Selection},
    time, update,
};
use crate::screen::{
    keymap::Chord,
    monitor::{
        model::{Message, Model},
        tabs::Lane,
        update::Effect,
    },
    output::Only,
    palette::Mood,
    viewport::{self, Viewport},
};

/// Obeys a key that acts on lines.
pub(super) fn obey(model: &mut Model, command: Command) -> Vec<Effect> {
    let frame = update::frame(model);
    let output = &mut model.output;
    if let (Command::Save | Command::Pipe, Some(Working { verb, .. })) = (command, output.working) {
        tell(model, Mood::Plain, format!("still {verb}: esc gives it up"));
        return Vec::new();
    }
    match command {
        Command::Search => output.open(Purpose::Search),
        Command::Time => output.open(Purpose::Time),
        Command::Save => output.open(Purpose::Save { overwrite: false }),
        Command::Pipe => output.open(Purpose::Pipe),
        Command::Next => return look(model, Direction::Back),
        Command::Previous => return look(model, Direction::Forward),
        Command::Select => {
            output.selection = match output.selection {
                Some(_) => None,
                None => output.line_in_sight(frame),
            };
        }
        Command::Copy => {
            let only = output.only();
            match &output.selection {
                Some(selection) => {
                    return update::read(Some(Reading::Copy(selection.excerpt(only))));
                }
                None => {
                    let key = model.keys.output.key_of(Command::Select);
                    tell(
                        model,
                        Mood::Plain,
                        format!("nothing is selected: {key} selects lines"),
                    );
                }
            }
        }
        Command::Mark => {
            let mark = output.first_in_sight(frame);
            output.mark = mark.or(output.mark);
            let key = model.keys.output.key_of(Command::ToMark);
            tell(model, Mood::Plain, format!("marked: {key} comes back here"));
        }
        Command::ToMark => match output.mark {
            Some(mark) => return update::read(output.go_to(mark, frame)),
            None => {
                let key = model.keys.output.key_of(Command::Mark);
                tell(model, Mood::Plain, format!("no mark is set: {key} sets it"));
            }
        },
        _ => {}
    }
    Vec::new()
}

/// Gives a key to the open text field.
pub(super) fn type_in(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let Some(field) = &mut model.output.field else {
        return Vec::new();
    };
    match field.press(chord) {
        Typed::On => Vec::new(),
        Typed::GivenUp => {
            model.output.field = None;
            Vec::new()
        }
        Typed::Done(text) => done(model, &text),
    }
}

fn done(model: &mut Model, text: &str) -> Vec<Effect> {
    let Some(field) = model.output.field.take() else {
        return Vec::new();
    };
    let excerpt = model.output.excerpt();
    match field.purpose {
        Purpose::Search => search(model, field, text),
        Purpose::Time => go_to_time(model, field, text),
        _ if text.trim().is_empty() => Vec::new(),
        Purpose::Save { overwrite } => {
            model.output.saving = text.to_owned();
            begin(model, "saving");
            update::read(Some(Reading::Save {
                excerpt,
                path: text.to_owned(),
                overwrite,
            }))
        }
        Purpose::Pipe => {
            begin(model, "piping");
            update::read(Some(Reading::Pipe {
                excerpt,
                command: text.to_owned(),
            }))
        }
    }
}

fn begin(model: &mut Model, verb: &'static str) {
    model.output.working = Some(Working { verb, percent: 0 });
}

/// Nobody wants the matches counted any more.
fn stop_counting(search: Option<Search>) -> Vec<Effect> {
    match search {
        Some(search) if search.tally.is_running() => {
            update::read(Some(Reading::GiveUp(Lane::Count)))
        }
        _ => Vec::new(),
    }
}

fn search(model: &mut Model, mut field: Field, text: &str) -> Vec<Effect> {
    let output = &mut model.output;
    if text.is_empty() {
        // As before, or not at all any more.
        return stop_counting(output.search.take());
    }
    match OutputPattern::new(text) {
        Ok(pattern) => {
            let search = Search::new(pattern, text.to_owned(), output.only());
            let mut effects = stop_counting(output.search.replace(search));
            effects.extend(look(model, Direction::Back));
            effects
        }
        Err(error) => {
            field.problem = Some(printable(&error.reason()).into_owned());
            output.field = Some(field);
            Vec::new()
        }
    }
}

/// Other lines are shown: what is searched for is counted in those.
pub(super) fn search_within(model: &mut Model, only: Only) -> Vec<Effect> {
    let out_end = model.run.out_end;
    let output = &mut model.output;
    let Some(search) = output.search.take() else {
        return Vec::new();
    };
    let number = output.next_number();
    let within = output.search.insert(search.within(only));
    let mut effects = match search.is_running() {
        true => update::read(Some(Reading::GiveUp(Lane::Search))),
        false => Vec::new(),
    };
    // What has been found once is counted.
    let is_counted = within.line.is_some();
    effects.extend(update::read(
        is_counted.then(|| within.count(number, out_end)).flatten(),
    ));
    effects
}

/// Looks for the next match.
fn look(model: &mut Model, direction: Direction) -> Vec<Effect> {
    let sight = model.output.in_sight(update::frame(model));
    let output = &mut model.output;
    let number = output.next_number();
    match &mut output.search {
        Some(search) => match search.owe(direction) {
            true => Vec::new(),
            false => update::read(Some(search.go(number, direction, &sight))),
        },
        None => {
            output.open(Purpose::Search);
            Vec::new()
        }
    }
}

fn go_to_time(model: &mut Model, mut field: Field, text: &str) -> Vec<Effect> {
    let times = &model.run.state.times;
    let end = match model.status().is_terminal() {
        true => times.updated_at.unwrap_or(model.now),
        false => model.now,
    };
    match time::parse(text, times.started_at, end, &model.options.zone) {
        Ok(at) => update::read(Some(model.output.ask(Wanted::AtTime(at)))),
        Err(why) => {
            field.problem = Some(why.to_owned());
            model.output.field = Some(field);
            Vec::new()
        }
    }
}

/// Gives up whatever is under way or marked, newest first; `None` if nothing is.
pub(in crate::screen::monitor) fn give_up(model: &mut Model) -> Option<Vec<Effect>> {
    let output = &mut model.output;
    if output.printout.take().is_some() {
        return Some(Vec::new());
    }
    if output.working.take().is_some() {
        tell(model, Mood::Plain, "given up".to_owned());
        return Some(update::read(Some(Reading::GiveUp(Lane::Take))));
    }
    if let Some(search) = &mut output.search {
        if search.is_running() {
            search.give_up();
            return Some(update::read(Some(Reading::GiveUp(Lane::Search))));
        }
        if output.selection.is_none() {
            return Some(stop_counting(output.search.take()));
        }
    }
    output.selection.take().map(|_| Vec::new())
}

/// Takes what came of it.
pub(super) fn found(model: &mut Model, found: Found) -> Vec<Effect> {
    let output = &mut model.output;
    match found {
        Found::Lines { .. } => {}
        Found::Searching { number, percent } => {
            if let Some(search) = output.search.as_mut().filter(|s| s.expects(number)) {
                search.progress(percent);
            }
        }
        Found::Match {
            number,
            line,
            wrapped,
        } => return found_line(model, number, line, wrapped),
        Found::Text(Ok(copied)) => {
            let lines = copied.text.lines().count();
            let rest = match copied.is_cut {
                true => ", the rest is too long",
                false => "",
            };
            let plural = if lines == 1 { "" } else { "s" };
            let missing = no_longer_kept(copied.missing_bytes);
            output.copying = format!("{lines} line{plural}{missing}{rest}");
            output.selection = None;
            return vec![Effect::Copy(copied.text)];
        }
        Found::Counted { number, counted } => {
            if let Some(search) = &mut output.search {
                search.tally.take(number, counted);
            }
        }
        Found::Working(percent) => {
            if let Some(working) = &mut output.working {
                working.percent = percent;
            }
        }
        Found::Exists(path) => {
            output.working = None;
            let mut field = Field::new(Purpose::Save { overwrite: true }, &path);
            field.problem = Some("is there already: enter replaces it".to_owned());
            output.field = Some(field);
        }
        Found::Text(Err(why)) => tell(model, Mood::Bad, why),
        Found::Done(Err(why)) => {
            output.working = None;
            tell(model, Mood::Bad, why);
        }
        Found::Done(Ok(what)) => {
            output.working = None;
            tell(model, Mood::Good, what);
        }
        Found::Piped {
            command,
            lines,
            end,
        } => {
            output.working = None;
            output.printout = Some(Printout {
                title: format!("{command} · {end}"),
                lines,
                top: 0,
            });
        }
    }
    Vec::new()
}

/// Takes what a search found: goes there, and has counted what there is to be found.
fn found_line(
    model: &mut Model,
    number: u64,
    line: Result<Option<Range<Offset>>, String>,
    wrapped: bool,
) -> Vec<Effect> {
    let frame = update::frame(model);
    let out_end = model.run.out_end;
    let output = &mut model.output;
    let count = output.next_number();
    let Some(search) = output.search.as_mut().filter(|s| s.expects(number)) else {
        return Vec::new();
    };
    let text = printable(search.text()).into_owned();
    let line = match line {
        Ok(Some(line)) => line,
        Ok(None) => {
            search.fail(format!("no line matches {text}"));
            return Vec::new();
        }
        Err(why) => {
            search.fail(format!("cannot search: {why}"));
            return Vec::new();
        }
    };
    search.end(wrapped.then(|| format!("{text}: around the end of the output")));
    search.line = Some((line.start, line.end));
    let owed = search.take_owed();
    let count = search.count(count, out_end);
    let mut effects = match owed {
        // What is only passed need not be shown.
        Some(direction) => {
            let number = output.next_number();
            let at = line.start..line.end;
            let search = output.search.as_mut();
            update::read(search.map(|search| search.go(number, direction, &at)))
        }
        None => update::read(output.go_to(line.start, frame)),
    };
    effects.extend(update::read(count));
    effects
}

fn tell(model: &mut Model, mood: Mood, text: String) {
    model.notice = Some(Message::new(mood, text));
}

impl Output {
    /// What is selected, else everything, as far as it is shown.
    fn excerpt(&self) -> Excerpt {
        let all = || Excerpt {
            only: self.only(),
            ..Excerpt::default()
        };
        let selection = self.selection.as_ref();
        selection.map_or_else(all, |selection| selection.excerpt(self.only()))
    }

    fn open(&mut self, purpose: Purpose) {
        let text = match purpose {
            Purpose::Save { .. } => &*self.saving,
            _ => "",
        };
        self.field = Some(Field::new(purpose, text));
    }

    /// Shows the byte at `at`, wherever it is.
    fn go_to(&mut self, at: Offset, frame: Frame) -> Option<Reading> {
        let in_window = at >= self.window.start() && self.window.id_at(at).is_some();
        if !in_window {
            return Some(self.ask(Wanted::Around(at)));
        }
        let lines = self.rows(frame.columns);
        let top = self.viewport.top(&lines, frame.height);
        let sight = viewport::visible(top, &lines, frame.height);
        let id = self.window.id_at(at);
        // What is in sight already does not move.
        if sight.iter().any(|spot| Some(spot.id) == id) {
            self.viewport = Viewport::Held(top);
        } else {
            self.show(at, frame);
        }
        self.read_on(frame)
    }

    fn sight(&self, frame: Frame) -> Vec<viewport::Spot> {
        let lines = self.rows(frame.columns);
        let top = self.viewport.top(&lines, frame.height);
        viewport::visible(top, &lines, frame.height)
    }

    /// The stretch of the log that is on the screen.
    pub(super) fn in_sight(&self, frame: Frame) -> Range<Offset> {
        let start = self.first_in_sight(frame).unwrap_or(frame.start);
        let end = match self.viewport {
            Viewport::Following => Offset(u64::MAX),
            Viewport::Held(_) => self.end_of_sight(frame),
        };
        start..end.max(start)
    }

    fn first_in_sight(&self, frame: Frame) -> Option<Offset> {
        let spot = *self.sight(frame).first()?;
        self.window.line(spot.id).map(|line| line.from)
    }

    fn end_of_sight(&self, frame: Frame) -> Offset {
        let last = self.sight(frame).last().copied();
        let line = last.and_then(|spot| self.window.line(spot.id));
        line.map_or(Offset(u64::MAX), |line| line.to)
    }

    /// A selection of the line that was found, if it is in sight; else of the last line in sight
    /// while it is followed, and of the first one otherwise.
    fn line_in_sight(&self, frame: Frame) -> Option<Selection> {
        let sight = self.sight(frame);
        let matched = self.search.as_ref().and_then(|search| search.line);
        let matched = matched.and_then(|(start, _)| {
            let is_it = |spot: &&viewport::Spot| {
                let line = self.window.line(spot.id);
                line.is_some_and(|line| line.from == start)
            };
            sight.iter().find(is_it)
        });
        let spot = matched.or(match self.viewport {
            Viewport::Following => sight.last(),
            Viewport::Held(_) => sight.first(),
        })?;
        self.window.line(spot.id).map(Selection::new)
    }

    /// Moves the end of the selection by `rows` lines; what has to be read for it.
    pub(super) fn extend(&mut self, rows: isize, frame: Frame) -> Option<Reading> {
        let at = self.selection.as_ref()?.cursor();
        let ids = self.window.ids();
        let last = ids.end.checked_sub(1).filter(|last| *last >= ids.start)?;
        let mut id = self.window.id_at(at).unwrap_or(last);
        if rows > 0 {
            id = self.window.last_part(id);
        }
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        let id = id.saturating_add_signed(rows).clamp(ids.start, last);
        let place = Place::of(self.window.line(id)?);
        if let Some(selection) = &mut self.selection {
            selection.extend(place);
        }
        let mut viewport = self.viewport;
        viewport.reveal(id, &self.rows(frame.columns), frame.height);
        self.viewport = viewport;
        self.read_on(frame)
    }
}
