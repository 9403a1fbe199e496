//! What is too secret to write into a record.

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

/// Whether a variable's value is kept out of records: its name has a whole word of the list above
/// between underscores. `SSH_AUTH_SOCK` is not secret, `API_KEY` is, `MONKEY` is not.
#[must_use]
pub fn secret_variable(name: &str) -> bool {
    name.split(['_', '-'])
        .any(|word| SECRET_WORDS.iter().any(|w| w.eq_ignore_ascii_case(word)))
}

/// A command line for records and screens: `--api-key=x`, `API_KEY=x` and the word after a bare
/// `--api-key` lose their values.
#[must_use]
pub fn redact_command<S: AsRef<str>>(command: &[S]) -> Vec<String> {
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
                && secret_variable(argument.trim_start_matches('-'));
            redact_argument(argument)
        })
        .collect()
}

/// One argument for records and screens: the value behind a secret name and `=` is replaced.
#[must_use]
pub fn redact_argument(argument: &str) -> String {
    match argument.split_once('=') {
        Some((name, _)) if secret_variable(name.trim_start_matches('-')) => {
            format!("{name}={REDACTED}")
        }
        _ => argument.to_owned(),
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
            assert!(secret_variable(name), "{name}");
        }
        for name in [
            "MONKEY",
            "PATH",
            "KEYBOARD",
            "SSH_AUTH_SOCK",
            "TOKENIZERS_PARALLELISM",
        ] {
            assert!(!secret_variable(name), "{name}");
        }
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
        let shown = redact_command(&command);
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
