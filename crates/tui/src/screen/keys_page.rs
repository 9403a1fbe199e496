//! Holds `docs/keys.md` to the keymaps. The page is what the keymaps say, so it is never edited.

use std::{env, fmt::Write, fs, path::Path};

use super::{
    keymap::{Binding, Chord, Keymap},
    monitor::{
        keys::{confirm_keymap, interrupt_keymap, monitor_keymap},
        tabs::{channels, events, filter_keys, output, results},
    },
    picker::keys::{naming_keymap, picker_keymap, stop_keymap as picker_stop_keymap},
};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/keys.md");
/// Set to write the page anew.
const UPDATE: &str = "UPDATE_KEYS_PAGE";

const OPENING: &str = "\
# Keys

Generated from the keymaps in `crates/tui/src/screen`; a test of `tui` fails when this page differs.
Write it anew with `UPDATE_KEYS_PAGE=1 cargo test -p tui keys_page`.

The last line of every screen names the keys that work just then, and `?` in the monitor shows all
of them. A key that cannot do anything now says why.

Every key can be changed in `config.toml` (`~/.config/pods/`, or `$PODS_CONFIG_DIR`) or in the
`.pods.toml` of a project, by the name above each table and the name of the command in its last
column: `keys.monitor.stop = [\"f8\", \"ctrl-x\"]`. An empty list takes a key away. A key that would mean
two things is refused.
";

/// A section of the page: its title, the name of the keymap, what is to be known, and the keys.
type Section = (&'static str, &'static str, &'static str, Vec<Line>);
/// Keys, what they do, and the name of the command.
type Line = (String, &'static str, &'static str);

const OWN: &str = "Beside the keys above.";

fn picker() -> [Section; 3] {
    let typed =
        "Whatever else is typed goes into the filter, which is edited like a line of a shell.";
    [
        ("Picker: `tui -r`", "picker", typed, lines(&picker_keymap())),
        (
            "Picker, asked whether to stop a run",
            "picker-stop",
            "",
            lines(&picker_stop_keymap()),
        ),
        (
            "Picker, typing a name",
            "picker-name",
            "",
            lines(&naming_keymap()),
        ),
    ]
}

fn monitor() -> [Section; 3] {
    let note = "`ctrl-c` asks only where the run was launched from this terminal and still goes on; \
                elsewhere it leaves.";
    [
        (
            "Monitor: `tui run`, `tui attach`",
            "monitor",
            note,
            lines(&monitor_keymap()),
        ),
        (
            "Monitor, asked whether to stop, cancel or kill the run",
            "confirm",
            "",
            lines(&confirm_keymap()),
        ),
        (
            "Monitor, after `ctrl-c` on a run launched from here",
            "interrupt",
            "",
            lines(&interrupt_keymap()),
        ),
    ]
}

fn tabs() -> Vec<Section> {
    [events_tab(), channels_tab(), output_tab(), results_tab()].concat()
}

fn events_tab() -> Vec<Section> {
    vec![
        (
            "Monitor, Events",
            "events",
            OWN,
            lines(&events::keys::keymap()),
        ),
        (
            "Monitor, Events, with a filter on",
            "events-filtered",
            "Before the keys above.",
            lines(&filter_keys::filtered_keymap()),
        ),
        (
            "Monitor, Events, typing a filter",
            "events-field",
            "",
            lines(&filter_keys::field_keymap()),
        ),
        (
            "Monitor, Events, choosing a kind",
            "events-kinds",
            "",
            lines(&events::keys::kinds_keymap()),
        ),
    ]
}

fn channels_tab() -> Vec<Section> {
    vec![
        (
            "Monitor, Channels",
            "channels",
            OWN,
            lines(&channels::keys::keymap()),
        ),
        (
            "Monitor, Channels, with a filter on",
            "channels-filtered",
            "Before the keys above.",
            lines(&filter_keys::filtered_keymap()),
        ),
        (
            "Monitor, a chart",
            "chart",
            "They go before the keys above; `home` and `end` are the beginning and the live end.",
            lines(&channels::keys::chart_keymap()),
        ),
    ]
}

fn output_tab() -> Vec<Section> {
    vec![
        (
            "Monitor, Output",
            "output",
            OWN,
            lines(&output::keys::keymap()),
        ),
        (
            "Monitor, typing into the command",
            "typing",
            "Every other key goes to the command.",
            lines(&output::terminal::keys::typing_keymap()),
        ),
    ]
}

fn results_tab() -> Vec<Section> {
    vec![
        (
            "Monitor, Results",
            "results",
            OWN,
            lines(&results::keys::keymap()),
        ),
        (
            "Monitor, Results, with a filter on",
            "results-filtered",
            "Before the keys above.",
            lines(&filter_keys::filtered_keymap()),
        ),
        (
            "Monitor, Results, typing a filter",
            "results-field",
            "",
            lines(&filter_keys::field_keymap()),
        ),
    ]
}

fn page() -> String {
    let mut page = OPENING.to_owned();
    let sections = picker().into_iter().chain(monitor()).chain(tabs());
    for section in sections {
        write(&mut page, section);
    }
    page
}

fn lines<C>(keymap: &Keymap<C>) -> Vec<Line> {
    let keys = |chords: &[Chord]| {
        let keys: Vec<String> = chords.iter().map(|chord| format!("`{chord}`")).collect();
        keys.join(" ")
    };
    let line = |binding: &Binding<C>| (keys(&binding.chords), binding.long, binding.name);
    keymap.0.iter().map(line).collect()
}

fn write(page: &mut String, (title, name, note, lines): Section) {
    write!(page, "\n## {title}\n\n").expect("writing to a String cannot fail");
    if !note.is_empty() {
        write!(page, "{note}\n\n").expect("writing to a String cannot fail");
    }
    writeln!(page, "`keys.{name}`\n").expect("writing to a String cannot fail");
    page.push_str("| key | does | name |\n|---|---|---|\n");
    for (keys, does, name) in lines {
        writeln!(page, "| {keys} | {does} | `{name}` |").expect("writing to a String cannot fail");
    }
}

#[test]
fn the_page_says_what_the_keymaps_say() {
    let expected = page();
    let path = Path::new(PAGE);
    if env::var_os(UPDATE).is_some_and(|value| !value.is_empty()) {
        fs::write(path, &expected).expect("docs/ can be written");
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/keys.md differs from the keymaps; write it anew with \
         {UPDATE}=1 cargo test -p tui keys_page"
    );
}
