//! Many clients on one pod, half of them stuck: neither the command's pace nor the host's memory
//! may show it.

use std::{fs, time::Duration};

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::{
    line::Line,
    processes,
    script::{End, Script},
    stage::Stage,
    tally::Tally,
    viewer::Viewer,
};

/// The command writes for about this long if nobody holds it up: so many lines, so long a rest.
const LINES: u64 = 1_500;
const PAUSE_US: u64 = 1_000;
/// How much longer the command may take in company: a tenth, and what a busy machine makes of it.
const PACE_MAX: f64 = 1.5;
/// What the host may grow by for each client: a connection is a cursor, a task and a socket.
const CLIENT_KIB_MAX: u64 = 16;
/// What it may grow by in any case.
const SLACK_KIB: u64 = 8 * 1024;

/// What one run showed.
struct Measured {
    took_ms: u64,
    peak_kib: u64,
}

/// Whether the command's pace is judged. A gate shares its machine, and there it is only shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Too slow is a violation.
    Judged,
    /// It is printed.
    Shown,
}

/// A noisy machine can only make the command slower, so the best of so many trials counts.
const TRIALS: usize = 3;

/// Runs the command alone and in company, and compares.
pub(crate) fn clients(stage: &Stage, clients: usize, judged: Pace) -> Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most).context("cannot open many files")?;
    for trial in 1..=TRIALS {
        let pace = compare(stage, clients)?;
        if judged == Pace::Shown || pace < PACE_MAX {
            break;
        }
        ensure!(trial < TRIALS, "the command takes {pace:.2} times as long");
    }
    Ok(())
}

/// One trial; returns how many times as long the command takes in company.
fn compare(stage: &Stage, clients: usize) -> Result<f64> {
    let alone = measure(stage, "alone", 0)?;
    let company = measure(stage, "company", clients)?;
    println!(
        "torture: {clients} clients, half of them stuck: command {} → {} ms, host {} → {} KiB",
        alone.took_ms, company.took_ms, alone.peak_kib, company.peak_kib
    );
    let grown_kib = company.peak_kib.saturating_sub(alone.peak_kib);
    let allowed_kib = SLACK_KIB + CLIENT_KIB_MAX * clients as u64;
    ensure!(
        grown_kib <= allowed_kib,
        "the host grew by {grown_kib} KiB, {allowed_kib} are allowed"
    );
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of a trial are few"
    )]
    let pace = company.took_ms as f64 / alone.took_ms as f64;
    Ok(pace)
}

fn measure(stage: &Stage, name: &str, clients: usize) -> Result<Measured> {
    let tally = Tally::default();
    let mut line = Line::new(stage, &tally, name, Rng::with_seed(1))?;
    let gate = line.script.book.join("gate");
    line.script = Script {
        lines: LINES,
        pause_us: PAUSE_US,
        events: 10,
        gate: Some(gate.clone()),
        end: End::Hold,
        ..Script::new(line.script.book.clone(), 1)
    };
    line.launch_plainly()?;
    let live = line.live.clone().context("a launch")?;
    for number in 0..clients {
        if number % 2 == 0 {
            line.get_stuck();
        } else {
            // Enough of a rest that a thousand readers leave the processor to the command.
            let viewer = Viewer::follow(&live.socket, Duration::from_millis(200))?;
            line.viewers.push(viewer);
        }
    }
    fs::write(&gate, "")?;
    let took = line.book_file(&live.segment, "took_ms");
    processes::wait_until("the command has written", || Ok(took.exists()))?;
    let peak_kib = processes::peak_kib(live.host_pid).context("the host is gone")?;
    // The books hold the bytes of a thousand viewers: they are let go as they are.
    for viewer in &line.viewers {
        viewer.hang_up();
    }
    line.ask("stop", true)?;
    line.settle()?;
    let took_ms = fs::read_to_string(took)?.parse().context("a time")?;
    Ok(Measured { took_ms, peak_kib })
}
