//! A stage on a real terminal, in a process of its own.

use std::{
    env,
    fs::File,
    io::Read,
    process::{Command, Stdio},
    thread,
};

use nix::{
    fcntl::{FcntlArg, FdFlag, fcntl},
    pty::{OpenptyResult, Winsize, openpty},
};
use ratatui::style::Style;

use super::*;

/// Set in the process that is to panic.
const PANICS: &str = "TUI_TEST_PANICS_ON_STAGE";
const THIS_TEST: &str = "screen::terminal::tests::a_panic_gives_back_all_that_was_taken";

/// Switches on everything there is, sets a scroll region, and panics.
fn perform() {
    let mut stage = Stage::full().expect("a terminal");
    stage.set_title("a title").expect("a terminal");
    stage.alert(Alerts::On, "an alert").expect("a terminal");
    let copied = stage.copy("some text").expect("a terminal");
    assert_eq!(copied, Copied::Handed);
    for first in 0..3_u16 {
        let view = |frame: &mut Frame<'_>| {
            let area = frame.area();
            for y in 1..area.height {
                let line = format!("line {}", (first + y) * 1_234);
                frame.buffer_mut().set_string(0, y, line, Style::new());
            }
        };
        stage.draw(view).expect("a terminal");
    }
    panic!("the show is over");
}

/// What this test, run in another process on a terminal, writes there.
fn performed() -> String {
    let size = Winsize {
        ws_row: 24,
        ws_col: 80,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let OpenptyResult { master, slave } = openpty(&size, None).expect("a pseudoterminal");
    for end in [&master, &slave] {
        fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).expect("an open descriptor");
    }
    let end = || Stdio::from(slave.try_clone().expect("a descriptor is free"));
    let mut command = Command::new(env::current_exe().expect("this program"));
    command
        .args([THIS_TEST, "--exact", "--nocapture", "--color=never"])
        .env(PANICS, "1")
        .env("TERM", "xterm-256color")
        .env_remove("TMUX")
        .env_remove("RUST_BACKTRACE")
        .stdin(end())
        .stdout(end())
        .stderr(end());
    let mut child = command.spawn().expect("this program starts again");
    // Both hold the terminal open until they are dropped.
    drop((command, slave));
    let reader = thread::spawn(move || {
        let (mut bytes, mut buffer) = (Vec::new(), [0; 4_096]);
        let mut master = File::from(master);
        // The end of a terminal is an error.
        while let Ok(count @ 1..) = master.read(&mut buffer) {
            bytes.extend_from_slice(&buffer[..count]);
        }
        bytes
    });
    let status = child.wait().expect("our child");
    let bytes = reader.join().expect("the reader does not panic");
    assert!(!status.success(), "it panicked");
    String::from_utf8(bytes).expect("text")
}

#[test]
fn a_panic_gives_back_all_that_was_taken() {
    if env::var_os(PANICS).is_some() {
        perform();
    }
    let seen = performed();
    for taken in [
        "\x1b[?1049h",
        "\x1b[?2004h",
        "\x1b[?1004h",
        "\x1b[22;0t\x1b]2;a title\x1b\\",
        "\x1b]9;tui: an alert\x1b\\\x07",
        "\x1b]52;c;c29tZSB0ZXh0\x1b\\",
        "\x1b[2;24r",
        "\x1b[?25l",
    ] {
        assert!(seen.contains(taken), "{taken:?} in {seen:?}");
    }
    let farewell = "\x1b[?2026l\x1b[0m\x1b[?2004l\x1b[?1004l\x1b[23;0t\x1b[r\x1b[?1049l\x1b[?25h";
    let (_, after) = seen.split_once(farewell).expect("a farewell");
    assert!(after.contains("the show is over"), "{after:?}");
    assert!(!after.contains('\x1b'), "{after:?}");
}
