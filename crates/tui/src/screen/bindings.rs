//! Keys as the operator's configuration has them: which contexts there are, and what may be changed.
//!
//! A change gives a command other keys. It is checked as a whole before any screen opens: a key that
//! means two things in one context, or a name that means nothing, is an error with a way out.

use std::collections::BTreeMap;

use thiserror::Error;

use super::{
    keymap::{Chord, Keymap, ParseChordError},
    monitor::{
        keys::{confirm_keymap, interrupt_keymap, monitor_keymap},
        tabs::{channels, events, filter_keys, output, results},
    },
    picker::keys::{naming_keymap, picker_keymap, stop_keymap},
};

/// Other keys for commands, by context and name.
pub(crate) type KeyChanges = BTreeMap<String, BTreeMap<String, Vec<Chord>>>;

/// Why keys cannot be as the configuration has them.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum BindingError {
    /// There is no such context.
    #[error("no screen is called {context}")]
    UnknownContext {
        /// What was written.
        context: String,
        /// The name that is most like it.
        nearest: &'static str,
    },
    /// There is no such command in it.
    #[error("keys.{context} has no command {name}")]
    UnknownCommand {
        /// The context.
        context: &'static str,
        /// What was written.
        name: String,
        /// The name that is most like it.
        nearest: &'static str,
    },
    /// Something that is no key.
    #[error("keys.{context}.{name}: {source}")]
    NoKey {
        /// The context.
        context: String,
        /// The command.
        name: String,
        /// What is wrong with it.
        #[source]
        source: ParseChordError,
    },
    /// One key for two commands.
    #[error("keys.{context}: {chord} would mean both {first} and {second}")]
    Ambiguous {
        /// The context.
        context: &'static str,
        /// The key.
        chord: String,
        /// A command that has it.
        first: &'static str,
        /// Another one.
        second: &'static str,
    },
    /// A key that would insert a character, where text is typed.
    #[error("keys.{context}.{name}: {chord} is typed into a field there")]
    Typed {
        /// The context.
        context: &'static str,
        /// The command.
        name: String,
        /// The key.
        chord: String,
    },
}

impl BindingError {
    /// What was probably meant.
    pub(crate) const fn nearest(&self) -> Option<&'static str> {
        match self {
            Self::UnknownContext { nearest, .. } | Self::UnknownCommand { nearest, .. } => {
                Some(nearest)
            }
            _ => None,
        }
    }
}

/// What a context's keys are typed beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    /// Nothing.
    Nothing,
    /// The monitor's common keys.
    CommonKeys,
    /// A text field, which gets every character.
    Text,
}

/// A context without the type of its commands: names and keys.
struct Context {
    name: &'static str,
    beside: Beside,
    bindings: Vec<(&'static str, Vec<Chord>)>,
}

impl Context {
    fn of<C: Copy + PartialEq>(name: &'static str, beside: Beside, keymap: &Keymap<C>) -> Self {
        let bindings = keymap.0.iter();
        Self {
            name,
            beside,
            bindings: bindings
                .map(|binding| (binding.name, binding.chords.clone()))
                .collect(),
        }
    }

    fn change(&mut self, changes: &BTreeMap<String, Vec<Chord>>) -> Result<(), BindingError> {
        for (name, chords) in changes {
            let Some(binding) = self.bindings.iter_mut().find(|(known, _)| known == name) else {
                return Err(BindingError::UnknownCommand {
                    context: self.name,
                    name: name.clone(),
                    nearest: nearest(name, self.bindings.iter().map(|(known, _)| *known)),
                });
            };
            let typed = chords.iter().find(|chord| chord.is_text());
            if let (Beside::Text, Some(chord)) = (self.beside, typed) {
                return Err(BindingError::Typed {
                    context: self.name,
                    name: name.clone(),
                    chord: chord.to_string(),
                });
            }
            binding.1.clone_from(chords);
        }
        Ok(())
    }

    /// Checks that none of its keys means two things, also among the `common` ones.
    fn check(&self, common: &Self) -> Result<(), BindingError> {
        let common: &[_] = match self.beside {
            Beside::CommonKeys => &common.bindings,
            Beside::Nothing | Beside::Text => &[],
        };
        let mut taken: Vec<(Chord, &'static str)> = Vec::new();
        for (name, chords) in common.iter().chain(&self.bindings) {
            for chord in chords {
                if let Some((_, first)) = taken.iter().find(|(known, _)| known == chord) {
                    return Err(BindingError::Ambiguous {
                        context: self.name,
                        chord: chord.to_string(),
                        first,
                        second: name,
                    });
                }
                taken.push((*chord, name));
            }
        }
        Ok(())
    }
}

fn contexts() -> Vec<Context> {
    use Beside::{CommonKeys, Nothing, Text};
    vec![
        Context::of("monitor", Nothing, &monitor_keymap()),
        Context::of("events", CommonKeys, &events::keys::keymap()),
        Context::of("events-filtered", Nothing, &filter_keys::filtered_keymap()),
        Context::of("events-field", Text, &filter_keys::field_keymap()),
        Context::of("events-kinds", Nothing, &events::keys::kinds_keymap()),
        Context::of("channels", CommonKeys, &channels::keys::keymap()),
        Context::of(
            "channels-filtered",
            Nothing,
            &filter_keys::filtered_keymap(),
        ),
        Context::of("chart", Nothing, &channels::keys::chart_keymap()),
        Context::of("output", CommonKeys, &output::keys::keymap()),
        Context::of("results", CommonKeys, &results::keys::keymap()),
        Context::of("typing", Text, &output::terminal::keys::typing_keymap()),
        Context::of("results-filtered", Nothing, &filter_keys::filtered_keymap()),
        Context::of("results-field", Text, &filter_keys::field_keymap()),
        Context::of("confirm", Nothing, &confirm_keymap()),
        Context::of("interrupt", Nothing, &interrupt_keymap()),
        Context::of("picker", Text, &picker_keymap()),
        Context::of("picker-stop", Nothing, &stop_keymap()),
        Context::of("picker-name", Text, &naming_keymap()),
    ]
}

fn nearest(word: &str, known: impl Iterator<Item = &'static str>) -> &'static str {
    known
        .min_by_key(|known| strsim::levenshtein(known, word))
        .unwrap_or_default()
}

/// Reads changes as they stand in a configuration file, and checks them against all there is.
///
/// # Errors
/// When a name or a key means nothing, or a key means two things.
pub(crate) fn read_changes(
    written: &BTreeMap<String, BTreeMap<String, Vec<String>>>,
) -> Result<KeyChanges, BindingError> {
    let mut changes = KeyChanges::new();
    for (context, commands) in written {
        for (name, keys) in commands {
            let chords: Result<Vec<Chord>, _> = keys.iter().map(|key| key.parse()).collect();
            let chords = chords.map_err(|source| BindingError::NoKey {
                context: context.clone(),
                name: name.clone(),
                source,
            })?;
            let commands = changes.entry(context.clone()).or_default();
            commands.insert(name.clone(), chords);
        }
    }
    check(&changes)?;
    Ok(changes)
}

fn check(changes: &KeyChanges) -> Result<(), BindingError> {
    let mut contexts = contexts();
    for (name, changes) in changes {
        let Some(context) = contexts.iter_mut().find(|context| context.name == name) else {
            return Err(BindingError::UnknownContext {
                context: name.clone(),
                nearest: nearest(name, contexts.iter().map(|context| context.name)),
            });
        };
        context.change(changes)?;
    }
    let Some(common) = contexts.first() else {
        return Ok(());
    };
    contexts
        .iter()
        .try_for_each(|context| context.check(common))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(context: &str, name: &str, keys: &[&str]) -> Result<KeyChanges, BindingError> {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        let commands = BTreeMap::from([(name.to_owned(), keys)]);
        read_changes(&BTreeMap::from([(context.to_owned(), commands)]))
    }

    #[test]
    fn the_keys_as_they_come_are_unambiguous() {
        assert_eq!(read_changes(&BTreeMap::new()), Ok(KeyChanges::new()));
    }

    #[test]
    fn a_command_gets_other_keys() {
        let changes = read("monitor", "stop", &["ctrl-x", "f8"]).expect("valid");
        let keymap = monitor_keymap().changed("monitor", &changes);
        let stop = crate::screen::monitor::keys::Command::Stop;
        assert_eq!(keymap.key_of(stop), "ctrl-x");
        assert_eq!(keymap.command("s".parse().expect("a key")), None);
        assert_eq!(keymap.command("f8".parse().expect("a key")), Some(stop));
        let none = read("monitor", "kill", &[]).expect("a key may be taken away");
        let keymap = monitor_keymap().changed("monitor", &none);
        assert_eq!(keymap.command("K".parse().expect("a key")), None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let check = |context, name, keys: &[&str], words: &str, meant| {
            let error = read(context, name, keys).expect_err(words);
            assert_eq!(error.to_string(), words);
            assert_eq!(error.nearest(), meant);
        };
        let both = "keys.monitor: q would mean both stop and leave";
        check("monitor", "stop", &["q"], both, None);
        let both = "keys.events: enter would mean both stop and expand";
        check("monitor", "stop", &["enter"], both, None);
        let unknown = "no screen is called monitr";
        check("monitr", "stop", &["x"], unknown, Some("monitor"));
        let unknown = "keys.monitor has no command stpo";
        check("monitor", "stpo", &["x"], unknown, Some("stop"));
        let no_key = "keys.monitor.stop: ctl-x is no key";
        check("monitor", "stop", &["ctl-x"], no_key, None);
        let typed = "keys.picker.pin: p is typed into a field there";
        check("picker", "pin", &["p"], typed, None);
    }
}
