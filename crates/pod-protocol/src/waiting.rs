//! What a run waits for before its command starts.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{NameError, PodName};

/// A name that runs have in common which are not to run all at once. The rules are those of a
/// [`PodName`]; the two are never the same thing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupName(PodName);

impl GroupName {
    /// The name as text: exactly one path component.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for GroupName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a run waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitingFor {
    /// These pods to end.
    After(Vec<PodName>),
    /// Its turn in a group.
    Group {
        /// Which.
        name: GroupName,
        /// Its place among those that wait, from 1.
        place: u64,
    },
}

/// "after train, eval" or "3rd in group gpu".
impl fmt::Display for WaitingFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::After(pods) => {
                f.write_str("after")?;
                for (at, pod) in pods.iter().enumerate() {
                    write!(f, "{} {pod}", if at == 0 { "" } else { "," })?;
                }
                Ok(())
            }
            Self::Group { name, place } => {
                write!(f, "{place}{} in group {name}", ordinal(*place))
            }
        }
    }
}

/// The ending of an English ordinal number.
const fn ordinal(number: u64) -> &'static str {
    match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_run_waits_for_is_said_in_words() {
        let check = |waiting: WaitingFor, words: &str, json: &str| {
            assert_eq!(waiting.to_string(), words);
            let written = serde_json::to_string(&waiting).expect("string keys only");
            assert_eq!(written, json);
            assert_eq!(
                serde_json::from_str::<WaitingFor>(json).expect("its own words"),
                waiting
            );
        };
        let pod = |name: &str| PodName::new(name).expect("a name");
        check(
            WaitingFor::After(vec![pod("a"), pod("b")]),
            "after a, b",
            r#"{"after":["a","b"]}"#,
        );
        for (place, word) in [
            (1, "1st"),
            (2, "2nd"),
            (3, "3rd"),
            (4, "4th"),
            (11, "11th"),
            (12, "12th"),
            (13, "13th"),
            (21, "21st"),
            (112, "112th"),
        ] {
            check(
                WaitingFor::Group {
                    name: "gpu".parse().expect("a name"),
                    place,
                },
                &format!("{word} in group gpu"),
                &format!(r#"{{"group":{{"name":"gpu","place":{place}}}}}"#),
            );
        }
        assert!("../gpu".parse::<GroupName>().is_err());
    }
}
