//! What a run prints and says reaches the operator's terminal as printable text and as nothing else:
//! checked on every byte that a viewer writes.

use std::fs;

use vte::{Params, Parser, Perform};

use crate::support::{Pods, Pty};

/// Stands where a control sequence of the run would have to be.
const MARK: &str = "EVIL";
const TABS: [&str; 5] = ["1", "2", "3", "4", "5"];

/// What drives terminals, by the look of it.
const SEQUENCES: &[&str] = &[
    // Titles, icons, working directory, clipboard, notifications, links, palette.
    "\x1b]0;EVIL\x07",
    "\x1b]1;EVIL\x1b\\",
    "\x1b]2;EVIL\x07",
    "\x1b]7;file://EVIL/\x07",
    "\x1b]52;c;RVZJTA==\x07",
    "\x1b]52;c;?\x07",
    "\x1b]9;EVIL\x07",
    "\x1b]777;notify;EVIL;EVIL\x07",
    "\x1b]8;;http://EVIL/\x07link\x1b]8;;\x07",
    "\x1b]4;1;rgb:ff/00/00\x07",
    "\x1b]104\x07",
    "\x1b]10;?\x07",
    "\x1b]11;?\x1b\\",
    "\x1b]1337;File=inline=1:RVZJTA==\x07",
    // Queries.
    "\x1b[c",
    "\x1b[>c",
    "\x1b[=c",
    "\x1b[5n",
    "\x1b[6n",
    "\x1b[?6n",
    "\x1b[18t",
    "\x1b[14t",
    "\x1b[21t",
    "\x1b[?1$p",
    "\x1bZ",
    "\x05",
    "\x1b[>q",
    "\x1b[?u",
    "\x1bP+q544e\x1b\\",
    "\x1bP$qm\x1b\\",
    // Modes, resets, screens, character sets, printing.
    "\x1bc",
    "\x1b[!p",
    "\x1b[?1000h",
    "\x1b[?1003h",
    "\x1b[?1006h",
    "\x1b[?2004h",
    "\x1b[?1004h",
    "\x1b[?25l",
    "\x1b[?5h",
    "\x1b[?7l",
    "\x1b[?69h",
    "\x1b[20h",
    "\x1b[4h",
    "\x1b[2;3r",
    "\x1b[3;3s",
    "\x1b(0",
    "\x1b)0",
    "\x0e",
    "\x1b#8",
    "\x1b[5i",
    "\x1b[4i",
    "\x1b[?5i",
    "\x1b[>4;2m",
    "\x1b[=1u",
    "\x1b[8;10;10t",
    "\x1b[2t",
    "\x1b[9;1t",
    "\x1b[?47h",
    "\x1b[?47l",
    "\x1b[?1049l",
    "\x1b7",
    "\x1b8",
    "\x1b=",
    "\x1b>",
    "\x1b[99999999b",
    "\x1b[99999999@",
    "\x1b[99999999L",
    "\x1b[99999999C",
    "\x1b[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1m",
    "\x1b[38;5;300m",
    "\x1b[38;2;1m",
    "\x1b[48:2::1:2:3m",
    // Strings that begin and do not end.
    "\x1bPq EVIL",
    "\x18",
    "\x1b_EVIL",
    "\x1a",
    "\x1b^EVIL",
    "\x1b\\",
    "\x1bXEVIL\x1b\\",
    "\x1b]0;EVIL",
];

/// Everything that drives terminals, in the worst order: each piece ends with the beginning of
/// something that would swallow the next.
fn hostile() -> Vec<u8> {
    let mut bytes = Vec::new();
    for control in (0..0x20_u8).chain([0x7f]).chain(0x80..=0xa0) {
        bytes.extend([b'<', control, b'>']);
    }
    // C1 controls as UTF-8, and both kinds of broken UTF-8.
    bytes.extend("\u{80}\u{85}\u{90}\u{9b}31mEVIL\u{9c}\u{9d}0;EVIL\u{9c}".bytes());
    bytes.extend(b"\xff\xfe\xc0\xaf\xed\xa0\x80\xf5\x80\x80\x80 cut \xe2\x82\n");
    // Bidirectional overrides, zero-width and tag characters.
    bytes.extend("\u{202e}\u{2066}\u{200b}\u{feff}\u{e0041}\u{2028}\u{61c}\n".bytes());
    for sequence in SEQUENCES {
        bytes.extend(sequence.bytes());
        bytes.extend(b".\n");
    }
    // The last of them is left open for 100 KiB, longer than anybody should wait for its end.
    bytes.extend(vec![b'x'; 100 * 1024]);
    bytes.extend(b"\x07\x1b[0m\n");
    bytes
}

/// What may be written to the operator's terminal.
#[derive(Default)]
struct Judge {
    wrong: Vec<String>,
}

impl Perform for Judge {
    fn print(&mut self, c: char) {
        let hidden = ['\u{200b}', '\u{feff}', '\u{61c}', '\u{2028}', '\u{e0041}'];
        let turns = '\u{202a}'..='\u{202e}';
        let isolates = '\u{2066}'..='\u{2069}';
        if c.is_control() || hidden.contains(&c) || turns.contains(&c) || isolates.contains(&c) {
            self.wrong.push(format!("prints {c:?}"));
        }
    }

    fn execute(&mut self, byte: u8) {
        if ![b'\r', b'\n', 0x08].contains(&byte) {
            self.wrong.push(format!("control {byte:#x}"));
        }
    }

    fn hook(&mut self, _: &Params, _: &[u8], _: bool, action: char) {
        self.wrong.push(format!("DCS {action}"));
    }

    fn osc_dispatch(&mut self, params: &[&[u8]], _: bool) {
        let words: Vec<_> = params.iter().map(|p| String::from_utf8_lossy(p)).collect();
        // The title is the viewer's own, and so are its alerts.
        let own = matches!(words.first().map(|w| &**w), Some("0" | "2" | "9" | "777"));
        if !own || words.iter().any(|word| word.contains(MARK)) {
            self.wrong.push(format!("OSC {words:?}"));
        }
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], _: bool, action: char) {
        let first = params.iter().next().and_then(|p| p.first()).copied();
        let allowed = match (intermediates, action) {
            (
                b"",
                'm' | 'H' | 'r' | 'J' | 'K' | 'A' | 'B' | 'C' | 'D' | 'G' | 'd' | 'P' | 'X' | 'L'
                | 'M',
            ) => true,
            (b"", 't') => matches!(first, Some(22 | 23)),
            (b"?", 'h' | 'l') => {
                matches!(first, Some(25 | 1004 | 1049 | 2004 | 2026))
            }
            _ => false,
        };
        if !allowed {
            let intermediates = String::from_utf8_lossy(intermediates);
            self.wrong
                .push(format!("CSI {intermediates}{first:?}{action}"));
        }
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], _: bool, byte: u8) {
        // The end of an OSC.
        if !(intermediates.is_empty() && byte == b'\\') {
            self.wrong
                .push(format!("ESC {intermediates:?} {}", char::from(byte)));
        }
    }
}

#[track_caller]
fn assert_harmless(terminal: &Pty) {
    let (mut judge, mut parser) = (Judge::default(), Parser::new());
    let written = terminal.written_bytes();
    if let Err(error) = std::str::from_utf8(&written) {
        // The last character may be on its way.
        assert_eq!(error.error_len(), None, "not UTF-8: {error}");
    }
    parser.advance(&mut judge, &written);
    assert!(judge.wrong.is_empty(), "{:?}", judge.wrong);
}

/// A run that says the worst through every door: output, names, labels, tables.
fn script(pods: &Pods, gate: &str) -> String {
    let file = pods.root().join("hostile");
    fs::write(&file, hostile()).expect("room for it");
    let evil = r"\u001b]0;EVIL\u0007\u009b31m\u202e\u0000\r\u001b[6n";
    let records = [
        format!(r#"{{"kind":"step","label":"{evil}"}}"#),
        format!(r#"{{"kind":"item.started","item":"{evil}","label":"{evil}"}}"#),
        format!(
            r#"{{"kind":"item.finished","item":"{evil}","outcome":"failed","detail":"{evil}"}}"#
        ),
        format!(r#"{{"kind":"progress","done":1,"total":3,"unit":"{evil}","label":"{evil}"}}"#),
        format!(r#"{{"kind":"channel","name":"{evil}","value":1.5,"unit":"{evil}"}}"#),
        format!(r#"{{"kind":"table.row","table":"{evil}","row":{{"{evil}":"{evil}"}}}}"#),
        format!(r#"{{"kind":"artifact","path":"{evil}","label":"{evil}"}}"#),
        format!(r#"{{"kind":"log","level":"error","message":"{evil}"}}"#),
        format!(r#"{{"kind":"my.event","{evil}":"{evil}"}}"#),
    ];
    let lines = pods.root().join("records");
    fs::write(&lines, records.join("\n") + "\n").expect("room for them");
    format!(
        "cat {} > \"$POD_EVENTS\"; stty raw -echo 2>/dev/null; cat {}; \
         printf '\\033[?1049h\\033[H'; cat {}; printf '\\033c\\033[?1049h\\033[2J\\033[Hfull screen'; \
         read go < {gate}; printf '\\033[?1049l\\nthe end\\n'",
        lines.display(),
        file.display(),
        file.display()
    )
}

/// Looks at everything there is to look at.
fn look_around(pods: &Pods, name: &str, on_screen: &str) {
    for size in [(12, 40), (24, 80), (40, 120)] {
        let mut monitor = pods.terminal_at(&["attach", name], size);
        monitor.wait_for("tabs", |screen| screen.contents().contains("5"));
        for tab in TABS {
            monitor.send(tab);
            monitor.send("k\r\r");
        }
        monitor.send("3G");
        monitor.wait_for_text(on_screen);
        assert_harmless(&monitor);
        monitor.send("q");
        monitor.wait_for_exit();
        assert_harmless(&monitor);
    }
}

#[test]
fn nothing_a_run_prints_or_says_drives_the_operators_terminal() {
    for kind in ["--pipe", "--name"] {
        let pods = Pods::new();
        let mut gate = pods.gate("gate");
        let script = script(&pods, gate.path());
        let words = match kind {
            "--pipe" => vec!["--pipe", "--name", "evil", "--", "sh", "-c", &script],
            _ => vec!["--name", "evil", "--", "sh", "-c", &script],
        };
        pods.launch_with(&words);
        let on_screen = if kind == "--pipe" {
            "full"
        } else {
            "full screen"
        };
        look_around(&pods, "evil", on_screen);
        if kind != "--pipe" {
            let monitor = pods.terminal(&["attach", "evil"]);
            monitor.wait_for_text("1 Events");
            monitor.send("3i");
            monitor.wait_for_text("full screen");
            assert_harmless(&monitor);
        }
        let picker = pods.terminal(&["-r"]);
        picker.wait_for_text("evil");
        picker.send("\t");
        picker.wait_for_text("session …");
        assert_harmless(&picker);
        gate.open();
        assert_eq!(pods.run(&["wait", "evil"]).code, 0);
        look_around(&pods, "evil", "the end");
        let lines = pods.terminal(&["attach", "evil", "--plain"]);
        // What was said before may have been scrolled away by the output.
        lines.wait_for_text("passed after");
        assert_harmless(&lines);
        let logs = pods.terminal(&["logs", "evil"]);
        logs.wait_for_text("the end");
        assert_harmless(&logs);
    }
}
