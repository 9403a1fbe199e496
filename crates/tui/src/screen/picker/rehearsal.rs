//! The picker without an operator.

use crossterm::event::KeyCode;
use discovery::PodList;
use pod_protocol::Timestamp;
use ratatui::layout::Size;

use super::{
    Listing, Options, Place, Scope,
    model::Model,
    update::{Msg, update},
    view::view,
};
use crate::screen::{
    Depth, KeyChanges, Palette, keymap::Chord, rehearsal::Boards, terminal::Origin,
};

/// The picker on a list.
pub struct Picker {
    model: Model,
    boards: Boards,
}

impl Picker {
    /// A picker as wide as the terminal and as high as it wants to be.
    #[must_use]
    pub fn new(list: &PodList, columns: u16) -> Self {
        let options = Options {
            palette: Palette::of(Depth::Sixteen),
            zone: jiff::tz::TimeZone::UTC,
            directory: None,
            scope: Scope::All,
            place: Place::default(),
            keys: KeyChanges::new(),
        };
        let now = Timestamp::default();
        let mut model = Model::new(options, Listing::from(list), now, Size::ZERO);
        let size = Size::new(columns, model.rows_wanted());
        update(&mut model, Msg::Resized(size));
        Self {
            model,
            boards: Boards::new(Origin::Inline, size),
        }
    }

    /// Presses a key.
    pub fn press(&mut self, key: KeyCode) {
        update(&mut self.model, Msg::Key(Chord::code(key)));
    }

    /// Draws a frame and returns how many bytes the terminal gets.
    pub fn draw(&mut self) -> u64 {
        let Self { model, boards } = self;
        boards.draw(|frame| view(model, frame))
    }
}
