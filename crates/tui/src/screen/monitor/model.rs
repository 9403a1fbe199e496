//! What the monitor knows and where the operator is.

use pod_protocol::{
    Activity, Attached, Liveness, Offset, Outcome, Phase, QUIET_AFTER_MS, RunState, Status,
    Timestamp, WaitingFor,
};
use ratatui::layout::Size;

use super::{
    Ask, Neighbours, Options, Standing,
    keys::{Answer, Command, confirm_keymap, interrupt_keymap, monitor_keymap},
    tabs::{
        self, Tab,
        channels::{self, Channels},
        events::{self, EventRows, Events},
        filter_keys::{FilterCommand, field_keymap, filtered_keymap},
        output::{self, Output},
        results::{self, ResultRows, Results},
    },
    view,
    vitals::{self, Vitals},
};
use crate::screen::{KeyChanges, elapsed, keymap::Keymap, palette::Mood};

/// Everything.
pub(crate) struct Model {
    pub(crate) options: Options,
    pub(crate) keys: Keys,
    /// Wall time, as last told.
    pub(crate) now: Timestamp,
    pub(crate) size: Size,
    pub(crate) run: Run,
    pub(crate) link: Connection,
    /// `None` until the list has been looked at.
    pub(crate) neighbours: Option<Neighbours>,
    /// A command about them that was given before that.
    pub(crate) awaits_neighbours: Option<Command>,
    pub(crate) tab: Tab,
    /// The operator has chosen it, maybe before the run was heard of.
    pub(crate) tab_chosen: bool,
    pub(crate) events: Events,
    pub(crate) channels: Channels,
    pub(crate) output: Output,
    pub(crate) results: Results,
    /// What the files say of the run, for the Info tab.
    pub(crate) info: Vec<(&'static str, String)>,
    /// First visible line of the help or the info.
    pub(crate) text_scroll: usize,
    pub(crate) overlay: Option<Overlay>,
    /// What happened to the run or the connection.
    pub(crate) message: Option<Message>,
    /// Why the last key did nothing; until the next one.
    pub(crate) notice: Option<Message>,
}

/// All keymaps of the monitor.
pub(crate) struct Keys {
    pub(crate) monitor: Keymap<Command>,
    pub(crate) events: Keymap<events::keys::Command>,
    pub(crate) events_filtered: Keymap<FilterCommand>,
    pub(crate) events_field: Keymap<FilterCommand>,
    pub(crate) events_kinds: Keymap<events::keys::KindsCommand>,
    pub(crate) channels: Keymap<channels::keys::Command>,
    pub(crate) channels_filtered: Keymap<FilterCommand>,
    pub(crate) chart: Keymap<channels::keys::ChartCommand>,
    pub(crate) output: Keymap<output::keys::Command>,
    pub(crate) results: Keymap<results::keys::Command>,
    pub(crate) typing: Keymap<output::terminal::keys::Typing>,
    pub(crate) results_filtered: Keymap<FilterCommand>,
    pub(crate) results_field: Keymap<FilterCommand>,
    pub(crate) confirm: Keymap<Answer>,
    pub(crate) interrupt: Keymap<Answer>,
}

impl Keys {
    /// The keys as they come, with the operator's changes.
    fn with(changes: &KeyChanges) -> Self {
        Self {
            monitor: monitor_keymap().changed("monitor", changes),
            events: events::keys::keymap().changed("events", changes),
            events_filtered: filtered_keymap().changed("events-filtered", changes),
            events_field: field_keymap().changed("events-field", changes),
            events_kinds: events::keys::kinds_keymap().changed("events-kinds", changes),
            channels: channels::keys::keymap().changed("channels", changes),
            channels_filtered: filtered_keymap().changed("channels-filtered", changes),
            chart: channels::keys::chart_keymap().changed("chart", changes),
            output: output::keys::keymap().changed("output", changes),
            results: results::keys::keymap().changed("results", changes),
            typing: output::terminal::keys::typing_keymap().changed("typing", changes),
            results_filtered: filtered_keymap().changed("results-filtered", changes),
            results_field: field_keymap().changed("results-field", changes),
            confirm: confirm_keymap().changed("confirm", changes),
            interrupt: interrupt_keymap().changed("interrupt", changes),
        }
    }
}

/// The run, as far as it is known.
#[derive(Default)]
pub(crate) struct Run {
    /// The fold of its records.
    pub(crate) state: RunState,
    /// Whether anything was heard of it.
    pub(crate) is_known: bool,
    /// Where its segment starts, once that is known.
    pub(crate) out_base: Offset,
    /// How much output there is.
    pub(crate) out_end: Offset,
    /// Whether any of it has come.
    pub(crate) output_came: bool,
    /// When the last of it came, if it came while we watched.
    pub(crate) output_at: Option<Timestamp>,
    /// Signs of life beside its records.
    pub(crate) vitals: Vitals,
    /// What it waits for before it begins.
    pub(crate) waiting_for: Option<WaitingFor>,
    /// What its records do not say.
    pub(crate) standing: Option<Standing>,
    /// The outcome that the feed closed with.
    pub(crate) closed: Option<Outcome>,
    /// Output up to here is history, not a sign of life.
    pub(crate) history_end: Offset,
    /// The operator has asked for it to go on.
    pub(crate) launching: bool,
}

/// The connection to the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Connection {
    /// Nothing has come yet.
    Connecting,
    /// News come as they happen.
    Connected,
    /// It broke and is tried again.
    Retrying,
    /// It is gone; the message says why.
    Lost,
    /// The run is over; there is nothing to be connected to.
    Ended,
}

/// What lies over the tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overlay {
    /// All keys.
    Help,
    /// "Really?"
    Confirm(Ask),
    /// "Detach, stop or cancel?"
    Interrupted {
        /// When the operator interrupted.
        at: Timestamp,
    },
}

impl Overlay {
    /// Whether something is asked about the run.
    pub(crate) const fn is_question(self) -> bool {
        matches!(self, Self::Confirm(_) | Self::Interrupted { .. })
    }
}

/// A line above the footer that stays until something else is to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) mood: Mood,
    pub(crate) text: String,
}

impl Message {
    pub(crate) fn new(mood: Mood, text: impl Into<String>) -> Self {
        Self {
            mood,
            text: text.into(),
        }
    }
}

impl Model {
    /// A monitor that has heard nothing yet.
    pub(crate) fn new(options: Options, now: Timestamp, size: Size) -> Self {
        Self {
            keys: Keys::with(&options.keys),
            options,
            now,
            size,
            run: Run::default(),
            link: Connection::Connecting,
            neighbours: None,
            awaits_neighbours: None,
            tab: Tab::Output,
            tab_chosen: false,
            events: Events::default(),
            channels: Channels::default(),
            output: Output::default(),
            results: Results::default(),
            info: Vec::new(),
            text_scroll: 0,
            overlay: None,
            message: None,
            notice: None,
        }
    }

    /// Whether more of the first picture is on its way: how the run stands, and then the end of its
    /// output.
    pub(crate) fn is_opening(&self) -> bool {
        match self.link {
            Connection::Connecting => true,
            Connection::Connected => self.run.out_end > self.run.out_base && !self.run.output_came,
            Connection::Retrying | Connection::Lost | Connection::Ended => false,
        }
    }

    /// The status of the run, as last known.
    pub(crate) fn status(&self) -> Status {
        match self.run.closed {
            Some(outcome) => outcome.into(),
            None => self.run.state.status(Liveness::Held),
        }
    }

    /// How the run ended, if it ended before it had begun.
    pub(crate) fn unbegun(&self) -> Option<Outcome> {
        let run = &self.run;
        run.closed.filter(|_| run.state.phase == Phase::Empty)
    }

    /// What the run seems to be doing, while that is known.
    pub(crate) fn activity(&self) -> Option<Activity> {
        let run = &self.run;
        if run.closed.is_some() || self.link != Connection::Connected {
            return None;
        }
        run.state.activity(self.now, run.out_end, run.output_at)
    }

    /// Whether the run is held where it is.
    pub(crate) fn is_held(&self) -> bool {
        self.run.closed.is_none() && self.run.state.hold.is_held()
    }

    /// How long the run has been or was at work, in milliseconds.
    pub(crate) fn elapsed_ms(&self) -> Option<u64> {
        let times = &self.run.state.times;
        if !self.status().is_terminal() {
            return times.worked_ms(self.now);
        }
        times.took_ms().or_else(|| {
            // What it printed after its last record is a sign of life too.
            times.worked_ms(times.updated_at.max(self.run.output_at)?)
        })
    }

    /// Whether the run took longer than [`Self::elapsed_ms`] says: nobody was there to write down
    /// its end.
    pub(crate) fn ran_on(&self) -> bool {
        self.status() == Status::Interrupted
    }

    /// Forgets a run that has been begun anew.
    pub(crate) fn begin_anew(&mut self) {
        self.run = Run::default();
        self.link = Connection::Connecting;
        self.events = Events::default();
        self.channels = self.channels.anew();
        self.output = Output::default();
        self.results = Results::default();
        self.info.clear();
        self.message = None;
        self.notice = None;
    }

    /// Takes over what is known at the moment of attaching.
    pub(crate) fn attach(&mut self, attached: Attached) {
        let first = self.link == Connection::Connecting && self.run.state.identity.is_none();
        self.run.is_known = true;
        self.run.out_base = attached.out_base;
        self.run.history_end = attached.length;
        self.run.out_end = attached.length;
        self.run.output_at = self.run.output_at.max(attached.output_at);
        if attached.state.seq >= self.run.state.seq {
            self.run.state = attached.state;
        }
        self.run.waiting_for = attached.waiting_for;
        self.link = Connection::Connected;
        // A run that was over may have been taken up again; one that still is says so next.
        self.run.closed = None;
        self.run.launching = false;
        // What was known of the pod was known of the run before.
        if let Some(neighbours) = &mut self.neighbours {
            neighbours.here = None;
        }
        self.notice = None;
        // A run that reports events is opened on them, any other on what it prints.
        let state = &self.run.state;
        let reports = state.counts.done() > 0 || state.progress.last.is_some();
        if first && reports && !self.tab_chosen {
            self.tab = Tab::Events;
        }
    }

    /// In how many milliseconds something visible changes by itself. `None`: never.
    pub(crate) fn next_change_ms(&self) -> Option<u64> {
        let running = !self.status().is_terminal() && self.run.state.times.started_at.is_some();
        let clock = self
            .elapsed_ms()
            .filter(|_| running)
            .map(elapsed::next_change_ms);
        let quiet = (self.activity() == Some(Activity::Streaming))
            .then(|| self.run.state.pulse.last_at.max(self.run.output_at))
            .flatten()
            .map(|last| QUIET_AFTER_MS.saturating_sub(self.now.millis_since(last)));
        let tab = tabs::next_change_ms(self);
        let unusual = vitals::next_change_ms(self);
        [clock, quiet, tab, unusual].into_iter().flatten().min()
    }

    /// Scrolls the help or the info.
    pub(crate) fn scroll_text(&mut self, rows: isize) {
        let last = view::text_rows(self).saturating_sub(view::body_rows(self));
        self.text_scroll = self.text_scroll.saturating_add_signed(rows).min(last);
    }

    /// The timeline at the width of the screen.
    pub(crate) fn event_rows(&self) -> EventRows<'_> {
        EventRows {
            events: &self.events,
            columns: usize::from(self.size.width),
            has_end: self.run.closed.is_some(),
        }
    }

    /// The results at the width of the screen.
    pub(crate) fn result_rows(&self) -> ResultRows<'_> {
        ResultRows {
            results: &self.results,
            columns: usize::from(self.size.width),
        }
    }
}
