//! The picker's keys. Everything else that is typed goes into the filter.

use crossterm::event::KeyCode;

use crate::screen::keymap::{Binding, Chord, Keymap, bind};

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
    /// Show or hide what the run has said.
    Peek,
    /// Pin or unpin.
    Pin,
    /// Give it another name.
    Rename,
    /// This directory, or all.
    Scope,
    /// Put the rows in order and draw everything anew.
    Repaint,
    /// Go to the shell, to be brought back by it.
    Suspend,
    /// Show all keys.
    Help,
    /// Close what is open, or leave.
    Back,
    /// Leave.
    Leave,
}

/// What a key does in the name field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// Take the name.
    Take,
    /// Keep the one before.
    Keep,
}

/// What a key does while it is asked whether to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Stop it.
    Yes,
    /// Do not.
    No,
}

/// The keys beside the filter.
pub(crate) fn picker_keymap() -> Keymap<Command> {
    let mut bindings = actions();
    bindings.extend(movements());
    Keymap(bindings)
}

fn actions() -> Vec<Binding<Command>> {
    use Command as C;
    let (ctrl, code) = (|c| vec![Chord::ctrl(c)], |code| vec![Chord::code(code)]);
    let help = vec![Chord::code(KeyCode::F(1)), Chord::character('?')];
    let pin = "pin: never pruned; or unpin";
    let peek = "peek: last lines, questions, ids";
    let scope = "this directory and below, or all";
    let repaint = "put in order and draw anew";
    let suspend = "to the shell; fg comes back";
    let view = "view what is stored";
    let rename = "give another name";
    let back = "close the peek, or quit";
    let (enter, tab, esc) = (KeyCode::Enter, KeyCode::Tab, KeyCode::Esc);
    vec![
        bind(
            C::Primary,
            "open",
            code(enter),
            "",
            "do what the footer says",
        ),
        bind(C::View, "view", ctrl('o'), "view", view),
        bind(C::Stop, "stop", ctrl('s'), "stop", "stop the run"),
        bind(C::Pin, "pin", ctrl('p'), "pin", pin),
        bind(C::Peek, "peek", code(tab), "peek", peek),
        bind(C::Rename, "rename", ctrl('r'), "rename", rename),
        bind(C::Scope, "scope", ctrl('d'), "", scope),
        bind(C::Repaint, "repaint", ctrl('l'), "", repaint),
        bind(C::Suspend, "suspend", ctrl('z'), "", suspend),
        bind(C::Help, "help", help, "", "all keys; ? in an empty filter"),
        bind(C::Back, "back", code(esc), "quit", back),
        bind(C::Leave, "leave", ctrl('c'), "", "quit"),
    ]
}

fn movements() -> Vec<Binding<Command>> {
    use Command as C;
    let key = |code| vec![Chord::code(code)];
    vec![
        bind(C::Up, "up", key(KeyCode::Up), "", "up"),
        bind(C::Down, "down", key(KeyCode::Down), "", "down"),
        bind(C::PageUp, "page-up", key(KeyCode::PageUp), "", "page up"),
        bind(
            C::PageDown,
            "page-down",
            key(KeyCode::PageDown),
            "",
            "page down",
        ),
    ]
}

/// The keys while it is asked whether to stop.
pub(crate) fn stop_keymap() -> Keymap<Answer> {
    let (key, ctrl, code) = (Chord::character, Chord::ctrl, Chord::code);
    Keymap(vec![
        bind(
            Answer::Yes,
            "yes",
            vec![key('y'), code(KeyCode::Enter), ctrl('s')],
            "yes",
            "stop the run",
        ),
        bind(
            Answer::No,
            "no",
            vec![key('n'), code(KeyCode::Esc), ctrl('c')],
            "no",
            "keep it running",
        ),
    ])
}

/// The keys while a name is typed.
pub(crate) fn naming_keymap() -> Keymap<Naming> {
    let (ctrl, code) = (Chord::ctrl, Chord::code);
    Keymap(vec![
        bind(
            Naming::Take,
            "take",
            vec![code(KeyCode::Enter)],
            "rename",
            "take this name",
        ),
        bind(
            Naming::Keep,
            "keep",
            vec![code(KeyCode::Esc), ctrl('c')],
            "keep",
            "keep the name it has",
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
        assert_unambiguous(&naming_keymap());
    }
}
