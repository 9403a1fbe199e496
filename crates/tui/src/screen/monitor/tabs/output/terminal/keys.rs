//! The keys of the terminal view. While the operator types into the command there is only one.

use crate::screen::keymap::{Binding, Chord, Keymap, bind};

/// What a key does about the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Type into the command.
    Type,
    /// Show the terminal instead of lines, or lines instead of the terminal.
    Toggle,
}

/// What a key does while the operator types into the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typing {
    /// Give the keys back to the monitor.
    LetGo,
}

/// The keys of the tab, each as `wrap` has it.
pub(in crate::screen::monitor) fn bindings<C>(wrap: fn(Command) -> C) -> Vec<Binding<C>> {
    let key = |c| vec![Chord::character(c)];
    let toggle = "show the terminal, or lines";
    let typing = "type into the command";
    vec![
        bind(wrap(Command::Type), "type", key('i'), "type", typing),
        bind(wrap(Command::Toggle), "terminal", key('T'), "", toggle),
    ]
}

/// The keys while the operator types into the command.
pub(crate) fn typing_keymap() -> Keymap<Typing> {
    // Terminals send one byte for both, and it is told as the digit.
    let let_go = vec![Chord::ctrl('\\'), Chord::ctrl('4')];
    let long = "stop typing into the command";
    Keymap(vec![bind(Typing::LetGo, "let-go", let_go, "lets go", long)])
}
