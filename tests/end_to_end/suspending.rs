//! `ctrl-z`, `fg`, and the signals behind them.

use nix::{
    sys::{
        signal::{Signal, kill},
        termios::LocalFlags,
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

use crate::support::{Gate, Pods, Pty, family};

const CTRL_Z: &str = "\x1a";
/// What it writes last of all when it takes the terminal again, before it draws.
const WELCOME: &str = "\x1b[?1004h\x1b[?25h";
/// What the monitor writes when it gives the terminal back.
const FAREWELL: &str = "\x1b[?2004l\x1b[?1004l\x1b[23;0t\x1b[r\x1b[?1049l\x1b[?25h";

/// A shell with job control that leaves the line settings alone.
fn shell(pods: &Pods) -> Pty {
    let words = ["--norc", "--noprofile", "--noediting", "-i"];
    let mut command = pods.within("bash", words);
    command
        .env("PS1", "shell> ")
        .env("HISTFILE", "/dev/null")
        .env("TUI", env!("CARGO_BIN_EXE_tui"));
    let shell = Pty::start(command);
    shell.wait_for_text("shell> ");
    shell
}

fn waits_at(gate: &Gate) -> String {
    format!("echo before the gate; read go < {}", gate.path())
}

/// A monitor in the foreground, below a shell, on a run that waits at the gate.
fn watched(pods: &Pods, gate: &Gate) -> Pty {
    let shell = shell(pods);
    let script = waits_at(gate);
    shell.send(&format!("\"$TUI\" run --name fore -- sh -c '{script}'\r"));
    is_taken(&shell, "before the gate");
    shell
}

#[track_caller]
fn is_taken(terminal: &Pty, text: &str) {
    terminal.wait_for("the monitor on its own screen", |screen| {
        let contents = screen.contents();
        screen.alternate_screen()
            && screen.hide_cursor()
            && screen.bracketed_paste()
            && contents.contains(text)
            && !contents.contains("Stopped")
    });
    let flags = terminal.settings().local_flags;
    assert!(!flags.intersects(LocalFlags::ECHO | LocalFlags::ICANON));
}

/// The shell has the terminal, which is as it was.
#[track_caller]
fn is_given_back(shell: &Pty, stopped: usize) {
    shell.wait_for("a prompt below a stopped job", |screen| {
        let contents = screen.contents();
        let last = contents.trim_end().lines().last().unwrap_or_default();
        contents.matches("Stopped").count() == stopped && last.starts_with("shell>")
    });
    shell.with_screen(|screen| {
        assert!(!screen.alternate_screen() && !screen.hide_cursor());
        assert!(!screen.bracketed_paste(), "paste is plain again");
    });
    assert_eq!(shell.settings(), shell.found, "echo and line mode are back");
}

/// The monitor or picker below the shell.
fn screen_below(shell: &Pty) -> Pid {
    let [_, screen, ..] = family(shell.pid())[..] else {
        panic!("nothing runs below the shell");
    };
    Pid::from_raw(screen)
}

#[test]
fn ctrl_z_leads_to_the_shell_and_fg_back_to_a_monitor_of_the_size_that_the_terminal_has_then() {
    let pods = Pods::new();
    let mut gate = pods.gate("gate");
    let mut shell = watched(&pods, &gate);
    shell.send(CTRL_Z);
    is_given_back(&shell, 1);
    assert!(shell.written().contains(FAREWELL), "{:?}", shell.written());

    // The run is not stopped, and the end of it is seen when the monitor comes back.
    gate.open();
    assert_eq!(pods.run(&["wait", "fore"]).code, 0);
    shell.resize(12, 40);
    shell.send("fg\r");
    is_taken(&shell, "PASSED");
    let title = "\x1b]2;fore · passed\x1b\\";
    assert!(shell.written().contains(title), "{:?}", shell.written());
    shell.send("1");
    shell.wait_for_text("1E 2C 3O 4R 5I");

    // What is typed behind it is no command of the monitor.
    shell.send(&format!("{CTRL_Z}qqq"));
    is_given_back(&shell, 2);
    shell.send("\x15fg\r");
    is_taken(&shell, "PASSED");
    shell.send("q");
    shell.wait_for("the shell", |screen| {
        !screen.alternate_screen() && screen.contents().trim_end().ends_with("shell>")
    });
    shell.send("exit 3\r");
    assert_eq!(shell.wait_for_exit(), 3);
}

#[test]
fn a_picker_is_wiped_and_comes_back_with_its_filter() {
    let pods = Pods::new();
    for name in ["zqx-apple", "cherry"] {
        assert_eq!(pods.run(&["run", "--name", name, "--", "true"]).code, 0);
    }
    let shell = shell(&pods);
    shell.send("\"$TUI\" -r\r");
    shell.wait_for_text("cherry");
    // No path and no id has these letters.
    shell.send("zqx");
    shell.wait_for("only what fits", |screen| {
        !screen.contents().contains("cherry")
    });
    shell.send(CTRL_Z);
    is_given_back(&shell, 1);
    assert!(!shell.contents().contains("apple"), "{}", shell.contents());
    shell.send("fg\r");
    shell.wait_for_text("resume ▸ zqx");
    shell.wait_for_text("apple");
    assert!(
        shell.contents().contains("Stopped"),
        "what stands above stays"
    );
    shell.send("\x15");
    shell.wait_for_text("cherry");
}

#[test]
fn a_stop_from_outside_gives_the_terminal_back_if_it_can_be_heard_and_ends_in_a_repaint() {
    let pods = Pods::new();
    let gate = pods.gate("gate");
    let shell = watched(&pods, &gate);
    let screen = screen_below(&shell);
    kill(screen, Signal::SIGTSTP).expect("our own monitor");
    is_given_back(&shell, 1);
    shell.send("fg\r");
    is_taken(&shell, "before the gate");

    kill(screen, Signal::SIGSTOP).expect("our own monitor");
    shell.wait_for_text("Stopped");
    shell.send("fg\r");
    is_taken(&shell, "before the gate");
    shell.send("5");
    shell.wait_for_text("directory");
    assert_eq!(pods.status("fore"), "running");
}

#[test]
fn no_key_is_lost_when_it_is_stopped_where_nobody_else_takes_the_terminal() {
    let pods = Pods::new();
    let gate = pods.gate("gate");
    let script = waits_at(&gate);
    let watched = pods.terminal(&["run", "--name", "fore", "--", "sh", "-c", &script]);
    is_taken(&watched, "before the gate");
    let screen = Pid::from_raw(watched.pid());
    let typed = "abcdefghijklmnopqrst";
    watched.send("/");
    for letter in typed.chars() {
        watched.send(&letter.to_string());
        kill(screen, Signal::SIGSTOP).expect("our own monitor");
        let stopped = waitpid(screen, Some(WaitPidFlag::WUNTRACED));
        assert_eq!(stopped, Ok(WaitStatus::Stopped(screen, Signal::SIGSTOP)));
        watched.send(&letter.to_string());
        kill(screen, Signal::SIGCONT).expect("our own monitor");
        watched.send(&letter.to_string());
    }
    let all: String = typed.chars().flat_map(|letter| [letter; 3]).collect();
    watched.wait_for_text(&all);
}

#[test]
fn in_the_background_it_stays_stopped_and_writes_nothing() {
    let pods = Pods::new();
    let gate = pods.gate("gate");
    let shell = watched(&pods, &gate);
    shell.send(CTRL_Z);
    is_given_back(&shell, 1);
    shell.send("bg; wait %1; echo background: $?\r");
    // SIGTTOU, because it wants to set up the terminal.
    shell.wait_for_text("background: 150");
    assert!(!shell.with_screen(vt100::Screen::alternate_screen));
    shell.send("fg\r");
    shell.wait_for("the monitor", |screen| {
        screen.alternate_screen() && screen.contents().contains("before the gate")
    });
}

#[test]
fn without_job_control_nothing_stops() {
    let pods = Pods::new();
    let gate = pods.gate("gate");
    let script = waits_at(&gate);
    // It leads its session, so that nobody could let it go on.
    let mut alone = pods.terminal(&["run", "--name", "fore", "--", "sh", "-c", &script]);
    is_taken(&alone, "before the gate");
    alone.send(CTRL_Z);
    alone.wait_for_text("no shell here that could bring it back");
    kill(Pid::from_raw(alone.pid()), Signal::SIGTSTP).expect("our own monitor");
    // It gives the terminal back, and the kernel does not stop it.
    alone.wait_for_sequence(FAREWELL, 1);
    alone.wait_for_sequence(WELCOME, 1);
    is_taken(&alone, "before the gate");
    alone.send("q");
    assert_eq!(alone.wait_for_exit(), 0);
}

#[test]
fn ctrl_z_is_typed_into_a_command() {
    let pods = Pods::new();
    let script = "stty -isig; echo ready; exec cat -v";
    let terminal = pods.terminal(&["run", "--name", "typed", "--", "sh", "-c", script]);
    terminal.wait_for_text("ready");
    terminal.send("3i");
    terminal.wait_for_text("typing into typed");
    terminal.send("\x1a\r");
    terminal.wait_for("it comes back", |screen| {
        screen.contents().matches("^Z").count() == 2
    });
    terminal.send("\x1c");
    terminal.wait_for_text("? help");
}
