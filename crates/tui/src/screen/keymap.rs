//! Keys and what they do, as data: footers and the help are written from it, and it can be
//! replaced.

use std::{fmt, str::FromStr};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use thiserror::Error;

use super::bindings::KeyChanges;

/// One key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Chord {
    code: KeyCode,
    ctrl: bool,
    alt: bool,
}

impl Chord {
    /// A plain character.
    pub(crate) const fn character(c: char) -> Self {
        Self::code(KeyCode::Char(c))
    }

    /// A character with the control key held.
    pub(crate) const fn ctrl(c: char) -> Self {
        Self {
            code: KeyCode::Char(c),
            ctrl: true,
            alt: false,
        }
    }

    /// A named key.
    pub(crate) const fn code(code: KeyCode) -> Self {
        Self {
            code,
            ctrl: false,
            alt: false,
        }
    }

    /// Whether it is a character to be inserted.
    pub(crate) const fn is_text(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && !self.ctrl && !self.alt
    }

    /// The same key as an event, for widgets that read those.
    pub(crate) fn to_event(self) -> KeyEvent {
        let mut modifiers = KeyModifiers::empty();
        modifiers.set(KeyModifiers::CONTROL, self.ctrl);
        modifiers.set(KeyModifiers::ALT, self.alt);
        KeyEvent::new(self.code, modifiers)
    }
}

impl From<KeyEvent> for Chord {
    fn from(key: KeyEvent) -> Self {
        // Shift is in the character already, and terminals differ on whether they also tell it.
        Self {
            code: key.code,
            ctrl: key.modifiers.contains(KeyModifiers::CONTROL),
            alt: key.modifiers.contains(KeyModifiers::ALT),
        }
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("ctrl-")?;
        }
        if self.alt {
            f.write_str("alt-")?;
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

    /// A key as the help shows it: `ctrl-x`, `alt-enter`, `f5`, `space`; arrows also as words.
    fn from_str(text: &str) -> Result<Self, ParseChordError> {
        let (mut rest, mut ctrl, mut alt) = (text, false, false);
        loop {
            // A hyphen alone is a key too.
            if let Some(key) = rest.strip_prefix("ctrl-").filter(|key| !key.is_empty()) {
                (rest, ctrl) = (key, true);
            } else if let Some(key) = rest.strip_prefix("alt-").filter(|key| !key.is_empty()) {
                (rest, alt) = (key, true);
            } else {
                break;
            }
        }
        let code = key_code(rest).ok_or_else(|| ParseChordError(text.to_owned()))?;
        Ok(Self { code, ctrl, alt })
    }
}

fn key_code(name: &str) -> Option<KeyCode> {
    let mut characters = name.chars();
    if let (Some(c), None) = (characters.next(), characters.next()) {
        return (!c.is_control()).then(|| match c {
            '↑' => KeyCode::Up,
            '↓' => KeyCode::Down,
            '←' => KeyCode::Left,
            '→' => KeyCode::Right,
            c => KeyCode::Char(c),
        });
    }
    Some(match name {
        "space" => KeyCode::Char(' '),
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "shift-tab" => KeyCode::BackTab,
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
    /// What `chord` does.
    pub(crate) fn command(&self, chord: Chord) -> Option<C> {
        let found = self.0.iter().find(|b| b.chords.contains(&chord))?;
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
        ];
        for name in codes.into_iter().chain(chords) {
            let chord: Chord = name.parse().expect(name);
            assert_eq!(chord.to_string(), name);
        }
        assert_eq!("up".parse(), Ok(Chord::code(KeyCode::Up)));
        for name in ["", "ctrl-", "ctl-x", "f0", "f25", "\u{7}", "entr"] {
            assert!(name.parse::<Chord>().is_err(), "{name}");
        }
    }

    #[test]
    fn shift_is_not_told_twice() {
        let key = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(Chord::from(key), Chord::character('G'));
    }
}
