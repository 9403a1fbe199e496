//! The dotted word that says what a record is about.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A record kind: dotted words of `A-Z a-z 0-9 _ -`, at most 128 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Kind(String);

/// Why a text is not a record kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} is not a record kind: use dotted words of letters, digits, '_' and '-'")]
pub struct KindError {
    text: String,
}

/// The first words that belong to the host. A run that uses them gets a `log` warning instead.
const RESERVED_WORDS: [&str; 9] = [
    "segment", "run", "child", "stop", "cancel", "signal", "prompt", "retry", "host",
];
/// Whole kinds that belong to the host.
const RESERVED_KINDS: [&str; 2] = ["gap", "artifact.promoted"];

impl Kind {
    /// Checks `text` and takes it as a kind.
    ///
    /// # Errors
    /// When it is empty, too long or has a character or an empty word that is not allowed.
    pub fn new(text: impl Into<String>) -> Result<Self, KindError> {
        let text = text.into();
        if Self::is_valid(&text) {
            return Ok(Self(text));
        }
        Err(KindError {
            text: text.chars().take(80).collect(),
        })
    }

    /// Whether `text` is a kind.
    pub(crate) fn is_valid(text: &str) -> bool {
        // A word must begin: no dot may come, nor the end.
        let mut after_dot = true;
        let ok = |byte: u8| {
            let is_dot = byte == b'.';
            let fits = match byte {
                b'.' => !after_dot,
                byte => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            };
            after_dot = is_dot;
            fits
        };
        text.len() <= 128 && text.bytes().all(ok) && !after_dot
    }

    /// The kind as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether only the host may write this kind.
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        Self::is_of_host(&self.0)
    }

    /// The same of a kind that is only text.
    pub(crate) fn is_of_host(kind: &str) -> bool {
        let dotted = kind.split_once('.');
        dotted.is_some_and(|(first, _)| RESERVED_WORDS.contains(&first))
            || RESERVED_KINDS.contains(&kind)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for Kind {
    type Error = KindError;

    fn try_from(text: String) -> Result<Self, KindError> {
        Self::new(text)
    }
}

impl From<Kind> for String {
    fn from(kind: Kind) -> Self {
        kind.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_keeps_its_kinds() {
        let reserved = |text: &str| Kind::new(text).expect(text).is_reserved();
        for kind in [
            "segment.started",
            "run.closed",
            "gap",
            "artifact.promoted",
            "host.x.y",
        ] {
            assert!(reserved(kind), "{kind}");
        }
        for kind in [
            "item.started",
            "artifact",
            "run",
            "segments.cut",
            "gap.closed",
            "hostile",
        ] {
            assert!(!reserved(kind), "{kind}");
        }
    }

    #[test]
    fn a_kind_is_dotted_words() {
        for good in ["a", "a.b", "A-1.b_2.c", &"x".repeat(128)] {
            assert!(Kind::new(good).is_ok(), "{good:?}");
        }
        for bad in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "a b",
            "a\u{1b}",
            "ü",
            &"x".repeat(129),
        ] {
            assert!(Kind::new(bad).is_err(), "{bad:?}");
        }
    }
}
