//! The commands that are held: those that write, answer or do nothing.

mod answer;
mod emit;
mod lines;
mod log;
mod write;

use std::{
    env,
    ffi::OsString,
    io::{self, Write},
    path::Path,
    process::{self, ExitCode},
    thread,
};

use anyhow::{Context, Result, bail};

use crate::{clock::now_ns, gate::Waiting};

pub(crate) use answer::{Flood, KEY, answerer, token};
pub(crate) use emit::emitter;
pub(crate) use lines::{LINE_BYTES, Pace, line_end, printer};
pub(crate) use log::{FIRST, LAST, NEEDLE, log_bytes, logger};
pub(crate) use write::{Shape, writer};

const HOLD: &str = "child-hold";

/// What every child that is watched says before it is let to begin, so that viewers can be waited
/// for.
pub(crate) const PRELUDE: &[u8] = b"ready\n";

/// The command line of a child that only waits.
pub(crate) fn holder(directory: &Path) -> Result<Vec<OsString>> {
    command(HOLD, directory, [])
}

fn command(
    verb: &str,
    directory: &Path,
    words: impl IntoIterator<Item = String>,
) -> Result<Vec<OsString>> {
    let this = env::current_exe().context("cannot find this binary")?;
    let mut command = vec![this.into(), verb.into(), directory.into()];
    command.extend(words.into_iter().map(OsString::from));
    Ok(command)
}

/// Runs a child, if this process is one.
pub(crate) fn main() -> Option<ExitCode> {
    let mut words = env::args_os().skip(1);
    let verb = words.next()?.into_string().ok()?;
    if !verb.starts_with("child-") {
        return None;
    }
    let first_ns = now_ns();
    let words: Vec<OsString> = words.collect();
    Some(match run(&verb, &words, first_ns) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench {verb}: {error:#}");
            ExitCode::FAILURE
        }
    })
}

fn run(verb: &str, words: &[OsString], first_ns: u64) -> Result<()> {
    let (directory, words) = words.split_first().context("a directory is needed")?;
    let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
    let waiting = Waiting::open(Path::new(directory))?;
    match verb {
        HOLD => hold(waiting, first_ns),
        write::VERB => write::run(waiting, &words, first_ns),
        emit::VERB => emit::run(waiting, &words, first_ns),
        lines::VERB => lines::run(waiting, &words, first_ns),
        log::VERB => log::run(waiting, &words, first_ns),
        answer::VERB => answer::run(waiting, &words, first_ns),
        _ => bail!("there is no such child"),
    }
}

fn hold(mut waiting: Waiting, first_ns: u64) -> Result<()> {
    waiting.say_ready(first_ns)?;
    while waiting.pass()? {}
    Ok(())
}

/// Ends this process as soon as the benchmark is done with it, whatever it does.
fn end_with(mut waiting: Waiting) {
    thread::spawn(move || {
        while waiting.pass().unwrap_or(false) {}
        process::exit(0);
    });
}

/// A number among the words of a child.
fn number(words: &[&str], at: usize) -> Result<u64> {
    let word = words.get(at).context("a number is missing")?;
    word.parse()
        .with_context(|| format!("{word:?} is no number"))
}

/// Standard output without its lock and buffer, which would be measured too.
fn plain_output() -> Result<std::fs::File> {
    use std::os::fd::AsFd;
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

fn say_prelude(out: &mut impl Write) -> Result<()> {
    Ok(out.write_all(PRELUDE)?)
}
