//! **launch**: from the command line to the first instruction of the command, and what runs cost
//! that are held and do nothing.

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::{
    SOON,
    lineup::{Entry, Lineup, failures},
    rounds, see_off,
};
use crate::{
    LaunchOptions, child,
    clock::now_ns,
    figures::{Figure, ratios},
    gate::Gate,
    process::{Parents, private_kib, switches},
    subject::{Direct, Floor, Held, Nohup, Product, Run, Started},
    table::{Table, absent, machine, median, short, spread, with_interval},
};

/// A run that is held and does nothing.
struct Idle {
    gate: Gate,
    _started: Started,
    pid: i32,
}

/// Measures and prints the table.
pub(crate) fn launch(options: &LaunchOptions) -> Result<()> {
    let common = &options.common;
    let sizes: &[usize] = if common.quick {
        &[1, 10]
    } else {
        &[1, 10, 100]
    };
    let mut lineup = Lineup::new(common)?;
    let mut entries = entries(options, &mut lineup)?;
    let mut idle: Vec<Vec<Idle>> = entries.iter().map(|_| Vec::new()).collect();
    let mut table = Table::new(&[
        "held already",
        "launched by",
        "ms",
        "× direct spawn (95 %)",
        "spread",
        "× floor (95 %)",
        "× abduco (95 %)",
        "× dtach (95 %)",
    ]);
    for size in sizes {
        fill(*size, &mut lineup, &mut entries, &mut idle);
        let samples = measure(*size, common.pairs, &mut lineup, &mut entries)?;
        rows(&mut table, &entries, &samples, *size);
    }
    let held = idle_table(&entries, &idle, if common.quick { 3 } else { 10 });
    println!("### launch\n\n{}, {} rounds.\n", machine(), common.pairs);
    println!("{}\n{}", table.into_text(), held.into_text());
    println!("{}{}", lineup.who_is_absent(), failures(&entries));
    end(idle, entries);
    Ok(())
}

fn entries(options: &LaunchOptions, lineup: &mut Lineup) -> Result<Vec<Entry>> {
    let mut entries = vec![Entry::new(Direct), Entry::new(Nohup), Entry::new(Floor)];
    if let Some(binary) = lineup.product(&options.common)? {
        for held in [Held::Pipe, Held::Pty] {
            entries.push(Entry::new(Product {
                binary: binary.clone(),
                held,
                shared: Some(lineup.directory().to_owned()),
            }));
        }
    }
    entries.extend(lineup.peers(&options.common, false));
    Ok(entries)
}

/// Starts one run. How many nanoseconds passed until its first instruction.
fn start(lineup: &mut Lineup, entry: &Entry) -> Result<(Idle, u64)> {
    let (directory, name) = lineup.fresh()?;
    let gate = Gate::new(&directory)?;
    let run = Run {
        directory: &directory,
        name: &name,
        command: &child::holder(&directory)?,
    };
    let from_ns = now_ns();
    let started = entry.subject.start(&run)?;
    let ready = gate.ready(SOON)?;
    let idle = Idle {
        gate,
        _started: started,
        pid: ready.pid,
    };
    Ok((idle, ready.first_ns - from_ns))
}

/// Has everybody hold `size` runs.
fn fill(size: usize, lineup: &mut Lineup, entries: &mut [Entry], idle: &mut [Vec<Idle>]) {
    eprintln!("launch: filling up to {size}");
    for (entry, idle) in entries.iter_mut().zip(idle) {
        while entry.failed.is_none() && idle.len() < size {
            match start(lineup, entry) {
                Ok((run, _)) => idle.push(run),
                Err(error) => fail(entry, &error),
            }
        }
    }
}

fn fail(entry: &mut Entry, error: &anyhow::Error) {
    eprintln!("  {}: {error:#}", entry.name());
    entry.failed = Some(format!("{error:#}"));
}

/// Milliseconds to the first instruction, for each round and subject.
fn measure(
    size: usize,
    pairs: usize,
    lineup: &mut Lineup,
    entries: &mut [Entry],
) -> Result<Vec<Vec<Option<f64>>>> {
    let what = format!("launch: with {size} held");
    rounds(&what, pairs, entries.len(), |at| {
        let entry = &mut entries[at];
        Ok(match entry.failed {
            None => measure_one(lineup, entry),
            Some(_) => None,
        })
    })
}

fn measure_one(lineup: &mut Lineup, entry: &mut Entry) -> Option<f64> {
    match start(lineup, entry) {
        Ok((run, ns)) => {
            let child = BTreeSet::from([run.pid]);
            drop(run.gate);
            see_off(&child);
            #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
            let ms = ns as f64 / 1e6;
            Some(ms)
        }
        Err(error) => {
            fail(entry, &error);
            None
        }
    }
}

fn rows(table: &mut Table, entries: &[Entry], samples: &[Vec<Option<f64>>], size: usize) {
    let column =
        |at: usize| -> Vec<Option<f64>> { samples.iter().map(|round| round[at]).collect() };
    let named = |name: &str| {
        let at = entries.iter().position(|entry| entry.name() == name);
        at.map(column)
    };
    let direct = column(0);
    let (floor, abduco, dtach) = (named(Floor::NAME), named("abduco"), named("dtach"));
    for (at, entry) in entries.iter().enumerate() {
        let values = column(at);
        if values.iter().all(Option::is_none) {
            continue;
        }
        let against = |base: &Option<Vec<_>>| base.as_ref().and_then(|b| ratios(&values, b));
        let of_direct = ratios(&values, &direct);
        table.row([
            size.to_string(),
            entry.name(),
            median(Figure::of(values.iter().copied().flatten())),
            with_interval(of_direct),
            spread(of_direct),
            with_interval(against(&floor)),
            with_interval(against(&abduco)),
            with_interval(against(&dtach)),
        ]);
    }
}

/// What holding costs while nothing happens.
fn idle_table(entries: &[Entry], idle: &[Vec<Idle>], seconds: u64) -> Table {
    eprintln!("launch: {seconds} s of nothing");
    let parents = Parents::now();
    let holders: Vec<BTreeSet<i32>> = idle
        .iter()
        .map(|runs| parents.holders(&runs.iter().map(|run| run.pid).collect::<Vec<_>>()))
        .collect();
    let before: Vec<u64> = holders.iter().map(switches).collect();
    let from = Instant::now();
    thread::sleep(Duration::from_secs(seconds));
    let after: Vec<u64> = holders.iter().map(switches).collect();
    let passed = from.elapsed().as_secs_f64();
    let mut table = Table::new(&[
        "held by",
        "idle runs",
        "processes a run",
        "private memory a run, MiB",
        "context switches a second, all together",
    ]);
    for (index, entry) in entries.iter().enumerate() {
        let (runs, holders) = (idle[index].len(), &holders[index]);
        #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
        let each = |total: u64| short(total as f64 / runs.max(1) as f64);
        #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
        let a_second = after[index].saturating_sub(before[index]) as f64 / passed;
        #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
        let mib = private_kib(holders) as f64 / 1024.0 / runs.max(1) as f64;
        let nobody = holders.is_empty();
        let unless_nobody = |text: String| if nobody { absent() } else { text };
        table.row([
            entry.name(),
            runs.to_string(),
            each(holders.len() as u64),
            unless_nobody(format!("{mib:.3}")),
            unless_nobody(short(a_second)),
        ]);
    }
    table
}

/// Lets every run end, then every server, and sees off whoever held them.
fn end(idle: Vec<Vec<Idle>>, entries: Vec<Entry>) {
    let parents = Parents::now();
    let (mut holders, mut children) = (BTreeSet::new(), BTreeSet::new());
    for runs in &idle {
        let pids: Vec<i32> = runs.iter().map(|run| run.pid).collect();
        holders.extend(parents.holders(&pids));
        children.extend(pids);
    }
    drop(idle);
    see_off(&children);
    drop(entries);
    see_off(&holders);
}
