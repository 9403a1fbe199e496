//! Ids of sessions, segments and prompts.
//!
//! Ids are made by whoever starts the thing they name; this crate only carries them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// A text that is not a UUID where one is needed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} is not a UUID")]
pub struct IdError {
    text: String,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Takes a UUID that the caller made.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The last eight characters behind an ellipsis: what a screen shows of this id.
            #[must_use]
            pub fn tail(&self) -> String {
                tail(&self.to_string())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::try_parse(text)
                    .map(Self)
                    .map_err(|_| IdError { text: text.chars().take(80).collect() })
            }
        }
    };
}

id!(
    /// One run of a pod, from launch to its final outcome, including every resumption.
    SessionId
);
id!(
    /// One host's lifetime inside a session.
    SegmentId
);
id!(
    /// One question that a run put to its operator.
    PromptId
);

/// Shortens an id for the screen. Ids of type UUIDv7 share their first characters for about a
/// minute, so the tail is what tells them apart.
#[must_use]
pub fn tail(id: &str) -> String {
    let start = id.len().saturating_sub(8);
    format!("…{}", id.get(start..).unwrap_or(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_shown_by_its_tail() {
        let id: SessionId = "019e5bc6-c3f3-7000-8000-0000a1c293f7"
            .parse()
            .expect("a UUID");
        assert_eq!(id.tail(), "…a1c293f7");
        assert_eq!(id.to_string(), "019e5bc6-c3f3-7000-8000-0000a1c293f7");
        assert!("nonsense".parse::<SessionId>().is_err());
    }
}
