//! The monitor as lines: for a screen reader, for a terminal that cannot be drawn on, and for
//! whoever would rather read than look.
//!
//! It is another view of the same model: news change it through the same `update`, and what then
//! reads differently is said, one line per change. Words are typed and taken with enter; every key
//! of the monitor is a word too.
//!
//! Absent on purpose: clocks, bars and anything else that changes by itself. They are said when
//! asked for.

mod runtime;
mod words;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use pod_protocol::{Offset, Record, Seq, Timestamp, printable, short_bytes, short_duration};

use super::{
    News, Options, gone_on,
    model::{Connection, Model, Overlay},
    summary::{progress_text, summarise},
    tabs::output::Printed,
    update::{Effect, Msg, update},
    view::{footer, recovery, trouble},
};
use crate::screen::{
    elapsed,
    output::{LineState, Lines},
    pill::Pill,
};

pub(crate) use runtime::run;

/// How many of the lines that are there already are said.
const HISTORY_LINES: usize = 10;
/// A line that has had no end for so long is said as it stands, in milliseconds.
const OPEN_SAID_AFTER_MS: u64 = 1_000;
/// Progress is said in steps of this many percent.
const PROGRESS_PERCENT: u64 = 10;

/// The monitor as lines.
pub(super) struct Linear {
    model: Model,
    said: Said,
    /// `None` until there is output.
    lines: Option<Lines>,
    /// Lines that were there before; only the last of them are said.
    history: VecDeque<String>,
    /// Output before this is one of them.
    history_end: Offset,
    /// Records up to this one were there before.
    known: Seq,
    /// Since when a line has had no end, if one has none.
    open_since: Option<Timestamp>,
    /// What was said of it.
    open_said: Option<String>,
}

/// What was said last, so that only what changed is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Said {
    status: String,
    link: Option<String>,
    recovery: Option<String>,
    trouble: Option<String>,
    needy: Option<String>,
    gone_on: Option<String>,
    message: Option<String>,
    question: Option<String>,
    step: Option<String>,
    progress: Option<u64>,
}

impl Linear {
    pub(super) fn new(model: Model) -> Self {
        Self {
            model,
            said: Said::default(),
            lines: None,
            history: VecDeque::new(),
            history_end: Offset(0),
            known: Seq(0),
            open_since: None,
            open_said: None,
        }
    }

    pub(super) const fn model(&self) -> &Model {
        &self.model
    }

    /// Takes news. What is to be said about them, and what they lead to.
    pub(super) fn hear(&mut self, news: News) -> (Vec<String>, Vec<Effect>) {
        let mut lines = self.look(&news);
        let is_end = matches!(news, News::Closed(_) | News::Lost { .. });
        let effects = update(&mut self.model, Msg::News(news));
        if is_end {
            lines.extend(self.catch_up());
            lines.extend(self.rest());
        }
        lines.extend(self.changes());
        (lines, effects)
    }

    /// Takes any other message.
    pub(super) fn change(&mut self, msg: Msg) -> (Vec<String>, Vec<Effect>) {
        let effects = update(&mut self.model, msg);
        (self.changes(), effects)
    }

    /// What news say by themselves: records and output.
    fn look(&mut self, news: &News) -> Vec<String> {
        match news {
            News::Attached(attached) => {
                // After a reconnect everything that comes is new.
                if self.model.run.state.identity.is_none() {
                    self.known = attached.state.seq;
                    self.history_end = attached.length;
                }
                Vec::new()
            }
            News::Records { bytes } => {
                let lines = bytes.split(|byte| *byte == b'\n');
                let records = lines.filter_map(|line| Record::from_line(line).ok());
                records
                    .filter_map(|record| self.tell_record(&record))
                    .collect()
            }
            News::Output(printed) => self.tell_output(printed),
            News::Anew => {
                *self = Self::new(Model::new(
                    self.model.options.clone(),
                    self.model.now,
                    self.model.size,
                ));
                vec!["the run begins anew".to_owned()]
            }
            _ => Vec::new(),
        }
    }

    /// One line for a record that says something which no other line does.
    fn tell_record(&mut self, record: &Record) -> Option<String> {
        if record.seq <= self.known {
            return None;
        }
        self.known = record.seq;
        let kind = record.kind.to_string();
        let said_elsewhere = ["progress", "step", "channel", "run.", "segment.", "child."];
        if said_elsewhere.iter().any(|prefix| kind.starts_with(prefix)) {
            return None;
        }
        let took = record.fields.get("duration_ms");
        let took = took.and_then(serde_json::Value::as_u64);
        let took = took.map(|ms| format!(", {}", short_duration(ms)));
        let took = took.unwrap_or_default();
        Some(format!("{kind}: {}{took}", summarise(record)))
    }

    /// The line that has no end.
    fn rest(&mut self) -> Vec<String> {
        self.open_since = None;
        let Some(lines) = &mut self.lines else {
            return Vec::new();
        };
        lines.flush();
        let rest = texts(lines);
        self.but_for_what_was_said(rest)
    }

    /// In how many milliseconds a line without an end is to be said: it may be a question.
    pub(super) fn open_due_ms(&self, now: Timestamp) -> Option<u64> {
        let since = self.open_since?;
        Some(OPEN_SAID_AFTER_MS.saturating_sub(now.millis_since(since)))
    }

    /// The line without an end, if it reads differently than when it was last said.
    pub(super) fn tell_open(&mut self) -> Vec<String> {
        self.open_since = None;
        let open = self.lines.as_ref().and_then(Lines::open);
        let text = open.map(|line| line.text.text().to_owned());
        let text = text.filter(|text| !text.is_empty() && self.open_said.as_ref() != Some(text));
        self.open_said = text.clone().or(self.open_said.take());
        text.into_iter().collect()
    }

    /// The first of `lines` may have been said before it had an end.
    fn but_for_what_was_said(&mut self, mut lines: Vec<String>) -> Vec<String> {
        let Some(first) = lines.first_mut() else {
            return lines;
        };
        if let Some(said) = self.open_said.take()
            && let Some(rest) = first.strip_prefix(&*said)
        {
            *first = rest.trim_start().to_owned();
            if first.is_empty() {
                lines.remove(0);
            }
        }
        lines
    }

    fn read(&mut self, printed: &Printed) -> Vec<String> {
        let from = printed.from;
        let mut said = Vec::new();
        let at = self.lines.as_ref().map_or(from, Lines::at);
        if from > at && printed.skipped {
            said = self.rest();
            said.push(format!("… {} left out …", short_bytes(from.since(at))));
            self.lines = None;
        }
        let begin = || Lines::new(from, LineState::default());
        let lines = self.lines.get_or_insert_with(begin);
        if from > lines.at() {
            lines.gap(from);
        }
        // After a reconnect the same bytes may come again.
        let known = usize::try_from(lines.at().since(from)).unwrap_or(usize::MAX);
        if printed.begins_segment && known == 0 {
            lines.begin_segment();
        }
        lines.read(printed.bytes.get(known..).unwrap_or_default(), None);
        let finished = texts(lines);
        // Also one that was there before: somebody may be waited for.
        let is_open = lines.open().is_some() && lines.at() >= self.history_end;
        self.open_since = is_open.then_some(self.model.now);
        said.extend(self.but_for_what_was_said(finished));
        said
    }

    fn tell_output(&mut self, printed: &Printed) -> Vec<String> {
        let (from, bytes) = (printed.from, &printed.bytes);
        let lines = self.read(printed);
        if from >= self.history_end {
            let mut said = self.catch_up();
            said.extend(lines);
            return said;
        }
        for line in lines {
            self.history.push_back(line);
            if self.history.len() > HISTORY_LINES {
                self.history.pop_front();
            }
        }
        let end = from.plus(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        match end >= self.history_end {
            true => self.catch_up(),
            false => Vec::new(),
        }
    }

    /// The last lines of what was there before.
    fn catch_up(&mut self) -> Vec<String> {
        self.history_end = Offset(0);
        self.history.drain(..).collect()
    }

    /// What reads differently than when it was last said.
    fn changes(&mut self) -> Vec<String> {
        let now = self.now_said();
        let before = std::mem::replace(&mut self.said, now.clone());
        let name = &self.model.options.name;
        let mut lines = Vec::new();
        if now.status != before.status {
            lines.push(format!("{name}: {}", now.status));
        }
        let pairs = [
            (&now.link, &before.link),
            (&now.recovery, &before.recovery),
            (&now.trouble, &before.trouble),
            (&now.step, &before.step),
            (&now.needy, &before.needy),
            (&now.gone_on, &before.gone_on),
            (&now.message, &before.message),
            (&now.question, &before.question),
        ];
        let changed = pairs.into_iter().filter(|(now, before)| now != before);
        lines.extend(changed.filter_map(|(now, _)| now.clone()));
        if now.progress != before.progress
            && let Some(progress) = self.progress()
        {
            lines.push(progress);
        }
        lines
            .iter()
            .map(|line| printable(line).into_owned())
            .collect()
    }

    fn now_said(&self) -> Said {
        let model = &self.model;
        let state = &model.run.state;
        let asked = state.requests.strongest();
        let pill = match model.link {
            Connection::Lost => Pill::CONNECTION_ERROR,
            _ => Pill::of(model.status(), asked),
        };
        let last_known = match model.link {
            Connection::Lost => format!(", last known: {}", Pill::of(model.status(), asked).word),
            _ => String::new(),
        };
        let paused = if model.is_held() { ", paused" } else { "" };
        let step = state.progress.step.as_ref();
        let percent = state.fraction().map(percent);
        let text = |message: &super::model::Message| message.text.clone();
        Said {
            status: format!("{}{last_known}{paused}", pill.word),
            link: (model.link == Connection::Retrying).then(|| "retrying".to_owned()),
            recovery: recovery(model),
            trouble: trouble(model),
            needy: footer::needy(model),
            gone_on: gone_on::sentence(model, "reconnect"),
            message: model.notice.as_ref().or(model.message.as_ref()).map(text),
            question: question(model),
            step: step.map(|step| format!("step: {step}")),
            progress: percent.map(|percent| percent / PROGRESS_PERCENT),
        }
    }

    /// How far the run is.
    fn progress(&self) -> Option<String> {
        let state = &self.model.run.state;
        let percent = percent(state.fraction()?);
        let text = state.progress.last.as_ref().map(progress_text);
        let text = text.or_else(|| state.done_of_planned());
        Some(format!("{percent} %, {}", text.unwrap_or_default()))
    }

    /// Everything at once, for who asks how it is.
    fn summary(&self) -> Vec<String> {
        let now = self.now_said();
        let model = &self.model;
        let elapsed = model.elapsed_ms().map(elapsed::text);
        let activity = model
            .activity()
            .map(|activity| activity.as_str().to_owned());
        let name = &model.options.name;
        let first: Vec<String> = [Some(now.status), activity, elapsed]
            .into_iter()
            .flatten()
            .collect();
        let mut lines = vec![format!("{name}: {}", first.join(", "))];
        let rest = [
            self.progress(),
            now.step,
            now.recovery,
            now.trouble,
            now.gone_on,
            now.needy,
        ];
        lines.extend(rest.into_iter().flatten());
        lines
            .iter()
            .map(|line| printable(line).into_owned())
            .collect()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a fraction from 0 to 1"
)]
fn percent(fraction: f64) -> u64 {
    (fraction.clamp(0.0, 1.0) * 100.0).round() as u64
}

/// What is asked, with the words that answer it.
fn question(model: &Model) -> Option<String> {
    let name = &model.options.name;
    match model.overlay? {
        Overlay::Help => None,
        Overlay::Confirm(ask) => Some(format!("{} {name}? yes or no", ask.verb())),
        Overlay::Interrupted { .. } => Some(format!(
            "{name} goes on when you detach: detach, stop, cancel or stay"
        )),
    }
}

/// A monitor that has heard nothing, as wide as lines may be.
pub(super) fn begin(options: Options, now: Timestamp) -> Linear {
    Linear::new(Model::new(options, now, ratatui::layout::Size::new(80, 24)))
}

fn texts(lines: &mut Lines) -> Vec<String> {
    let lines = lines.take().into_iter();
    lines.map(|line| line.text.text().to_owned()).collect()
}
