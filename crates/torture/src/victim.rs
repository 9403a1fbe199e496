//! The commands that are run: they keep books of what they did, outside of everything the product
//! writes.
//!
//! A book is a directory: `pids` holds a line per process; `<segment>.wrote` how many lines and
//! events have left the process for good; `<segment>.items` a line per step of an item;
//! `<segment>.end` how the victim is about to end.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::{self, Command},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use nix::{
    sys::signal::{SigSet, Signal, raise},
    unistd::setsid,
};

use crate::script::{End, Script, Side, checksum, numbered_line};

/// How often a gate is looked at.
const GATE_LOOK_EVERY: Duration = Duration::from_millis(5);

/// Runs the victim; comes back only where it ends with a code.
pub(crate) fn run(script: &Script) -> Result<()> {
    if script.deaf {
        // A blocked signal is as good as an ignored one, and children inherit it.
        let mut deaf = SigSet::empty();
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
            deaf.add(signal);
        }
        deaf.thread_block().context("cannot block signals")?;
    }
    let pid = process::id();
    append(&script.book.join("pids"), &format!("{pid}\n"))?;
    if let Some(branch) = script.branch {
        return grow_branch(script, branch);
    }
    if script.tree {
        for branch in 0..3 {
            start_branch(script, branch)?;
        }
    }
    let mut writer = Writer::new(script)?;
    if script.items > 0 {
        writer.do_items()?;
    } else {
        writer.write_lines()?;
    }
    writer.book.say_end(script.end)?;
    match script.end {
        End::Pass => process::exit(0),
        End::Fail => process::exit(3),
        End::Die => raise(Signal::SIGKILL).context("cannot die")?,
        End::Hold => {}
    }
    loop {
        thread::park();
    }
}

fn start_branch(script: &Script, branch: u32) -> Result<()> {
    let mut words = script.clone();
    words.branch = Some(branch);
    let mut command = Command::new(env::current_exe()?);
    command.args(words.words()).spawn()?;
    Ok(())
}

/// Branch 0 leaves its session, 1 leaves its parent as well, 2 is deaf to signals besides.
fn grow_branch(script: &Script, branch: u32) -> Result<()> {
    match branch {
        0 => drop(setsid().context("cannot leave the session")?),
        1 => {
            start_branch(script, 10)?;
            return Ok(());
        }
        2 => SigSet::all()
            .thread_block()
            .context("cannot block signals")?,
        _ => drop(setsid().context("cannot leave the session")?),
    }
    loop {
        thread::park();
    }
}

/// The victim's own books.
struct Book {
    directory: PathBuf,
    segment: String,
    wrote: File,
}

impl Book {
    fn open(script: &Script) -> Result<Self> {
        let segment = env::var("POD_SEGMENT_ID").context("not in a pod")?;
        let directory = script.book.clone();
        let pid = process::id().to_string();
        fs::write(directory.join(format!("{segment}.pid")), pid)?;
        let wrote = File::create(directory.join(format!("{segment}.wrote")))?;
        Ok(Self {
            directory,
            segment,
            wrote,
        })
    }

    fn file(&self, kind: &str) -> PathBuf {
        self.directory.join(format!("{}.{kind}", self.segment))
    }

    fn say_end(&self, end: End) -> Result<()> {
        append(&self.file("end"), end.word())
    }
}

/// One write, so that nobody reads half a line.
fn append(path: &Path, text: &str) -> Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(())
}

/// Writes lines and events, and notes each in the book when it is out.
struct Writer<'a> {
    script: &'a Script,
    book: Book,
    fifo: File,
    written: [u64; 3],
}

impl<'a> Writer<'a> {
    fn new(script: &'a Script) -> Result<Self> {
        let fifo = env::var_os("POD_EVENTS").context("no FIFO")?;
        let fifo = OpenOptions::new().append(true).open(fifo)?;
        Ok(Self {
            script,
            // From here on the driver may take the FIFO's name away.
            book: Book::open(script)?,
            fifo,
            written: [0; 3],
        })
    }

    fn write_lines(&mut self) -> Result<()> {
        let from = Instant::now();
        for number in 1..=self.script.lines {
            if number == self.script.lines / 2 {
                self.pass_gate();
            }
            let errors = self.script.errors;
            let side = match errors > 0 && number.is_multiple_of(errors) {
                true => Side::Err,
                false => Side::Out,
            };
            self.write_line(side)?;
            let events = self.script.events;
            if events > 0 && number.is_multiple_of(events) {
                self.emit_event()?;
            }
            if self.script.garbage && number.is_multiple_of(3) {
                self.emit_garbage(number)?;
            }
            self.rest();
        }
        let took = from.elapsed().as_millis().to_string();
        append(&self.book.file("took_ms"), &took)
    }

    fn write_line(&mut self, side: Side) -> Result<()> {
        let number = &mut self.written[side as usize];
        let mut line = numbered_line(self.script.salt, side, *number + 1);
        line.push('\n');
        // One write each, past any buffer: what is in the book has left the process.
        match side {
            Side::Out => write_whole(&io::stdout(), line.as_bytes())?,
            Side::Err => write_whole(&io::stderr(), line.as_bytes())?,
        }
        *number += 1;
        self.note()
    }

    fn emit_event(&mut self) -> Result<()> {
        let number = self.written[2] + 1;
        let check = checksum(self.script.salt, number);
        self.emit(&format!(
            r#"{{"kind":"tick.done","n":{number},"check":"{check:016x}"}}"#
        ))?;
        self.written[2] = number;
        self.note()
    }

    fn emit_garbage(&mut self, number: u64) -> Result<()> {
        let long = "x".repeat(20_000);
        let lines = [
            r#"{"kind":"run.closed","outcome":"passed"}"#,
            r#"{"kind":"cancel.requested","by":"nobody"}"#,
            r#"{"kind":"stop.requested","by":"nobody"}"#,
            r#"{"kind":"child.exited","code":0}"#,
            r#"{"kind":"gap","from":0,"to":18446744073709551615}"#,
            r#"{"kind":"tick.done","n":1,"seq":1}"#,
            "\u{0}\u{1b}[2J not json {",
            r#"{"kind":"#,
            &long,
        ];
        let index = usize::try_from(number / 3).unwrap_or_default() % lines.len();
        self.emit(lines[index])
    }

    fn emit(&mut self, line: &str) -> Result<()> {
        self.fifo.write_all(format!("{line}\n").as_bytes())?;
        Ok(())
    }

    fn note(&self) -> Result<()> {
        let [out, err, events] = self.written;
        let text = format!("{out:020} {err:020} {events:020}\n");
        self.book.wrote.write_all_at(text.as_bytes(), 0)?;
        Ok(())
    }

    fn do_items(&mut self) -> Result<()> {
        let done = env::var_os("POD_DONE_ITEMS").map(fs::read_to_string);
        let done = done.transpose().context("cannot read the items passed")?;
        let done = done.unwrap_or_default();
        for number in 1..=self.script.items {
            let item = format!("item-{number}");
            if done.lines().any(|line| line == item) {
                continue;
            }
            append(&self.book.file("items"), &format!("began {item}\n"))?;
            self.emit(&format!(r#"{{"kind":"item.started","item":"{item}"}}"#))?;
            self.write_line(Side::Out)?;
            self.rest();
            append(&self.book.file("items"), &format!("did {item}\n"))?;
            self.emit(&format!(
                r#"{{"kind":"item.finished","item":"{item}","outcome":"passed"}}"#
            ))?;
        }
        Ok(())
    }

    fn rest(&self) {
        if self.script.pause_us > 0 {
            thread::sleep(Duration::from_micros(self.script.pause_us));
        }
    }

    fn pass_gate(&self) {
        while self.script.gate.as_ref().is_some_and(|gate| !gate.exists()) {
            thread::sleep(GATE_LOOK_EVERY);
        }
    }
}

/// One system call for the whole line, whatever the standard library would buffer.
fn write_whole(to: &impl std::os::fd::AsFd, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        match nix::unistd::write(to, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(error).context("cannot write"),
        }
    }
    Ok(())
}
