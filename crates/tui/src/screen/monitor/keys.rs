//! The monitor's keys.

use crossterm::event::KeyCode;

use crate::screen::keymap::{Binding, Chord, Keymap};

/// What a key does in the monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Show the next tab.
    NextTab,
    /// Show the previous tab.
    PreviousTab,
    /// Show the tab with this number, from 0.
    Tab(usize),
    /// One up.
    Up,
    /// One down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first.
    First,
    /// To the end, and follow it.
    Last,
    /// Show the whole record, or its row again.
    Expand,
    /// Ask whether to stop the run.
    Stop,
    /// Ask whether to cancel it.
    Cancel,
    /// Ask whether to kill it.
    Kill,
    /// Hold it where it is, or let it go on.
    Hold,
    /// Take the run up again.
    Resume,
    /// Repeat the run.
    Rerun,
    /// Connect again.
    Reconnect,
    /// Show all keys.
    Help,
    /// Draw everything anew.
    Repaint,
    /// Leave; the run goes on.
    Leave,
    /// What an interrupt means depends on why the monitor is open.
    Interrupt,
}

/// What a key does while a question is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Leave the run alone and leave.
    Detach,
    /// Do what was asked about.
    Yes,
    /// Stop the run.
    Stop,
    /// Cancel the run.
    Cancel,
    /// The key that led here, once more.
    Again,
    /// Nothing of it.
    Back,
}

fn bind<C>(command: C, chords: Vec<Chord>, short: &'static str, long: &'static str) -> Binding<C> {
    Binding {
        command,
        chords,
        short,
        long,
    }
}

/// The keys while nothing is asked.
pub(crate) fn monitor_keymap() -> Keymap<Command> {
    let mut bindings = movements();
    bindings.extend(actions());
    Keymap(bindings)
}

fn movements() -> Vec<Binding<Command>> {
    use Command as C;
    let (key, code) = (Chord::character, Chord::code);
    let next = vec![code(KeyCode::Tab), code(KeyCode::Right)];
    let previous = vec![code(KeyCode::BackTab), code(KeyCode::Left)];
    let page_up = vec![code(KeyCode::PageUp), Chord::ctrl('b')];
    let page_down = vec![code(KeyCode::PageDown), key(' ')];
    vec![
        bind(C::NextTab, next, "next tab", "next tab"),
        bind(C::PreviousTab, previous, "", "previous tab"),
        bind(C::Tab(0), vec![key('1')], "", "events"),
        bind(C::Tab(1), vec![key('2')], "", "output"),
        bind(C::Tab(2), vec![key('3')], "", "info"),
        bind(C::Up, vec![code(KeyCode::Up), key('k')], "scroll", "up"),
        bind(C::Down, vec![code(KeyCode::Down), key('j')], "", "down"),
        bind(C::PageUp, page_up, "", "page up"),
        bind(C::PageDown, page_down, "", "page down"),
        bind(C::First, vec![code(KeyCode::Home), key('g')], "", "first"),
        bind(
            C::Last,
            vec![code(KeyCode::End), key('G')],
            "follow",
            "last, and follow",
        ),
    ]
}

fn actions() -> Vec<Binding<Command>> {
    use Command as C;
    let (key, code) = (Chord::character, Chord::code);
    let leave = vec![key('q'), code(KeyCode::Esc)];
    let interrupt = "leave, or ask what to do with the run";
    vec![
        bind(
            C::Expand,
            vec![code(KeyCode::Enter)],
            "expand",
            "whole record as JSON",
        ),
        bind(C::Stop, vec![key('s')], "stop", "stop the run"),
        bind(
            C::Hold,
            vec![key('z')],
            "pause",
            "pause the run, or let it go on",
        ),
        bind(
            C::Cancel,
            vec![key('c')],
            "",
            "cancel the run: never resumed",
        ),
        bind(C::Kill, vec![key('K')], "kill", "kill the run at once"),
        bind(
            C::Resume,
            vec![key('r')],
            "resume",
            "resume a run that is over",
        ),
        bind(
            C::Rerun,
            vec![key('R')],
            "rerun",
            "repeat a run that is over",
        ),
        bind(
            C::Reconnect,
            vec![Chord::ctrl('r')],
            "reconnect",
            "connect again",
        ),
        bind(
            C::Repaint,
            vec![Chord::ctrl('l')],
            "",
            "draw the screen anew",
        ),
        bind(C::Help, vec![key('?')], "help", "all keys"),
        bind(C::Leave, leave, "leave", "leave; the run goes on"),
        bind(C::Interrupt, vec![Chord::ctrl('c')], "", interrupt),
    ]
}

/// The keys while it is asked whether to end the run.
pub(crate) fn confirm_keymap() -> Keymap<Answer> {
    let (key, code) = (Chord::character, Chord::code);
    Keymap(vec![
        bind(
            Answer::Yes,
            vec![key('y'), code(KeyCode::Enter)],
            "yes",
            "do it",
        ),
        bind(
            Answer::Back,
            vec![key('n'), code(KeyCode::Esc), key('q'), Chord::ctrl('c')],
            "keep it running",
            "keep it running",
        ),
    ])
}

/// The keys while it is asked what an interrupt means.
pub(crate) fn interrupt_keymap() -> Keymap<Answer> {
    let (key, code) = (Chord::character, Chord::code);
    Keymap(vec![
        bind(
            Answer::Detach,
            vec![key('d'), code(KeyCode::Enter), key('q')],
            "detach",
            "leave it running",
        ),
        bind(Answer::Stop, vec![key('s')], "stop", "stop the run"),
        bind(Answer::Cancel, vec![key('c')], "cancel", "cancel the run"),
        bind(
            Answer::Again,
            vec![Chord::ctrl('c')],
            "",
            "within 3 s: stop the run",
        ),
        bind(
            Answer::Back,
            vec![code(KeyCode::Esc), key('n')],
            "stay",
            "stay here",
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::keymap::assert_unambiguous;

    #[test]
    fn no_key_means_two_things() {
        assert_unambiguous(&monitor_keymap());
        assert_unambiguous(&confirm_keymap());
        assert_unambiguous(&interrupt_keymap());
    }
}
