//! What the operator has settled once: the user's `config.toml`, and `.pods.toml` of the project
//! that the working directory is in.
//!
//! A file that cannot be understood is an error that says where: a setting that is silently passed
//! over could be one that keeps a secret.

use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
};

use directories::BaseDirs;
use pod_protocol::SecretWords;
use serde::Deserialize;
use thiserror::Error;
use toml::{Table, Value};

use crate::screen::{Alerts, BindingError, KeyChanges, read_changes};

/// A project's file, looked for from the working directory upwards.
const PROJECT_FILE: &str = ".pods.toml";
/// Every key there is, with the table that it is in.
const KEYS: [&str; 4] = ["alerts", "keys", "redact", "redact.words"];

/// Every setting with its default, for a configuration file.
pub(crate) const DEFAULTS: &str = "\
# Settings of tui: ~/.config/pods/config.toml, or .pods.toml of a project.

# When a run that is watched ends, or a pod needs somebody: \"on\", \"off\", or
# \"unfocused\", which is only while the terminal does not have the focus.
alerts = \"unfocused\"

[keys]
# Other keys for a command, by screen: monitor, events, channels, chart,
# output, results, confirm, interrupt, picker, picker-stop, picker-name. The names of
# commands and keys are on the keys page; an empty list takes a key away.
# monitor.stop = [\"f8\", \"ctrl-x\"]

[redact]
# Words that make a variable's name secret, beside the built-in ones: its value
# is never written down.
words = []
";

/// All settings.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Config {
    alerts: Option<Alerts>,
    /// By screen and command.
    keys: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    redact: Redact,
}

/// What is kept out of records.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Redact {
    /// Words that make a variable's name secret, beside the built-in ones.
    words: Vec<String>,
}

/// Why a file of settings cannot be used.
#[derive(Debug, Error)]
pub(crate) enum ConfigError {
    /// It cannot be read.
    #[error("cannot read {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// It is not TOML, or a value has the wrong type.
    #[error("{path}: {}", source.message())]
    Parse {
        path: PathBuf,
        #[source]
        source: Box<toml::de::Error>,
    },
    /// It has a key that means nothing.
    #[error("{path}: unknown key {key}")]
    UnknownKey {
        path: PathBuf,
        key: String,
        /// The known one that is most like it.
        nearest: Option<&'static str>,
    },
    /// Keys that cannot be like that.
    #[error("{path}: {source}")]
    Keys {
        path: PathBuf,
        #[source]
        source: BindingError,
    },
}

impl Config {
    /// Reads what applies to somebody in the working directory.
    pub(crate) fn read() -> Result<Self, ConfigError> {
        let here = env::current_dir().unwrap_or_default();
        let project = here
            .ancestors()
            .map(|directory| directory.join(PROJECT_FILE))
            .find(|path| path.is_file());
        let files = [user_file(), project].into_iter().flatten();
        let mut config = Self::default();
        for path in files {
            config.extend(read_file(&path)?);
            // Each may be right by itself and both together wrong.
            config
                .key_changes()
                .map_err(|source| ConfigError::Keys { path, source })?;
        }
        Ok(config)
    }

    /// Takes the settings of a stronger file; what can only add to what is kept secret adds up.
    fn extend(&mut self, stronger: Self) {
        self.alerts = stronger.alerts.or(self.alerts);
        for (screen, commands) in stronger.keys {
            self.keys.entry(screen).or_default().extend(commands);
        }
        self.redact.words.extend(stronger.redact.words);
    }

    /// Which variables and arguments are kept out of records.
    pub(crate) fn secrets(&self) -> SecretWords {
        SecretWords::with(self.redact.words.clone())
    }

    /// When the terminal is told that something happened.
    pub(crate) fn alerts(&self) -> Alerts {
        self.alerts.unwrap_or_default()
    }

    /// The keys that are not as they come.
    pub(crate) fn key_changes(&self) -> Result<KeyChanges, BindingError> {
        read_changes(&self.keys)
    }
}

fn user_file() -> Option<PathBuf> {
    let named = env::var_os("PODS_CONFIG_DIR").filter(|named| !named.is_empty());
    let directory = named.map(PathBuf::from).or_else(|| {
        let base = BaseDirs::new()?;
        Some(base.config_dir().join("pods"))
    })?;
    Some(directory.join("config.toml"))
}

fn read_file(path: &Path) -> Result<Config, ConfigError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Config::default()),
        Err(source) => {
            let path = path.to_owned();
            return Err(ConfigError::Read { path, source });
        }
    };
    parse(path, &text)
}

fn parse(path: &Path, text: &str) -> Result<Config, ConfigError> {
    let failed = |source: toml::de::Error| ConfigError::Parse {
        path: path.to_owned(),
        source: Box::new(source),
    };
    let table: Table = text.parse().map_err(failed)?;
    if let Some(key) = unknown_key("", &table) {
        let nearest = KEYS
            .into_iter()
            .min_by_key(|known| strsim::levenshtein(known, &key));
        let path = path.to_owned();
        return Err(ConfigError::UnknownKey { path, key, nearest });
    }
    Value::Table(table).try_into().map_err(failed)
}

/// The first key of `table`, which is called `prefix`, that is not in the list.
fn unknown_key(prefix: &str, table: &Table) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let key = format!("{prefix}{key}");
        match value {
            _ if !KEYS.contains(&key.as_str()) => Some(key),
            // Its own names are checked against the screens.
            _ if key == "keys" => None,
            Value::Table(inner) => unknown_key(&format!("{key}."), inner),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, ConfigError> {
        parse(Path::new("config.toml"), text)
    }

    #[test]
    fn the_printed_defaults_name_every_key_and_change_nothing() {
        let config = read(DEFAULTS).expect("valid");
        assert!(config.redact.words.is_empty());
        for key in KEYS {
            let name = key.rsplit('.').next().expect("a name");
            assert!(DEFAULTS.contains(name), "{key}");
        }
    }

    #[test]
    fn the_stronger_file_decides_about_keys_and_alerts() {
        let weaker = "alerts = \"on\"\n[keys.monitor]\nstop = [\"f8\"]\nkill = [\"f9\"]";
        let mut config = read(weaker).expect("valid");
        config.extend(read("keys.monitor.stop = [\"f7\"]").expect("valid"));
        assert_eq!(config.alerts(), Alerts::On);
        let changes = config.key_changes().expect("valid");
        let keys = |name: &str| changes["monitor"][name][0].to_string();
        assert_eq!((keys("stop"), keys("kill")), ("f7".into(), "f9".into()));
        config.extend(read("keys.monitor.stop = [\"f9\"]").expect("valid by itself"));
        assert!(config.key_changes().is_err(), "f9 kills already");
    }

    #[test]
    fn words_add_up() {
        let mut config = read("[redact]\nwords = [\"DSN\"]").expect("valid");
        config.extend(read("redact.words = [\"COOKIE\"]").expect("valid"));
        assert!(config.secrets().are_in("SENTRY_DSN"));
        assert!(config.secrets().are_in("session-cookie"));
        assert!(config.secrets().are_in("API_KEY"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let check = |text: &str, words: &str| {
            let error = read(text).expect_err(text);
            let mut message = error.to_string();
            if let ConfigError::UnknownKey { nearest, .. } = error {
                message.push_str(&format!(" ({})", nearest.unwrap_or_default()));
            }
            assert!(message.contains(words), "{message}");
        };
        check(
            "[redact]\nword = []",
            "config.toml: unknown key redact.word (redact.words)",
        );
        check("redcat = 1", "unknown key redcat (redact)");
        check("[redact]\nwords = 3", "expected a sequence");
        check("[redact", "config.toml: ");
        assert!(read("").is_ok());
    }
}
