//! A run that has every kind of record, in every tab of the monitor, at three sizes: while it goes on
//! and after its end.

use std::fs;

use vt100::{Color, Screen};

use crate::support::{Gate, Pods, Pty};

const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/end_to_end/support/every_kind.sh"
);
/// Rows and columns.
const SIZES: [(u16, u16); 3] = [(12, 40), (24, 80), (40, 120)];
const ESC: &str = "\x1b";
/// Of the palette of the terminal.
const RED: u8 = 1;
const GREEN: u8 = 2;
/// What a trend is drawn with.
const BARS: &str = "▁▂▃▄▅▆▇█";
/// How many bars of the narrowest trend there are, once the run has taken a second.
const BARS_MIN: usize = 6;

/// A run that was stopped and resumed, has written everything, and waits for the second gate.
fn run(pods: &Pods) -> Gate {
    let (mut trouble, end) = (pods.gate("trouble"), pods.gate("end"));
    let script = format!(
        r#"if [ "$POD_RESUME" != 1 ]; then echo begun; read go < {0}; fi
        echo trouble >&2
        read go < {0}
        echo 'not json' >> "$POD_EVENTS"
        echo '{{"kind":"run.closed","outcome":"passed"}}' >> "$POD_EVENTS"
        sh {SCRIPT} 50 0.02
        read go < {1}"#,
        trouble.path(),
        end.path(),
    );
    fs::write(pods.root().join("kinds.sh"), script).expect("written");
    let first = pods.launch_with(&[
        "--pipe",
        "--planned",
        "50",
        "--name",
        "kinds",
        "--",
        "sh",
        "kinds.sh",
    ]);
    pods.wait_for_output(&first, "begun\n".len() as u64);
    pods.text(&["stop", "kinds"]);
    let second = pods.json(&["resume", "-d", "--json", "kinds"]);
    let second = serde_json::from_value(second).expect("what a launch prints");
    // Only when it has been read has the line a stream of its own.
    pods.wait_for_output(&second, "trouble\n".len() as u64);
    trouble.open();
    end
}

/// Waits until some row has all of `words`.
#[track_caller]
fn wait_for_row(monitor: &Pty, words: &[&str]) {
    monitor.wait_for(&format!("row with {words:?}"), |screen| {
        row_of(screen, words).is_some()
    });
}

fn row_of(screen: &Screen, words: &[&str]) -> Option<u16> {
    let text = screen.contents();
    let has_all = |row: &str| words.iter().all(|word| row.contains(word));
    let row = text.lines().position(has_all)?;
    u16::try_from(row).ok()
}

/// Waits until the first cell with `glyph`, in a row with all of `words`, has a colour.
#[track_caller]
fn wait_for_tone(monitor: &Pty, glyph: &str, words: &[&str], colour: u8) {
    monitor.wait_for(&format!("{glyph} in {colour} at {words:?}"), |screen| {
        let Some(row) = row_of(screen, &[words, &[glyph]].concat()) else {
            return false;
        };
        let columns = screen.size().1.get();
        let mut cells = (0..columns).filter_map(|column| screen.cell(row, column));
        let cell = cells.find(|cell| cell.contents() == glyph);
        let tone = cell.map(vt100::Cell::fgcolor);
        tone == Some(Color::Idx(colour)) || tone == Some(Color::Idx(colour + 8))
    });
}

/// Presses escape and waits until `gone` is: what is typed right behind it would be one key with it.
#[track_caller]
fn escape(monitor: &Pty, gone: &str) {
    monitor.send(ESC);
    monitor.wait_for(&format!("end of {gone:?}"), |screen| {
        !screen.contents().contains(gone)
    });
}

#[track_caller]
fn events(monitor: &Pty, ended: bool) {
    monitor.send("1G");
    match ended {
        false => wait_for_row(monitor, &["artifact", "missing: out/neve"]),
        true => wait_for_row(monitor, &["✓", "run.closed", "passed"]),
    }
    monitor.send("g");
    for kind in ["segment.started", "child.started", "stop.requested"] {
        wait_for_row(monitor, &[kind]);
    }
    wait_for_row(monitor, &["!", "signal.sent", "SIGINT"]);
    monitor.send("/kind:log\r");
    monitor.wait_for_text("filtered: kind:log · 6 shown");
    monitor.send("g");
    wait_for_row(monitor, &["!", "log", "the kind run.closed be"]);
    monitor.send("G");
    wait_for_tone(monitor, "✗", &["log", "cannot write the cache"], RED);
    escape(monitor, "filtered");
    monitor.send("/kind:item.finished\r");
    monitor.wait_for_text("item.finished · 51");
    monitor.send("G");
    wait_for_tone(monitor, "✓", &["item.finished", "step-3 passe"], GREEN);
    escape(monitor, "filtered");
    monitor.send("f");
    monitor.wait_for_text("filtered: bad · 11 shown");
    escape(monitor, "filtered");
}

#[track_caller]
fn channels(monitor: &Pty, ended: bool) {
    monitor.send("2");
    wait_for_row(monitor, &["temperature", "41.50 °C"]);
    wait_for_row(monitor, &["checkpoints", "2"]);
    wait_for_row(monitor, &["lr", "0.003000"]);
    monitor.wait_for("trend", |screen| {
        let row = row_of(screen, &["loss", "0.02000 nat"]);
        let text = screen.contents();
        let row = row.and_then(|row| text.lines().nth(usize::from(row)));
        row.is_some_and(|row| row.chars().filter(|c| BARS.contains(*c)).count() >= BARS_MIN)
    });
    if ended && monitor.with_screen(|screen| screen.size().1.get()) >= 80 {
        wait_for_row(monitor, &["loss", "closed", "0.02000–1"]);
    }
    monitor.send("\r");
    monitor.wait_for_text("0.02–1  50 readings");
    monitor.wait_for("a line beside the scale", |screen| {
        let contents = screen.contents();
        let mut rows = contents.lines().filter(|row| row.contains('┤'));
        rows.any(|row| row.contains(|cell| ('\u{2801}'..='\u{28ff}').contains(&cell)))
    });
    escape(monitor, "50 readings");
    wait_for_row(monitor, &["temperature", "41.50 °C"]);
}

#[track_caller]
fn output(monitor: &Pty) {
    monitor.send("3G");
    wait_for_row(monitor, &["done"]);
    wait_for_row(monitor, &["step 50 of 50"]);
    monitor.with_screen(|screen| {
        let rows = screen.contents();
        assert!(!rows.contains("step 49"), "not its last state:\n{rows}");
    });
    monitor.send("g");
    wait_for_row(monitor, &[" begun"]);
    wait_for_row(monitor, &["▌trouble"]);
}

#[track_caller]
fn results(monitor: &Pty) {
    monitor.send("4");
    monitor.wait_for_text("4 failed · 5 errored · 5 skipped");
    monitor.wait_for("failures first", |screen| {
        let counts = row_of(screen, &["4 failed · 5 errored"]);
        let first = counts.map(|row| row + 1);
        first.is_some() && row_of(screen, &["✗", "failed", "step-13", "1.7s"]) == first
    });
    monitor.send("n");
    wait_for_row(monitor, &["name", "epochs", "loss"]);
    let rows_from = |first: &str, next: &str| {
        monitor.wait_for(&format!("{first} before {next}"), |screen| {
            let heading = row_of(screen, &["name", "epochs"]);
            let row = |name: &str| row_of(screen, &[&format!(" {name} ")]);
            heading.is_some_and(|heading| {
                row(first) == Some(heading + 1) && row(next) == Some(heading + 2)
            })
        });
    };
    monitor.send("\x1b[Co");
    rows_from("step-50", "step-49");
    monitor.send("o");
    rows_from("step-1", "step-2");
    // As it was, for the next visit.
    monitor.send("o\x1b[D");
    monitor.send("n");
    wait_for_row(monitor, &["parameters", "12345678", "–"]);
    wait_for_row(monitor, &["accuracy", "0.98"]);
    monitor.send("n");
    wait_for_row(monitor, &["out/model.bin"]);
    monitor.send("NNN");
    monitor.wait_for_text("4 failed · 5 errored · 5 skipped");
}

#[track_caller]
fn info(monitor: &Pty, ended: bool) {
    monitor.send("5g");
    wait_for_row(monitor, &["pod", "kinds"]);
    wait_for_row(monitor, &["session", "-"]);
    let rows = monitor.with_screen(|screen| screen.size().0.get());
    if ended && rows > 12 {
        wait_for_row(monitor, &["items", "50 of 50 done"]);
        wait_for_row(monitor, &["ended", "exit 0"]);
        wait_for_row(monitor, &["rerun", "tui rerun kinds"]);
    } else if rows > 12 {
        wait_for_row(monitor, &["process", "pid"]);
    }
}

#[track_caller]
fn visit(monitor: &Pty, ended: bool) {
    events(monitor, ended);
    channels(monitor, ended);
    output(monitor);
    results(monitor);
    info(monitor, ended);
}

#[test]
fn every_kind_of_record_is_shown_at_three_sizes() {
    let pods = Pods::new();
    let mut end = run(&pods);
    let open = |size| pods.terminal_at(&["attach", "kinds"], size);
    let monitors = SIZES.map(open);
    for monitor in &monitors {
        wait_for_row(monitor, &["kinds", "● RUNNING"]);
        wait_for_row(monitor, &["100%", "epoch 50/50"]);
        monitor.wait_for_text("resumed 1×");
        monitor.wait_for_text("● connected");
        visit(monitor, false);
    }
    end.open();
    for monitor in &monitors {
        wait_for_row(monitor, &["kinds", "✓ PASSED"]);
        monitor.wait_for_text("■ ended");
        monitor.send("1G");
        monitor.wait_for_text("press 4 for results");
        wait_for_row(monitor, &["✓ passed after"]);
        visit(monitor, true);
        monitor.send("q");
    }
    // The same from the files alone.
    for mut monitor in SIZES.map(open) {
        wait_for_row(&monitor, &["kinds", "✓ PASSED"]);
        visit(&monitor, true);
        monitor.send("q");
        assert_eq!(monitor.wait_for_exit(), 0);
    }
}

#[test]
fn the_run_has_every_kind_that_there_is_without_trouble() {
    let pods = Pods::new();
    let mut end = run(&pods);
    end.open();
    assert_eq!(pods.run(&["wait", "kinds"]).code, 0);
    let events = pods.events("kinds");
    let has = |kind: &str| events.iter().any(|event| event["kind"] == kind);
    let kinds = [
        "segment.started segment.resumed child.started child.exited segment.ended run.closed",
        "stop.requested signal.sent activity step progress item.started item.finished log",
        "channel table.row artifact model.fitted solver.custom.event",
    ];
    for kind in kinds.iter().flat_map(|line| line.split(' ')) {
        assert!(has(kind), "no {kind}");
    }
}
