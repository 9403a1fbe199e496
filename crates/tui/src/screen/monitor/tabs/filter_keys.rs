//! The keys of a filter, the same in every tab that has one.

use crossterm::event::KeyCode;

use crate::screen::keymap::{Chord, Keymap, bind};

/// What a key does while a filter is on or typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FilterCommand {
    /// Show everything again.
    Clear,
    /// Show what was typed.
    Apply,
    /// Leave everything as it was.
    Back,
}

/// The key while a filter is on.
pub(crate) fn filtered_keymap() -> Keymap<FilterCommand> {
    let esc = vec![Chord::code(KeyCode::Esc)];
    Keymap(vec![bind(
        FilterCommand::Clear,
        "clear-filter",
        esc,
        "show all",
        "show everything again",
    )])
}

/// The keys while a filter is typed.
pub(crate) fn field_keymap() -> Keymap<FilterCommand> {
    let enter = vec![Chord::code(KeyCode::Enter)];
    let back = vec![Chord::code(KeyCode::Esc), Chord::ctrl('c')];
    let apply = "show what was typed; nothing shows everything";
    Keymap(vec![
        bind(FilterCommand::Apply, "apply", enter, "show", apply),
        bind(
            FilterCommand::Back,
            "back",
            back,
            "back",
            "leave it as it was",
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::keymap::assert_unambiguous;

    #[test]
    fn no_key_of_a_filter_means_two_things() {
        for keymap in [filtered_keymap(), field_keymap()] {
            assert_unambiguous(&keymap);
        }
    }
}
