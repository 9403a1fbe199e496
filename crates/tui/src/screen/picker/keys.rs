//! The picker's keys. Everything else that is typed goes into the filter.

use crossterm::event::KeyCode;

use crate::screen::keymap::{Binding, Chord, Keymap};

/// What a key does in the picker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// The row's primary action.
    Primary,
    /// View what is stored.
    View,
    /// Ask whether to stop the run.
    Stop,
    /// One up.
    Up,
    /// One down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// Draw everything anew.
    Repaint,
    /// Leave.
    Leave,
}

/// What a key does while it is asked whether to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Stop it.
    Yes,
    /// Do not.
    No,
}

fn bind<C>(command: C, chords: Vec<Chord>, short: &'static str, long: &'static str) -> Binding<C> {
    Binding {
        command,
        chords,
        short,
        long,
    }
}

/// The keys beside the filter.
pub(crate) fn picker_keymap() -> Keymap<Command> {
    use Command as C;
    let (ctrl, code) = (Chord::ctrl, Chord::code);
    Keymap(vec![
        bind(
            C::Primary,
            vec![code(KeyCode::Enter)],
            "",
            "do what the footer says",
        ),
        bind(C::View, vec![ctrl('o')], "view", "view what is stored"),
        bind(C::Stop, vec![ctrl('s')], "stop", "stop the run"),
        bind(C::Up, vec![code(KeyCode::Up)], "", "up"),
        bind(C::Down, vec![code(KeyCode::Down)], "", "down"),
        bind(C::PageUp, vec![code(KeyCode::PageUp)], "", "page up"),
        bind(C::PageDown, vec![code(KeyCode::PageDown)], "", "page down"),
        bind(C::Repaint, vec![ctrl('l')], "", "draw anew"),
        bind(
            C::Leave,
            vec![code(KeyCode::Esc), ctrl('c')],
            "quit",
            "quit",
        ),
    ])
}

/// The keys while it is asked whether to stop.
pub(crate) fn stop_keymap() -> Keymap<Answer> {
    let (key, ctrl, code) = (Chord::character, Chord::ctrl, Chord::code);
    Keymap(vec![
        bind(
            Answer::Yes,
            vec![key('y'), code(KeyCode::Enter), ctrl('s')],
            "yes",
            "stop the run",
        ),
        bind(
            Answer::No,
            vec![key('n'), code(KeyCode::Esc), ctrl('c')],
            "no",
            "keep it running",
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::keymap::assert_unambiguous;

    #[test]
    fn no_key_means_two_things() {
        assert_unambiguous(&picker_keymap());
        assert_unambiguous(&stop_keymap());
    }
}
