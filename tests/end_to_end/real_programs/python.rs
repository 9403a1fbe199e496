//! Programs on the ordinary screen: a prompt with a history, and a progress bar.

use super::{LARGE, SMALL, Session};
use crate::support::Pods;

#[test]
fn a_python_prompt_is_used_from_three_terminals() {
    let pods = Pods::new();
    let session = Session::run(&pods, "python", &["python3", "-q", "-i", "-E"]);
    session.sees(">>>");
    session.enter("80×18");
    session.send("6 * 7\r");
    session.sees_row("42");

    let session = session.again_at(LARGE);
    session.enter("120×34");
    // The history, and an interrupt that is not the monitor's.
    session.send("\x1b[A");
    session
        .terminal
        .wait_for("the line before, again", |screen| {
            screen.contents().matches(">>> 6 * 7").count() == 2
        });
    session.send("\x03");
    session.sees("KeyboardInterrupt");
    session.send("'wi' + 'der'\r");
    session.sees_row("'wider'");

    let session = session.again_at(SMALL);
    session.enter("40×7");
    session.send("'nar' + 'row'\r");
    session.sees_row("'narrow'");
    session.ends_by("\x04");
}

#[test]
fn a_progress_bar_is_one_line_on_three_terminals() {
    let pods = Pods::new();
    let script = "import os, tty\n\
                  from tqdm import tqdm\n\
                  tty.setcbreak(0)\n\
                  for _ in tqdm(range(4), mininterval=0, ncols=30): os.read(0, 1)\n";
    let session = Session::run(&pods, "bar", &["python3", "-c", script]);
    session.sees("0/4");
    session.enter("80×18");
    session.send(" ");
    session.sees("1/4");

    let session = session.again_at(LARGE);
    session.sees("1/4");
    session.enter("120×34");
    session.send(" ");
    session.sees("2/4");
    session.terminal.wait_for("one bar", |screen| {
        screen.contents().matches("/4").count() == 1
    });

    let session = session.again_at(SMALL);
    session.enter("40×7");
    session.send(" ");
    session.sees("3/4");
    session.ends_by(" ");
}
