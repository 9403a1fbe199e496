//! Whether the operator is to be alerted.

use serde::Deserialize;

/// When the operator wants to be alerted, in the words of the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Alerts {
    /// Never.
    Off,
    /// Always.
    On,
    /// While looking elsewhere.
    #[default]
    Unfocused,
}

/// Whether an alert is due. `focused` is `None` while the terminal has not told: many never do, and
/// most tell only when it changes. An alert too many is better than one too few.
pub(super) const fn due(when: Alerts, focused: Option<bool>) -> bool {
    match (when, focused) {
        (Alerts::Off, _) | (Alerts::Unfocused, Some(true)) => false,
        (Alerts::On, _) | (Alerts::Unfocused, Some(false) | None) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alert_table() {
        for focused in [None, Some(true), Some(false)] {
            assert!(!due(Alerts::Off, focused));
            assert!(due(Alerts::On, focused));
            assert_eq!(due(Alerts::Unfocused, focused), focused != Some(true));
        }
    }

    #[test]
    fn the_words_are_those_of_the_configuration() {
        for (word, when) in [
            ("off", Alerts::Off),
            ("on", Alerts::On),
            ("unfocused", Alerts::Unfocused),
        ] {
            let read: Alerts = serde_json::from_value(word.into()).expect("a word");
            assert_eq!(read, when);
        }
    }
}
