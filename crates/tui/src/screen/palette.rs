//! Colours and emphasis, decided in one place.
//!
//! Only the terminal's own 16 colours are used, and only on badges, glyphs, bars and marks:
//! sentences keep the terminal's foreground, which is legible on any background. Secondary text is
//! faint, not grey, because palettes differ on what grey is. A run's own colours are kept as far as
//! the terminal has them.

mod depth;

use pod_protocol::Tone;
use ratatui::style::{Color, Modifier, Style};

pub(crate) use self::depth::Depth;

/// How things look. Without colour every difference is still told by word, glyph and emphasis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Palette {
    depth: Depth,
}

/// What a status badge wants to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Something goes on.
    Active,
    /// It went well.
    Good,
    /// It went wrong.
    Bad,
    /// Somebody should know.
    Attention,
    /// Nothing of it.
    Plain,
}

impl From<Tone> for Mood {
    fn from(tone: Tone) -> Self {
        match tone {
            Tone::Active => Self::Active,
            Tone::Good => Self::Good,
            Tone::Bad => Self::Bad,
            Tone::Caution => Self::Attention,
            Tone::Neutral => Self::Plain,
        }
    }
}

impl Palette {
    /// A palette for a terminal with so many colours.
    pub(crate) const fn of(depth: Depth) -> Self {
        Self { depth }
    }

    /// All colours or none.
    #[cfg(test)]
    pub(crate) const fn new(coloured: bool) -> Self {
        Self::of(if coloured { Depth::True } else { Depth::None })
    }

    /// How many colours there are.
    pub(crate) const fn depth(self) -> Depth {
        self.depth
    }

    const fn is_coloured(self) -> bool {
        !matches!(self.depth, Depth::None)
    }

    /// A glyph, bar or mark.
    pub(crate) const fn mark(self, mood: Mood) -> Style {
        let colour = match mood {
            Mood::Active => Color::LightBlue,
            Mood::Good => Color::Green,
            Mood::Bad => Color::Red,
            Mood::Attention => Color::Yellow,
            Mood::Plain => Color::Reset,
        };
        self.foreground(colour)
    }

    /// A filled badge. Both of its colours are given, so its contrast does not depend on the
    /// background of the terminal.
    pub(crate) const fn badge(self, mood: Mood) -> Style {
        let (text, fill) = match mood {
            Mood::Active => (Color::White, Color::Blue),
            Mood::Good => (Color::Black, Color::Green),
            Mood::Bad => (Color::White, Color::Red),
            Mood::Attention => (Color::Black, Color::Yellow),
            Mood::Plain => (Color::Black, Color::Gray),
        };
        let style = Style::new().add_modifier(Modifier::BOLD);
        if self.is_coloured() {
            style.fg(text).bg(fill)
        } else {
            style.add_modifier(Modifier::REVERSED)
        }
    }

    /// One of several lines in a chart. They say nothing by their colour and differ without it.
    pub(crate) const fn series(self, index: usize) -> Style {
        let colours = [
            Color::LightBlue,
            Color::Yellow,
            Color::Magenta,
            Color::Green,
        ];
        self.foreground(colours[index % colours.len()])
    }

    /// Ordinary text.
    pub(crate) const fn text(self) -> Style {
        Style::new()
    }

    /// Text that matters most: names, the selected row, keys.
    pub(crate) const fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Text that matters less: rules, ages, labels.
    pub(crate) const fn faint(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Characters that a filter matched.
    pub(crate) const fn matched(self) -> Style {
        self.foreground(Color::LightBlue)
            .add_modifier(Modifier::BOLD)
            .add_modifier(Modifier::UNDERLINED)
    }

    /// A style that a run gave to its output, as far as the terminal has its colours.
    pub(crate) fn of_run(self, style: Style) -> Style {
        self.depth.of_run(style)
    }

    const fn foreground(self, colour: Color) -> Style {
        if self.is_coloured() {
            Style::new().fg(colour)
        } else {
            Style::new()
        }
    }
}
