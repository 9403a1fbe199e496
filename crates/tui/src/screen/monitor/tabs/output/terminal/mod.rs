//! The terminal view of the Output tab: what the command's terminal shows, and typing into it.
//!
//! It is shown while the program has the alternate screen, while the operator types into the command,
//! and on a key. The emulator is fed from the program's last switch to the alternate screen on, but not
//! further back than [`BACK_BYTES`]; then the program is asked to draw everything anew.
//!
//! Invariants:
//! - What a program asks its terminal is answered while the operator types into it, and only where the
//!   question was written since; never where it was read from the log.
//! - Keys go to the command or to the monitor, and the footer says which.
//! - With the connection or the run goes the control.

mod control;
mod encode;
pub(crate) mod keys;
mod picture;
pub(in crate::screen::monitor) mod update;
pub(in crate::screen::monitor) mod view;

use std::collections::VecDeque;

use emulator::Emulator;
use pod_protocol::{Offset, TerminalSize, TerminalView, Timestamp};

use crate::screen::{
    monitor::{model::Message, news::TerminalOrder},
    palette::Mood,
};
use control::Control;
use picture::{Asked, Fed, Picture};

/// How far back the emulator is fed from, at most: more takes longer than a redraw.
pub(crate) const BACK_BYTES: usize = 1024 * 1024;
/// The same where the program has the ordinary screen: of its lines only the last are on it.
pub(crate) const LINES_BACK_BYTES: usize = 256 * 1024;
/// Questions that wait until it is known who answers them. A program that asks more gets no answer to
/// the first ones.
const ASKED_MAX: usize = 16;

/// What came before the output that comes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Its number.
    pub(crate) reading: u64,
    /// Where it ends.
    pub(crate) before: Offset,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The number of the reading.
    pub(crate) reading: u64,
    /// The output to feed the emulator with.
    pub(crate) bytes: Vec<u8>,
    /// Whether it is all on the alternate screen, or all that matters of it on the other one.
    pub(crate) is_alternate: bool,
}

/// What the operator wants to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Wish {
    /// The terminal while a program fills it.
    #[default]
    Fitting,
    /// Lines.
    Lines,
    /// The terminal.
    Terminal,
}

/// Whether it is known if the command has a terminal. The host says so right behind the attaching.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Hearing {
    /// It is, or nobody is there to say so.
    #[default]
    Settled,
    /// Not yet.
    Awaited,
    /// Not yet, and the operator wants to type.
    Eager,
}

/// The terminal of the command.
#[derive(Debug, Default)]
pub(crate) struct Terminal {
    /// As the host told it; `None` of a run without one.
    told: Option<TerminalView>,
    hearing: Hearing,
    control: Control,
    wish: Wish,
    picture: Picture,
    /// Questions of the program, until it is known whether they are ours to answer.
    asked: VecDeque<Asked>,
    /// What the host is to be asked for.
    orders: Vec<TerminalOrder>,
    /// The size that was asked for last.
    size_asked: Option<TerminalSize>,
    /// Whether the program had the alternate screen when that was last looked at.
    was_alternate: Option<bool>,
    /// When the program was last asked to draw anew.
    repainted_at: Option<Timestamp>,
    /// Row and column that stand in the corner of a screen that is too small for all of them, where the
    /// operator has moved it; else what is shown goes with the cursor.
    moved_to: Option<(u16, u16)>,
}

impl Terminal {
    /// Whether keys go to the command.
    pub(in crate::screen::monitor) const fn is_typing(&self) -> bool {
        self.control.is_typing()
    }

    /// The emulator, while it is what the tab shows.
    fn shown(&self) -> Option<&Emulator> {
        self.picture.emulator().filter(|_| self.is_wanted())
    }

    /// Whether the tab shows the terminal and not lines.
    pub(in crate::screen::monitor) fn is_shown(&self) -> bool {
        self.shown().is_some()
    }

    fn is_wanted(&self) -> bool {
        let wished = match self.wish {
            Wish::Fitting => self.picture.is_alternate() == Some(true),
            Wish::Lines => false,
            Wish::Terminal => true,
        };
        self.told.is_some() && (wished || self.is_typing())
    }

    /// What is to be said above the footer.
    pub(in crate::screen::monitor) fn says(&self) -> Option<Message> {
        let by = self.told.as_ref()?.by.as_deref()?;
        (self.control == Control::Lost).then(|| {
            let text = format!("{by} has control · i takes it back");
            Message::new(Mood::Attention, text)
        })
    }

    /// Answers the questions that are ours: those behind the place where control began.
    fn answer(&mut self, asked: Vec<Asked>) {
        if !self.is_typing() {
            return;
        }
        self.asked.extend(asked);
        if self.control == Control::Ours
            && let Some(told) = &self.told
        {
            let ours = self.asked.drain(..).filter(|asked| asked.end > told.since);
            let replies = ours.map(|asked| TerminalOrder::Type(asked.reply.into_bytes()));
            self.orders.extend(replies);
        }
        while self.asked.len() > ASKED_MAX {
            self.asked.pop_front();
        }
    }

    /// The size that the picture is to have. The one that was asked for comes before the one that was
    /// told: the program may draw at it before the host has told it, and what is drawn over the edge of
    /// a smaller picture is lost.
    fn size(&self) -> TerminalSize {
        let told = self.told.as_ref().map(|told| told.size);
        let asked = self.size_asked.filter(|_| self.is_typing());
        asked.or(told).unwrap_or(TerminalSize::UNWATCHED)
    }

    /// Keys go to the command from now on.
    fn take(&mut self) {
        self.control = Control::Asked { granted: false };
        // Whoever had control in the meantime may have had another size.
        self.size_asked = None;
        self.moved_to = None;
        self.orders.push(TerminalOrder::Take);
    }

    /// The keys are the monitor's again.
    fn let_go(&mut self) {
        self.control = Control::Free;
        self.asked.clear();
        self.size_asked = None;
    }
}
