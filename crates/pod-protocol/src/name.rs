//! The name of a pod: the one thing an operator types.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The longest pod name, in characters (all of them ASCII). It keeps a name a valid file name with
/// room for a suffix, and a row of the list readable.
pub const NAME_CHARS_MAX: usize = 64;

/// A valid pod name: 1–64 characters of `A-Z a-z 0-9 . _ -`, not starting with `.` or `-`.
///
/// Because of these rules a name is always exactly one path component and never an option.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PodName(String);

/// Why a text is not a pod name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// The text is empty.
    #[error("a pod name cannot be empty")]
    Empty,
    /// The text has more than [`NAME_CHARS_MAX`] characters.
    #[error("a pod name has at most {NAME_CHARS_MAX} characters, this one has {chars}")]
    TooLong {
        /// How many characters it has.
        chars: usize,
    },
    /// The first character is `.` or `-`.
    #[error("a pod name cannot start with '{first}'")]
    BadStart {
        /// The character.
        first: char,
    },
    /// A character outside the allowed set.
    #[error("a pod name cannot contain {found:?}: use letters, digits, '.', '_' and '-'")]
    BadCharacter {
        /// The character.
        found: char,
    },
}

impl PodName {
    /// Checks `text` and takes it as a name.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
        let text = text.into();
        let first = text.chars().next().ok_or(NameError::Empty)?;
        if let Some(found) = text.chars().find(|&c| !allowed(c)) {
            return Err(NameError::BadCharacter { found });
        }
        if matches!(first, '.' | '-') {
            return Err(NameError::BadStart { first });
        }
        if text.len() > NAME_CHARS_MAX {
            return Err(NameError::TooLong { chars: text.len() });
        }
        Ok(Self(text))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name made of a command line: the program's base name, joined by its first plain word
    /// (`cargo test --all` becomes `cargo-test`). Falls back to `pod`.
    #[must_use]
    pub fn from_command<S: AsRef<str>>(command: &[S]) -> Self {
        let mut words = command.iter().map(AsRef::as_ref);
        let program = words.next().map(base_name).unwrap_or_default();
        let mut slug = slugify(program);
        if let Some(word) = words.next().filter(|word| plain_word(word)) {
            slug = format!("{slug}-{}", slugify(word));
        }
        slug.truncate(NAME_CHARS_MAX - NUMBER_CHARS_RESERVED);
        let slug = slug.trim_matches(['-', '.']);
        Self::new(slug).unwrap_or_else(|_| Self("pod".to_owned()))
    }

    /// This name with `-number` appended, shortened where that would make it too long.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        let suffix = format!("-{number}");
        let mut base = self.0.clone();
        base.truncate(NAME_CHARS_MAX - suffix.len());
        Self(base + &suffix)
    }
}

/// Room kept for `-2`, `-3`, … behind a generated name.
const NUMBER_CHARS_RESERVED: usize = 6;

fn allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

fn base_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// A subcommand rather than an option, a path or a sentence.
fn plain_word(word: &str) -> bool {
    !word.is_empty()
        && word.len() <= 20
        && word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':'))
}

fn slugify(text: &str) -> String {
    text.chars()
        .map(|c| if allowed(c) { c } else { '-' })
        .collect()
}

impl fmt::Display for PodName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for PodName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::new(text)
    }
}

impl TryFrom<String> for PodName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        Self::new(text)
    }
}

impl From<PodName> for String {
    fn from(name: PodName) -> Self {
        name.0
    }
}

impl AsRef<str> for PodName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules() {
        for good in ["a", "train-resnet", "9", "_x", "A.b_c-d", &"x".repeat(64)] {
            assert_eq!(PodName::new(good).expect(good).as_str(), good);
        }
        for bad in [
            "",
            ".",
            "..",
            "-x",
            ".x",
            "a b",
            "a/b",
            "ü",
            "a\n",
            &"x".repeat(65),
        ] {
            assert!(PodName::new(bad).is_err(), "{bad:?} must be refused");
        }
    }

    #[test]
    fn a_command_makes_a_name() {
        let check = |command: &[&str], name: &str| {
            assert_eq!(PodName::from_command(command).as_str(), name, "{command:?}");
        };
        check(&["cargo", "test", "--all"], "cargo-test");
        check(&["/usr/bin/seq", "10"], "seq");
        check(&["./train.py", "--epochs", "3"], "train.py");
        check(&["sh", "-c", "echo hi"], "sh");
        check(&["日本"], "pod");
        check(&[], "pod");
        check(&[&"x".repeat(90)], &"x".repeat(58));
    }

    #[test]
    fn a_numbered_name_stays_a_name() {
        let longest = PodName::new("x".repeat(64)).expect("64 characters are allowed");
        assert_eq!(longest.numbered(12).as_str().len(), 64);
        assert_eq!(
            PodName::new("a").expect("short").numbered(2).as_str(),
            "a-2"
        );
    }
}
