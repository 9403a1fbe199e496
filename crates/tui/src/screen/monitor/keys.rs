//! The monitor's keys.

use crossterm::event::KeyCode;

use crate::screen::keymap::{Binding, Chord, Keymap, bind};

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
    /// Go to the shell, to be brought back by it.
    Suspend,
    /// Show the pod before this one.
    PreviousPod,
    /// Show the pod after this one.
    NextPod,
    /// Jump to the pod that needs somebody, and back.
    Jump,
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

/// The keys while nothing is asked.
pub(crate) fn monitor_keymap() -> Keymap<Command> {
    let mut bindings = movements();
    bindings.extend(actions());
    Keymap(bindings)
}

fn movements() -> Vec<Binding<Command>> {
    use Command as C;
    let (key, code) = (Chord::character, Chord::code);
    let next = vec![code(KeyCode::Tab)];
    let previous = vec![code(KeyCode::BackTab)];
    let page_up = vec![code(KeyCode::PageUp), Chord::ctrl('b')];
    let page_down = vec![code(KeyCode::PageDown), key(' ')];
    let (first, last) = (
        vec![code(KeyCode::Home), key('g')],
        vec![code(KeyCode::End), key('G')],
    );
    let (up, down) = (
        vec![code(KeyCode::Up), key('k')],
        vec![code(KeyCode::Down), key('j')],
    );
    vec![
        bind(C::NextTab, "next-tab", next, "next tab", "next tab"),
        bind(C::PreviousTab, "previous-tab", previous, "", "previous tab"),
        bind(C::Tab(0), "events", vec![key('1')], "", "events"),
        bind(C::Tab(1), "channels", vec![key('2')], "", "channels"),
        bind(C::Tab(2), "output", vec![key('3')], "", "output"),
        bind(C::Tab(3), "results", vec![key('4')], "", "results"),
        bind(C::Tab(4), "info", vec![key('5')], "", "info"),
        bind(C::Up, "up", up, "scroll", "up"),
        bind(C::Down, "down", down, "", "down"),
        bind(C::PageUp, "page-up", page_up, "", "page up"),
        bind(C::PageDown, "page-down", page_down, "", "page down"),
        bind(C::First, "first", first, "", "first"),
        bind(C::Last, "last", last, "follow", "last, and follow"),
    ]
}

fn actions() -> Vec<Binding<Command>> {
    use Command as C;
    let (key, ctrl) = (|c| vec![Chord::character(c)], |c| vec![Chord::ctrl(c)]);
    let leave = vec![Chord::character('q'), Chord::code(KeyCode::Esc)];
    let interrupt = "leave, or ask what to do with the run";
    let jump = "jump to the pod that needs somebody, and back";
    let hold = "pause the run, or let it go on";
    let suspend = "to the shell; fg comes back, the run goes on";
    let resume = "resume a run that is over";
    let rerun = "repeat a run that is over";
    vec![
        bind(C::Stop, "stop", key('s'), "stop", "stop the run"),
        bind(C::Hold, "pause", key('z'), "pause", hold),
        bind(
            C::Cancel,
            "cancel",
            key('c'),
            "",
            "cancel the run: never resumed",
        ),
        bind(C::Kill, "kill", key('K'), "kill", "kill the run at once"),
        bind(C::Resume, "resume", key('r'), "resume", resume),
        bind(C::Rerun, "rerun", key('R'), "rerun", rerun),
        bind(
            C::Reconnect,
            "reconnect",
            ctrl('r'),
            "reconnect",
            "connect again; follow a run that was resumed or run again",
        ),
        bind(C::Repaint, "repaint", ctrl('l'), "", "draw the screen anew"),
        bind(C::Suspend, "suspend", ctrl('z'), "", suspend),
        bind(C::PreviousPod, "previous-pod", key('['), "", "previous pod"),
        bind(C::NextPod, "next-pod", key(']'), "", "next pod"),
        bind(C::Jump, "jump", key('!'), "back", jump),
        bind(C::Help, "help", key('?'), "help", "all keys"),
        bind(C::Leave, "leave", leave, "leave", "leave; the run goes on"),
        bind(C::Interrupt, "interrupt", ctrl('c'), "", interrupt),
    ]
}

/// The keys while it is asked whether to end the run.
pub(crate) fn confirm_keymap() -> Keymap<Answer> {
    let (key, code) = (Chord::character, Chord::code);
    let yes = vec![key('y'), code(KeyCode::Enter)];
    let back = vec![key('n'), code(KeyCode::Esc), key('q'), Chord::ctrl('c')];
    Keymap(vec![
        bind(Answer::Yes, "yes", yes, "yes", "do it"),
        bind(
            Answer::Back,
            "no",
            back,
            "keep it running",
            "keep it running",
        ),
    ])
}

/// The keys while it is asked what an interrupt means.
pub(crate) fn interrupt_keymap() -> Keymap<Answer> {
    let (key, code) = (Chord::character, Chord::code);
    let detach = vec![key('d'), code(KeyCode::Enter), key('q')];
    let again = vec![Chord::ctrl('c')];
    let back = vec![code(KeyCode::Esc), key('n')];
    let insist = "within 3 s: stop the run";
    Keymap(vec![
        bind(
            Answer::Detach,
            "detach",
            detach,
            "detach",
            "leave it running",
        ),
        bind(Answer::Stop, "stop", vec![key('s')], "stop", "stop the run"),
        bind(
            Answer::Cancel,
            "cancel",
            vec![key('c')],
            "cancel",
            "cancel the run",
        ),
        bind(Answer::Again, "insist", again, "", insist),
        bind(Answer::Back, "back", back, "stay", "stay here"),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::{
        keymap::{assert_unambiguous, assert_unambiguous_beside},
        monitor::tabs::{channels, events, output, results},
    };

    #[test]
    fn no_key_means_two_things() {
        assert_unambiguous(&monitor_keymap());
        assert_unambiguous(&confirm_keymap());
        assert_unambiguous(&interrupt_keymap());
        let common = monitor_keymap();
        assert_unambiguous_beside(&events::keys::keymap(), &common);
        assert_unambiguous_beside(&channels::keys::keymap(), &common);
        assert_unambiguous_beside(&output::keys::keymap(), &common);
        assert_unambiguous_beside(&results::keys::keymap(), &common);
    }
}
