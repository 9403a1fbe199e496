//! The monitor without an operator.

use pod_protocol::{Attached, ChildStarted, Draft, Offset, PodName, RunState, Seq, Timestamp};
use ratatui::layout::Size;

use super::{
    News, Occasion, Options,
    model::Model,
    tabs::output::Printed,
    update::{Msg, update},
    view::view,
};
use crate::screen::{Alerts, Depth, KeyChanges, Palette, rehearsal::Boards, terminal::Origin};

/// The monitor of a run that prints, with its output in front.
pub struct Monitor {
    model: Model,
    boards: Boards,
    heard: Offset,
}

impl Monitor {
    /// A monitor that has heard nothing but that the run goes on.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn new(columns: u16, rows: u16) -> Self {
        let size = Size::new(columns, rows);
        let options = Options {
            name: PodName::new("rehearsal").expect("a name"),
            back: None,
            occasion: Occasion::Visit,
            read_only: false,
            palette: Palette::of(Depth::Sixteen),
            braille: true,
            zone: jiff::tz::TimeZone::UTC,
            keys: KeyChanges::new(),
            alerts: Alerts::Off,
            live: true,
        };
        let mut model = Model::new(options, Timestamp::default(), size);
        let attached = Attached {
            id: 1,
            segment: None,
            first_seq: Seq::FIRST,
            out_base: Offset(0),
            length: Offset(0),
            output_at: None,
            waiting_for: None,
            state: running(),
        };
        update(&mut model, Msg::News(News::Attached(Box::new(attached))));
        Self {
            model,
            boards: Boards::new(Origin::Full, size),
            heard: Offset(0),
        }
    }

    /// Takes what the run has printed since.
    pub fn hear(&mut self, output: &[u8]) {
        let printed = Printed {
            from: self.heard,
            bytes: output.to_vec(),
            ..Printed::default()
        };
        self.heard = Offset(self.heard.0 + output.len() as u64);
        update(&mut self.model, Msg::News(News::Output(printed)));
    }

    /// Draws a frame and returns how many bytes the terminal gets.
    pub fn draw(&mut self) -> u64 {
        let Self { model, boards, .. } = self;
        boards.draw(|frame| view(model, frame))
    }
}

/// A run whose command has been started.
fn running() -> RunState {
    let mut state = RunState::default();
    let started = Draft::new("child.started", &ChildStarted { pid: 2 });
    state.apply(&started.number(Seq::FIRST, Timestamp::default(), 0, Offset(0)));
    state
}
