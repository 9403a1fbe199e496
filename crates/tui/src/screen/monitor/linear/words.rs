//! What can be typed: words for the monitor's commands, answers to its questions, and its keys.

use super::Linear;
use crate::screen::{
    keymap::{Chord, Keymap},
    monitor::{
        keys::Command,
        model::Overlay,
        tabs::output::terminal,
        update::{Effect, Msg},
    },
};

impl Linear {
    /// Takes a line that was typed.
    pub(super) fn obey(&mut self, line: &str) -> (Vec<String>, Vec<Effect>) {
        let word = line.trim();
        if self.model.overlay.is_none()
            && let Some(text) = line.trim_start().strip_prefix(TYPE)
            && (text.is_empty() || text.starts_with(' '))
        {
            return self.type_in(text.strip_prefix(' ').unwrap_or_default());
        }
        let keys = &self.model.keys;
        let chord = match self.model.overlay {
            Some(Overlay::Confirm(_)) => named(&keys.confirm, word),
            Some(Overlay::Interrupted { .. }) => named(&keys.interrupt, word),
            Some(Overlay::Help) | None => match word {
                "" => return (Vec::new(), Vec::new()),
                "status" => return (self.summary(), Vec::new()),
                "channels" => return (self.channels(), Vec::new()),
                "help" | "?" => return (self.help(), Vec::new()),
                "quit" | "exit" => keys.monitor.first_chord(Command::Leave),
                word => named(&keys.monitor, word).filter(|chord| !is_about_looks(self, *chord)),
            },
        };
        match chord {
            Some(chord) => self.change(Msg::Key(chord)),
            None => {
                let line = format!("no command is called {word}: help lists them");
                (
                    vec![pod_protocol::printable(&line).into_owned()],
                    Vec::new(),
                )
            }
        }
    }

    /// Types a line into the command.
    fn type_in(&self, text: &str) -> (Vec<String>, Vec<Effect>) {
        match terminal::update::type_line(&self.model, text) {
            Ok(effect) => (Vec::new(), vec![effect]),
            Err(why) => (vec![why.to_owned()], Vec::new()),
        }
    }

    /// The interrupt key.
    pub(super) fn interrupt(&mut self) -> (Vec<String>, Vec<Effect>) {
        self.change(Msg::Key(Chord::ctrl('c')))
    }

    fn channels(&self) -> Vec<String> {
        let series = &self.model.run.state.channels.series;
        if series.is_empty() {
            return vec!["no readings yet".to_owned()];
        }
        let line = |channel: &pod_protocol::Channel| {
            let unit = channel.unit.as_deref().unwrap_or_default();
            let (least, most) = channel.range;
            let text = format!(
                "{}: {} {unit}, from {least} to {most}",
                channel.name,
                channel.last()
            );
            pod_protocol::printable(&text).into_owned()
        };
        series.iter().map(line).collect()
    }

    fn help(&self) -> Vec<String> {
        let mut lines = vec![
            "status: how the run is".to_owned(),
            "channels: the last readings".to_owned(),
            "type TEXT: type a line into the command".to_owned(),
            "quit: leave; the run goes on".to_owned(),
        ];
        let bindings = self.model.keys.monitor.0.iter();
        let about_run = bindings.filter(|binding| !LOOKS.contains(&binding.name));
        lines.extend(about_run.map(|binding| format!("{}: {}", binding.name, binding.long)));
        lines
    }
}

/// What comes before a line for the command.
const TYPE: &str = "type";

/// Commands that only change what a screen shows.
const LOOKS: [&str; 15] = [
    "next-tab",
    "previous-tab",
    "events",
    "channels",
    "output",
    "results",
    "info",
    "up",
    "down",
    "page-up",
    "page-down",
    "first",
    "last",
    "help",
    "repaint",
];

fn is_about_looks(linear: &Linear, chord: Chord) -> bool {
    let bindings = &linear.model.keys.monitor.0;
    let found = bindings.iter().find(|b| b.chords.contains(&chord));
    found.is_none_or(|binding| LOOKS.contains(&binding.name))
}

/// The key of the command that is called `word`, or `word` itself if it is a key of the keymap.
fn named<C: Copy + PartialEq>(keymap: &Keymap<C>, word: &str) -> Option<Chord> {
    let by_name = keymap.0.iter().find(|binding| binding.name == word);
    if let Some(binding) = by_name {
        return binding.chords.first().copied();
    }
    let chord: Chord = word.parse().ok()?;
    keymap.command(chord).map(|_| chord)
}
