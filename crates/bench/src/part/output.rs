//! **output**: how long a child takes to write, depending on who holds it.

use std::{collections::BTreeSet, process::Command, time::Duration};

use anyhow::{Context, Result, bail};

use super::{
    SOON,
    lineup::{Entry, Lineup, failures},
    rounds, see_off,
    viewers::Viewers,
};
use crate::{
    OutputOptions,
    child::{self, Shape},
    figures::{Figure, ratios},
    gate::{Gate, wait_for},
    process::{Parents, cpu_seconds, peak_kib},
    subject::{Held, Product, Run, Started, ThroughCat, ToFile},
    table::{Table, absent, machine, median, short, spread, with_interval},
};

const MIB: u64 = 1024 * 1024;
/// The slowest peer takes about ten minutes for the largest size.
const WRITE_LIMIT: Duration = Duration::from_secs(1_800);
/// How long a holder may take to put down what the child has written.
const DRAIN_LIMIT: Duration = Duration::from_secs(120);

/// What one run gave.
#[derive(Clone, Copy)]
struct Sample {
    wall_s: f64,
    cpu_s: f64,
    peak_mib: f64,
}

/// Measures and prints the table.
pub(crate) fn output(options: &OutputOptions) -> Result<()> {
    let common = &options.common;
    let default_mib = if common.quick { 64 } else { 2_048 };
    let largest = options.largest_mib.unwrap_or(default_mib) * MIB;
    let shapes = match options.shape.as_slice() {
        [] => &Shape::ALL[..],
        some => some,
    };
    let mut lineup = Lineup::new(common)?;
    let mut entries = entries(options, &mut lineup)?;
    let mut table = Table::new(&[
        "shape",
        "size",
        "held by",
        "child's wall time × `> file` (95 %)",
        "spread",
        "× minimal host (95 %)",
        "host CPU s",
        "host CPU × tmux",
        "host peak MiB",
    ]);
    for shape in shapes {
        for size in [largest / 100, largest / 10, largest] {
            let bytes = shape.size(size);
            let samples = measure(common.pairs, &mut lineup, &mut entries, *shape, bytes)?;
            rows(&mut table, &entries, &samples, *shape, bytes);
        }
    }
    println!("### output\n\n{}, {} rounds.\n", machine(), common.pairs);
    println!("{}", table.into_text());
    println!("{}{}", lineup.who_is_absent(), failures(&entries));
    Ok(())
}

fn entries(options: &OutputOptions, lineup: &mut Lineup) -> Result<Vec<Entry>> {
    let (pipe, pty) = (Held::Pipe.floor(), Held::Pty.floor());
    let mut entries = vec![
        Entry::new(ToFile),
        Entry::new(ThroughCat),
        Entry::new(Held::Pipe),
        Entry::new(Held::Pipe).watched_by(1).against(pipe),
        Entry::new(Held::Pipe).watched_by(10).against(pipe),
        Entry::new(Held::Pty),
    ];
    if let Some(binary) = lineup.product(&options.common)? {
        let tui = |held| Product {
            binary: binary.clone(),
            held,
            shared: None,
        };
        for viewers in [0, 1, 10] {
            let entry = Entry::new(tui(Held::Pipe)).watched_by(viewers);
            // As many viewers as the host has, except that one must cost next to nothing.
            let floor = match viewers {
                10 => entries[4].name(),
                _ => pipe.to_owned(),
            };
            entries.push(entry.against(&floor));
        }
        entries.push(Entry::new(tui(Held::Pty)).against(pty));
    }
    let peers = lineup.peers(&options.common, true);
    entries.extend(
        peers
            .into_iter()
            .map(|entry| match entry.subject.adds_carriage_returns() {
                true => entry.against(pty),
                false => entry.against(pipe),
            }),
    );
    Ok(entries)
}

/// Runs everybody as often as asked for, in turns. A sample for each round and subject.
fn measure(
    pairs: usize,
    lineup: &mut Lineup,
    entries: &mut [Entry],
    shape: Shape,
    bytes: u64,
) -> Result<Vec<Vec<Option<Sample>>>> {
    let what = format!("output: {} {bytes} bytes", shape.name());
    rounds(&what, pairs, entries.len(), |at| {
        let entry = &mut entries[at];
        // Viewers make no difference between shapes; once is enough.
        if entry.failed.is_some() || (entry.viewers > 0 && shape != Shape::Lines) {
            return Ok(None);
        }
        let sample = run_once(lineup, entry, shape, bytes);
        Ok(sample.map_or_else(
            |error| {
                eprintln!("  {}: {error:#}", entry.name());
                entry.failed = Some(format!("{error:#}"));
                None
            },
            Some,
        ))
    })
}

fn run_once(lineup: &mut Lineup, entry: &Entry, shape: Shape, bytes: u64) -> Result<Sample> {
    let (directory, name) = lineup.fresh()?;
    let mut gate = Gate::new(&directory)?;
    let run = Run {
        directory: &directory,
        name: &name,
        command: &child::writer(&directory, shape, bytes)?,
    };
    let started = entry.subject.start(&run)?;
    let ready = gate.ready(SOON)?;
    let mut holders = Parents::now().holders(&[ready.pid]);
    holders.extend(started.beside.iter().map(|tied| tied.pid()));
    holders.remove(&ready.pid);
    let sample = observe(entry, &run, &started, &mut gate, &holders, shape, bytes);
    // In this order: the child ends, its holder follows, what is left is ended.
    drop(gate);
    let child = BTreeSet::from([ready.pid]);
    see_off(&child);
    if !entry.subject.outlives_its_child() {
        see_off(&holders);
    }
    drop(started);
    std::fs::remove_dir_all(&directory).context("cannot clear up")?;
    sample
}

fn observe(
    entry: &Entry,
    run: &Run,
    started: &Started,
    gate: &mut Gate,
    holders: &BTreeSet<i32>,
    shape: Shape,
    bytes: u64,
) -> Result<Sample> {
    let viewers = Viewers::open(viewer_commands(entry, run, started)?)?;
    let cpu_before = cpu_seconds(holders);
    gate.begin()?;
    let wall_ns = gate.done(WRITE_LIMIT)?;
    let returns = if entry.subject.adds_carriage_returns() {
        shape.lines(bytes)
    } else {
        0
    };
    match &started.log {
        Some(log) => {
            let kept = || log.bytes() >= bytes + returns;
            if wait_for(DRAIN_LIMIT, kept).is_err() {
                bail!("kept {} of {} bytes", log.bytes(), bytes + returns);
            }
        }
        None => settle(holders),
    }
    let cpu_s = cpu_seconds(holders) - cpu_before;
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let (wall_s, peak_mib) = (wall_ns as f64 / 1e9, peak_kib(holders) as f64 / 1024.0);
    drop(viewers);
    Ok(Sample {
        wall_s,
        cpu_s,
        peak_mib,
    })
}

fn viewer_commands(entry: &Entry, run: &Run, started: &Started) -> Result<Vec<Command>> {
    if entry.viewers == 0 {
        return Ok(Vec::new());
    }
    let log = started.log.as_ref().context("there is nothing to view")?;
    wait_for(SOON, || log.bytes() > 0).context("the log stays empty")?;
    let path = log.path().context("the log is gone")?;
    let command = || entry.subject.viewer(run, &path).context("it has no viewer");
    (0..entry.viewers).map(|_| command()).collect()
}

/// Waits until a holder that keeps nothing has read everything: until it rests.
fn settle(holders: &BTreeSet<i32>) {
    let mut before = f64::NAN;
    // One that never rests is measured as it is.
    let _ = wait_for(SOON, || {
        std::thread::sleep(Duration::from_millis(30));
        let now = cpu_seconds(holders);
        std::mem::replace(&mut before, now) == now
    });
}

fn rows(
    table: &mut Table,
    entries: &[Entry],
    samples: &[Vec<Option<Sample>>],
    shape: Shape,
    bytes: u64,
) {
    let column = |index: usize, value: fn(&Sample) -> f64| -> Vec<Option<f64>> {
        let rounds = samples.iter();
        rounds
            .map(|round| round[index].as_ref().map(value))
            .collect()
    };
    let place = |name: &str| entries.iter().position(|entry| entry.name() == name);
    let wall = |index| column(index, |sample| sample.wall_s);
    let cpu = |index| column(index, |sample| sample.cpu_s);
    let tmux = place("tmux + pipe-pane").map(cpu);
    let figure = |values: Vec<Option<f64>>| Figure::of(values.into_iter().flatten());
    let baseline = wall(0);
    for (index, entry) in entries.iter().enumerate() {
        if wall(index).iter().all(Option::is_none) {
            continue;
        }
        let of_file = ratios(&wall(index), &baseline);
        let floor = entry.floor.as_deref().and_then(place);
        let of_floor = floor.and_then(|floor| ratios(&wall(index), &wall(floor)));
        let of_tmux = tmux.as_ref().and_then(|tmux| ratios(&cpu(index), tmux));
        let is_baseline = index == 0;
        table.row([
            shape.name().into(),
            size(bytes),
            entry.name(),
            if is_baseline {
                format!("1 ({} s)", median(figure(wall(index))))
            } else {
                with_interval(of_file)
            },
            if is_baseline {
                absent()
            } else {
                spread(of_file)
            },
            with_interval(of_floor),
            median(figure(cpu(index))),
            median(of_tmux),
            median(figure(column(index, |sample| sample.peak_mib))),
        ]);
    }
}

fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mib = bytes as f64 / MIB as f64;
    format!("{} MiB", short(mib))
}
