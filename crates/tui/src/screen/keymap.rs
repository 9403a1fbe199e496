//! Keys and what they do, as data: footers and the help are written from it, and it can be
//! replaced.

use std::{fmt, str::FromStr};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use thiserror::Error;

use super::bindings::KeyChanges;

/// One key with its modifiers. Shift is told only of keys that are no characters: in a character it
/// is already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// The modifiers that are told apart.
const MODIFIERS: KeyModifiers = KeyModifiers::CONTROL
    .union(KeyModifiers::ALT)
    .union(KeyModifiers::SHIFT);
/// How they are shown, in this order.
const MODIFIER_NAMES: [(KeyModifiers, &str); 3] = [
    (KeyModifiers::CONTROL, "ctrl-"),
    (KeyModifiers::ALT, "alt-"),
    (KeyModifiers::SHIFT, "shift-"),
];

impl Chord {
    /// A plain character.
    pub(crate) const fn character(c: char) -> Self {
        Self::code(KeyCode::Char(c))
    }

    /// A character with the control key held.
    pub(crate) const fn ctrl(c: char) -> Self {
        Self {
            code: KeyCode::Char(c),
            modifiers: KeyModifiers::CONTROL,
        }
    }

    /// A named key.
    pub(crate) const fn code(code: KeyCode) -> Self {
        Self {
            code,
            modifiers: KeyModifiers::NONE,
        }
    }

    /// Whether it is a character to be inserted.
    pub(crate) const fn is_text(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && self.modifiers.is_empty()
    }

    /// The same key as an event, for widgets that read those and for programs that are typed into.
    pub(crate) const fn to_event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    /// The key without shift.
    const fn unshifted(self) -> Self {
        Self {
            code: self.code,
            modifiers: self.modifiers.difference(KeyModifiers::SHIFT),
        }
    }
}

impl From<KeyEvent> for Chord {
    fn from(key: KeyEvent) -> Self {
        let modifiers = key.modifiers & MODIFIERS;
        let chord = Self {
            code: key.code,
            modifiers,
        };
        match key.code {
            // `crossterm` names these four control characters after the digits on the same keys.
            KeyCode::Char(digit @ '4'..='7') if modifiers == KeyModifiers::CONTROL => {
                Self::ctrl(match digit {
                    '4' => '\\',
                    '5' => ']',
                    '6' => '^',
                    _ => '_',
                })
            }
            // Terminals differ on whether they tell what is in the character or the name already.
            KeyCode::Char(_) | KeyCode::BackTab => chord.unshifted(),
            _ => chord,
        }
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (modifier, name) in MODIFIER_NAMES {
            if self.modifiers.contains(modifier) {
                f.write_str(name)?;
            }
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("space"),
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::Up => f.write_str("↑"),
            KeyCode::Down => f.write_str("↓"),
            KeyCode::Left => f.write_str("←"),
            KeyCode::Right => f.write_str("→"),
            KeyCode::PageUp => f.write_str("pgup"),
            KeyCode::PageDown => f.write_str("pgdn"),
            KeyCode::BackTab => f.write_str("shift-tab"),
            code => f.write_str(&code.to_string().to_lowercase()),
        }
    }
}

/// Text that is no key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0} is no key")]
pub(crate) struct ParseChordError(String);

impl FromStr for Chord {
    type Err = ParseChordError;

    /// A key as the help shows it: `ctrl-x`, `alt-enter`, `shift-f5`, `space`; arrows also as words.
    fn from_str(text: &str) -> Result<Self, ParseChordError> {
        let none = || ParseChordError(text.to_owned());
        let (mut rest, mut modifiers) = (text, KeyModifiers::NONE);
        // A hyphen alone is a key too.
        while let Some((modifier, key)) = MODIFIER_NAMES.into_iter().find_map(|(modifier, name)| {
            let key = rest.strip_prefix(name).filter(|key| !key.is_empty())?;
            Some((modifier, key))
        }) {
            modifiers |= modifier;
            rest = key;
        }
        let shifted = modifiers.contains(KeyModifiers::SHIFT);
        let code = match key_code(rest).ok_or_else(none)? {
            KeyCode::Tab if shifted => KeyCode::BackTab,
            // A character with shift is another character.
            KeyCode::Char(_) if shifted => return Err(none()),
            code => code,
        };
        Ok(Self::from(KeyEvent::new(code, modifiers)))
    }
}

fn key_code(name: &str) -> Option<KeyCode> {
    let mut characters = name.chars();
    if let (Some(c), None) = (characters.next(), characters.next()) {
        return match c {
            '↑' => Some(KeyCode::Up),
            '↓' => Some(KeyCode::Down),
            '←' => Some(KeyCode::Left),
            '→' => Some(KeyCode::Right),
            c => (!c.is_control()).then_some(KeyCode::Char(c)),
        };
    }
    Some(match name {
        "space" => KeyCode::Char(' '),
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "backspace" => KeyCode::Backspace,
        "del" => KeyCode::Delete,
        "ins" => KeyCode::Insert,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pgup" => KeyCode::PageUp,
        "pgdn" => KeyCode::PageDown,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        _ => {
            let number = name.strip_prefix('f')?.parse().ok()?;
            (1..=24).contains(&number).then_some(KeyCode::F(number))?
        }
    })
}

/// Keys that do one thing.
#[derive(Clone, Debug)]
pub(crate) struct Binding<C> {
    /// What they do.
    pub(crate) command: C,
    /// The word that a configuration file has for it: lower case, joined by hyphens.
    pub(crate) name: &'static str,
    /// The keys; the first one is shown in footers.
    pub(crate) chords: Vec<Chord>,
    /// One word for a footer; empty where it is only in the help.
    pub(crate) short: &'static str,
    /// A line for the help.
    pub(crate) long: &'static str,
}

/// A binding.
pub(crate) const fn bind<C>(
    command: C,
    name: &'static str,
    chords: Vec<Chord>,
    short: &'static str,
    long: &'static str,
) -> Binding<C> {
    Binding {
        command,
        name,
        chords,
        short,
        long,
    }
}

/// All keys of one context, in the order of the help.
#[derive(Clone, Debug)]
pub(crate) struct Keymap<C>(pub(crate) Vec<Binding<C>>);

impl<C: Copy + PartialEq> Keymap<C> {
    /// What `chord` does. With shift held a key does the same, unless that means something else.
    pub(crate) fn command(&self, chord: Chord) -> Option<C> {
        let bound = |chord: Chord| self.0.iter().find(|b| b.chords.contains(&chord));
        let found = bound(chord).or_else(|| bound(chord.unshifted()))?;
        Some(found.command)
    }

    /// With the keys that `changes` has for the context called `name`.
    pub(crate) fn changed(mut self, name: &str, changes: &KeyChanges) -> Self {
        let Some(changes) = changes.get(name) else {
            return self;
        };
        for binding in &mut self.0 {
            if let Some(chords) = changes.get(binding.name) {
                binding.chords.clone_from(chords);
            }
        }
        self
    }

    /// The binding of `command`.
    pub(crate) fn binding(&self, command: C) -> Option<&Binding<C>> {
        self.0.iter().find(|binding| binding.command == command)
    }

    /// The key that is shown for `command`.
    pub(crate) fn first_chord(&self, command: C) -> Option<Chord> {
        self.binding(command)?.chords.first().copied()
    }

    /// The key to press for `command`, as shown; empty if there is none.
    pub(crate) fn key_of(&self, command: C) -> String {
        self.binding(command)
            .and_then(|binding| binding.chords.first())
            .map_or_else(String::new, ToString::to_string)
    }

    /// All keys and what they do, for the help.
    pub(crate) fn lines(&self) -> Vec<(String, &'static str)> {
        self.0
            .iter()
            .map(|binding| (binding.keys(), binding.long))
            .collect()
    }

    /// The first key and the word of every binding that belongs in a footer.
    pub(crate) fn hints(&self) -> Vec<(String, String)> {
        self.0
            .iter()
            .filter(|binding| !binding.short.is_empty())
            .map(|binding| (self.key_of(binding.command), binding.short.to_owned()))
            .collect()
    }
}

impl<C> Binding<C> {
    /// All its keys, as the help shows them.
    pub(crate) fn keys(&self) -> String {
        let keys: Vec<String> = self.chords.iter().map(ToString::to_string).collect();
        keys.join(" ")
    }
}

/// Asserts that no key means two things in one context.
#[cfg(test)]
pub(crate) fn assert_unambiguous<C>(keymap: &Keymap<C>) {
    let chords: Vec<Chord> = keymap.0.iter().flat_map(|b| b.chords.clone()).collect();
    for (index, chord) in chords.iter().enumerate() {
        assert!(!chords[..index].contains(chord), "{chord} is bound twice");
    }
}

/// Asserts that no key of `own` means something in `common` too.
#[cfg(test)]
pub(crate) fn assert_unambiguous_beside<C, D>(own: &Keymap<C>, common: &Keymap<D>) {
    assert_unambiguous(own);
    let taken: Vec<Chord> = common.0.iter().flat_map(|b| b.chords.clone()).collect();
    for chord in own.0.iter().flat_map(|binding| &binding.chords) {
        assert!(!taken.contains(chord), "{chord} is a common key");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_named() {
        let check = |chord: Chord, name: &str| assert_eq!(chord.to_string(), name);
        check(Chord::ctrl('o'), "ctrl-o");
        check(Chord::character('?'), "?");
        check(Chord::character(' '), "space");
        check(Chord::code(KeyCode::Enter), "enter");
        check(Chord::code(KeyCode::Esc), "esc");
        check(Chord::code(KeyCode::PageDown), "pgdn");
        check(Chord::code(KeyCode::BackTab), "shift-tab");
    }

    const fn pressed(code: KeyCode, modifiers: KeyModifiers) -> KeyEvent {
        KeyEvent::new(code, modifiers)
    }

    #[test]
    fn a_key_is_read_as_it_is_shown() {
        let codes = [
            "enter",
            "esc",
            "tab",
            "shift-tab",
            "backspace",
            "del",
            "home",
            "pgdn",
            "f12",
        ];
        let chords = [
            "a",
            "?",
            "-",
            "space",
            "ctrl-o",
            "ctrl--",
            "alt-enter",
            "↑",
            "ctrl-alt-x",
            "ctrl-\\",
            "shift-↑",
            "ctrl-shift-f5",
        ];
        for name in codes.into_iter().chain(chords) {
            let chord: Chord = name.parse().expect(name);
            assert_eq!(chord.to_string(), name);
        }
        assert_eq!("up".parse(), Ok(Chord::code(KeyCode::Up)));
        for name in [
            "", "ctrl-", "ctl-x", "f0", "f25", "\u{7}", "entr", "shift-a",
        ] {
            assert!(name.parse::<Chord>().is_err(), "{name}");
        }
    }

    #[test]
    fn shift_is_not_told_twice() {
        let check = |code, chord| {
            assert_eq!(Chord::from(pressed(code, KeyModifiers::SHIFT)), chord);
        };
        check(KeyCode::Char('G'), Chord::character('G'));
        check(KeyCode::BackTab, Chord::code(KeyCode::BackTab));
    }

    #[test]
    fn named_keys_keep_shift() {
        let check = |code, modifiers, name: &str| {
            let event = pressed(code, modifiers);
            let chord = Chord::from(event);
            assert_eq!(chord.to_string(), name);
            assert_eq!(chord.to_event(), event);
        };
        let (shift, ctrl) = (KeyModifiers::SHIFT, KeyModifiers::CONTROL);
        check(KeyCode::Up, shift, "shift-↑");
        check(KeyCode::End, shift | ctrl, "ctrl-shift-end");
        check(KeyCode::F(5), shift | KeyModifiers::ALT, "alt-shift-f5");
    }

    #[test]
    fn a_control_character_is_named_after_its_character() {
        for (digit, c) in [('4', '\\'), ('5', ']'), ('6', '^'), ('7', '_')] {
            let event = pressed(KeyCode::Char(digit), KeyModifiers::CONTROL);
            assert_eq!(Chord::from(event), Chord::ctrl(c));
        }
    }

    #[test]
    fn a_key_does_the_same_with_shift_unless_that_is_bound() {
        let shifted = |code| Chord::from(pressed(code, KeyModifiers::SHIFT));
        let keymap = Keymap(vec![
            bind(1, "up", vec![Chord::code(KeyCode::Up)], "", ""),
            bind(2, "down", vec![Chord::code(KeyCode::Down)], "", ""),
            bind(3, "far", vec![shifted(KeyCode::Down)], "", ""),
        ]);
        assert_eq!(keymap.command(shifted(KeyCode::Up)), Some(1));
        assert_eq!(keymap.command(Chord::code(KeyCode::Down)), Some(2));
        assert_eq!(keymap.command(shifted(KeyCode::Down)), Some(3));
    }
}
