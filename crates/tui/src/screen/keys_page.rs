//! Holds `docs/keys.md` to the keymaps. The page is what the keymaps say, so it is never edited.

use std::{env, fmt::Write, fs, path::Path};

use super::{
    keymap::Keymap,
    monitor::{
        keys::{confirm_keymap, interrupt_keymap, monitor_keymap},
        tabs::{channels, events, output, results},
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
";

fn page() -> String {
    let mut page = OPENING.to_owned();
    let picker =
        "Whatever else is typed goes into the filter, which is edited like a line of a shell.";
    section(
        &mut page,
        "Picker: `tui -r`",
        "picker",
        picker,
        &picker_keymap(),
    );
    section(
        &mut page,
        "Picker, asked whether to stop a run",
        "picker-stop",
        "",
        &picker_stop_keymap(),
    );
    section(
        &mut page,
        "Picker, typing a name",
        "picker-name",
        "",
        &naming_keymap(),
    );
    let monitor = "`ctrl-c` asks only where the run was launched from this terminal and still goes on; \
                   elsewhere it leaves.";
    section(
        &mut page,
        "Monitor: `tui run`, `tui attach`",
        "monitor",
        monitor,
        &monitor_keymap(),
    );
    let own = "Beside the keys above.";
    section(
        &mut page,
        "Monitor, Events",
        "events",
        own,
        &events::keys::keymap(),
    );
    section(
        &mut page,
        "Monitor, Events, with a filter on",
        "events-filtered",
        "Before the keys above.",
        &events::keys::filtered_keymap(),
    );
    section(
        &mut page,
        "Monitor, Events, typing a filter",
        "events-field",
        "",
        &events::keys::field_keymap(),
    );
    section(
        &mut page,
        "Monitor, Events, choosing a kind",
        "events-kinds",
        "",
        &events::keys::kinds_keymap(),
    );
    section(
        &mut page,
        "Monitor, Channels",
        "channels",
        own,
        &channels::keys::keymap(),
    );
    section(
        &mut page,
        "Monitor, a chart",
        "chart",
        "They go before the keys above; `home` and `end` are the beginning and the live end.",
        &channels::keys::chart_keymap(),
    );
    section(
        &mut page,
        "Monitor, Output",
        "output",
        own,
        &output::keys::keymap(),
    );
    section(
        &mut page,
        "Monitor, typing into the command",
        "typing",
        "Every other key goes to the command.",
        &output::terminal::keys::typing_keymap(),
    );
    section(
        &mut page,
        "Monitor, Results",
        "results",
        own,
        &results::keys::keymap(),
    );
    section(
        &mut page,
        "Monitor, Results, with a filter on",
        "results-filtered",
        "Before the keys above.",
        &results::keys::filtered_keymap(),
    );
    section(
        &mut page,
        "Monitor, Results, typing a filter",
        "results-field",
        "",
        &results::keys::field_keymap(),
    );
    section(
        &mut page,
        "Monitor, asked whether to stop, cancel or kill the run",
        "confirm",
        "",
        &confirm_keymap(),
    );
    section(
        &mut page,
        "Monitor, after `ctrl-c` on a run launched from here",
        "interrupt",
        "",
        &interrupt_keymap(),
    );
    page
}

fn section<C>(page: &mut String, title: &str, name: &str, note: &str, keymap: &Keymap<C>) {
    if keymap.0.is_empty() {
        return;
    }
    write!(page, "\n## {title}\n\n").expect("writing to a String cannot fail");
    if !note.is_empty() {
        write!(page, "{note}\n\n").expect("writing to a String cannot fail");
    }
    writeln!(page, "`keys.{name}`\n").expect("writing to a String cannot fail");
    page.push_str("| key | does | name |\n|---|---|---|\n");
    for binding in &keymap.0 {
        let keys: Vec<String> = binding
            .chords
            .iter()
            .map(|chord| format!("`{chord}`"))
            .collect();
        writeln!(
            page,
            "| {} | {} | `{}` |",
            keys.join(" "),
            binding.long,
            binding.name
        )
        .expect("writing to a String cannot fail");
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
