//! Colours and emphasis, decided in one place.

/// How things look. Without colour every difference is still told by word, glyph and emphasis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Palette {
    coloured: bool,
}

impl Palette {
    /// The terminal's own 16 colours, or none at all (`NO_COLOR`).
    pub(crate) const fn new(coloured: bool) -> Self {
        Self { coloured }
    }
}
