//! A run whose disk fills up below it, on a small file system in a mount namespace of its own.

use std::{env, fs, io::Write, path::Path, process::Command};

use anyhow::{Context, Result, bail, ensure};
use fastrand::Rng;
use nix::{
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
    unistd::{getgid, getuid},
};

use crate::{
    Options, check,
    line::Line,
    logs::Session,
    processes,
    script::{End, Script},
    stage::Stage,
    tally::Tally,
};

/// Size of the disk, and of the lines of each half, several times as much.
const DISK: &str = "size=4m";
const LINES: u64 = 60_000;
/// The part of the disk that is given back.
const FILLER_BYTES: usize = 2 << 20;

/// Runs the trial in namespaces of its own, or says that it cannot.
pub(crate) fn full_disk(options: &Options) -> Result<()> {
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    let mut command = Command::new(env::current_exe()?);
    command.args(["full-disk-inside", "--seed", &seed.to_string()]);
    if let Some(tui) = &options.tui {
        command.arg("--tui").arg(tui);
    }
    if options.keep {
        command.arg("--keep");
    }
    let status = command.status().context("cannot start this binary")?;
    ensure!(status.success(), "the trial on a full disk failed");
    Ok(())
}

/// Moves this process, which has one thread, into namespaces with the user's own rights in them.
fn separate() -> nix::Result<()> {
    let (uid, gid) = (getuid(), getgid());
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS)?;
    let write = |file: &str, text: String| {
        let written = fs::write(format!("/proc/self/{file}"), text);
        written.map_err(|_| nix::errno::Errno::EPERM)
    };
    write("setgroups", "deny".into())?;
    write("uid_map", format!("{uid} {uid} 1"))?;
    write("gid_map", format!("{gid} {gid} 1"))
}

/// The trial itself.
pub(crate) fn full_disk_inside(stage: &Stage, seed: u64) -> Result<()> {
    fs::create_dir(stage.state()).context("cannot make the state directory")?;
    let mounted = separate().and_then(|()| {
        let none: Option<&str> = None;
        let target = stage.state();
        mount(none, &target, Some("tmpfs"), MsFlags::empty(), Some(DISK))
    });
    if let Err(error) = mounted {
        println!("torture: full disk skipped: no file system of its own ({error})");
        return Ok(());
    }
    fs::set_permissions(
        stage.state(),
        std::os::unix::fs::PermissionsExt::from_mode(0o700),
    )?;
    let tally = Tally::default();
    let mut line = Line::new(stage, &tally, "full", Rng::with_seed(seed))?;
    let gate = line.script.book.join("gate");
    line.script = Script {
        lines: LINES,
        end: End::Pass,
        gate: Some(gate.clone()),
        ..Script::new(line.script.book.clone(), seed)
    };
    let filler = stage.state().join("filler");
    fs::write(&filler, vec![b'x'; FILLER_BYTES])?;
    line.launch_plainly()?;
    let half = wait_for_half(&line)?;
    fill(&stage.state().join("rest"))?;
    let shown = line.show()?;
    ensure!(
        shown["degraded"].is_string(),
        "nothing says that the disk is full: {shown}"
    );
    fs::remove_file(&filler)?;
    fs::remove_file(stage.state().join("rest"))?;
    fs::write(&gate, "")?;
    processes::wait_gone(&line.token)?;
    check_the_end(&line, half)
}

/// Waits until the victim stands at its gate. The full disk has not held it up.
fn wait_for_half(line: &Line) -> Result<u64> {
    let live = line.live.clone().context("a launch")?;
    let path = line.book_file(&live.segment, "wrote");
    let mut wrote = 0;
    processes::wait_until("the command writes past the full disk", || {
        let text = fs::read_to_string(&path).unwrap_or_default();
        wrote = check::Written::parse(&text).out;
        Ok(wrote + 1 >= LINES / 2)
    })?;
    Ok(wrote)
}

/// Takes what is left of the disk.
fn fill(path: &Path) -> Result<()> {
    let mut file = fs::File::create(path)?;
    let block = vec![b'x'; 4096];
    loop {
        match file.write_all(&block) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::StorageFull => return Ok(()),
            Err(error) => return Err(error).context("cannot fill the disk"),
        }
    }
}

fn check_the_end(line: &Line, half: u64) -> Result<()> {
    let session = Session::read(line.session.as_ref().context("a session")?)?;
    check::numbers(&session, false)?;
    let [segment] = &session.segments[..] else {
        bail!("{} segments", session.segments.len());
    };
    let outcome = check::of_log(segment);
    ensure!(
        outcome == "passed",
        "the command passed, the log says {outcome}"
    );
    let gaps = session.gaps();
    ensure!(!gaps.is_empty(), "bytes were lost and no gap is recorded");
    let written = check::Written::default();
    check::output(&session, segment, line.script.salt, written, false)?;
    for kind in ["host.degraded", "host.recovered"] {
        ensure!(segment.has(kind), "no {kind} in the log");
    }
    let shown = line.show()?;
    ensure!(shown["status"] == "passed", "{shown}");
    println!("torture: a full disk took {gaps:?} of the output after line {half}, and said so");
    Ok(())
}
