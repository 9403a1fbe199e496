//! What is too secret to write into a record.

use serde::{Deserialize, Serialize};

/// What stands in an argument instead of a secret.
pub const REDACTED: &str = "[redacted]";

const SECRET_WORDS: [&str; 6] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "KEY",
    "CREDENTIAL",
    "CREDENTIALS",
];

/// Which names hold secrets: those with one of its words between underscores or dashes.
/// `SSH_AUTH_SOCK` is not secret, `API_KEY` is, `MONKEY` is not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretWords {
    /// Beside the words that are always there.
    more: Vec<String>,
}

impl SecretWords {
    /// The built-in words and `more`.
    #[must_use]
    pub const fn with(more: Vec<String>) -> Self {
        Self { more }
    }

    /// Whether the value of a variable, or of an option, of this name is kept out of records.
    #[must_use]
    pub fn are_in(&self, name: &str) -> bool {
        let more = self.more.iter().map(String::as_str);
        let words = || SECRET_WORDS.into_iter().chain(more.clone());
        name.split(['_', '-'])
            .any(|part| words().any(|word| word.eq_ignore_ascii_case(part)))
    }

    /// A command line for records and screens: `--api-key=x`, `API_KEY=x` and the word after a bare
    /// `--api-key` lose their values.
    #[must_use]
    pub fn redact_command<S: AsRef<str>>(&self, command: &[S]) -> Vec<String> {
        let mut secret_follows = false;
        command
            .iter()
            .map(|argument| {
                let argument = argument.as_ref();
                if std::mem::take(&mut secret_follows) && !argument.starts_with('-') {
                    return REDACTED.to_owned();
                }
                secret_follows = argument.starts_with("--")
                    && !argument.contains('=')
                    && self.are_in(argument.trim_start_matches('-'));
                self.redact_argument(argument)
            })
            .collect()
    }

    /// One argument: the value behind a secret name and `=` is replaced.
    fn redact_argument(&self, argument: &str) -> String {
        match argument.split_once('=') {
            Some((name, _)) if self.are_in(name.trim_start_matches('-')) => {
                format!("{name}={REDACTED}")
            }
            _ => argument.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_whole_words() {
        for name in [
            "API_KEY",
            "TOKEN",
            "github_token",
            "DB_PASSWORD",
            "AWS_SECRET_ACCESS_KEY",
        ] {
            assert!(SecretWords::default().are_in(name), "{name}");
        }
        for name in [
            "MONKEY",
            "PATH",
            "KEYBOARD",
            "SSH_AUTH_SOCK",
            "TOKENIZERS_PARALLELISM",
        ] {
            assert!(!SecretWords::default().are_in(name), "{name}");
        }
    }

    #[test]
    fn words_can_be_added() {
        let words = SecretWords::with(vec!["dsn".into()]);
        assert!(words.are_in("SENTRY_DSN"));
        assert!(words.are_in("API_KEY"));
        assert!(!SecretWords::default().are_in("SENTRY_DSN"));
        assert_eq!(words.redact_command(&["--dsn=x"]), ["--dsn=[redacted]"]);
    }

    #[test]
    fn arguments_lose_their_secrets() {
        let command = [
            "curl",
            "--api-key",
            "abc",
            "--token=x",
            "DB_PASSWORD=y",
            "-v",
            "plain",
        ];
        let shown = SecretWords::default().redact_command(&command);
        assert_eq!(
            shown,
            [
                "curl",
                "--api-key",
                REDACTED,
                "--token=[redacted]",
                "DB_PASSWORD=[redacted]",
                "-v",
                "plain"
            ]
        );
    }
}
