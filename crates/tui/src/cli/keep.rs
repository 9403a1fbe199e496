//! `tui rm`, `tui prune`, `tui rename`, `tui pin`, `tui unpin`: what becomes of pods that do not run.

use std::fmt::Write;

use anyhow::{Context, Result};
use keeping::{Keeper, KeepingError, Piece, Pruned, Pruning, Reason, UNDO_DAYS};
use pod_protocol::{PodName, Timestamp, short_bytes, short_duration};
use pod_store::{Layout, PrunedNote, Recent, StoreError};

use super::{
    arguments::{PinOptions, PruneOptions, RemoveOptions, RenameOptions},
    json::{self, PieceDocument, PruningDocument, RemovedDocument},
    print,
    roots::Roots,
    runtime, talk, target,
};

/// For how long `tui ls` says what was pruned, in milliseconds.
const SAY_PRUNED_MS: u64 = 24 * 60 * 60 * 1_000;
/// How much of the end of the recent index is searched for that, in bytes.
const PRUNED_BYTES: u64 = 64 * 1024;
/// How long others who write to the index are waited for.
const NOTE_PATIENCE: std::time::Duration = std::time::Duration::from_millis(500);

pub(crate) fn remove(roots: &Roots, options: &RemoveOptions) -> Result<u8> {
    if options.undo {
        return undo(roots, options);
    }
    let names = names(roots, &options.pods)?;
    let keeper = keeper(roots)?;
    let mut failure = None;
    for name in names {
        let removed = match options.dry_run {
            true => keeper.would_remove(&name).map(|runs| (runs, None)),
            false => keeper.would_remove(&name).and_then(|runs| {
                let removed = keeper.remove(&name, json::now())?;
                Ok((runs, Some(removed)))
            }),
        };
        let (runs, removed) = match removed {
            Ok(removed) => removed,
            Err(error) => {
                failure = keep_first(failure, error, &name, options.pods.len());
                continue;
            }
        };
        if options.json {
            print(&json::line(&RemovedDocument {
                version: json::VERSION,
                name: &name,
                removed: removed.is_some(),
                runs: Some(runs),
                at: removed.map(|removed| removed.at),
            }))?;
            continue;
        }
        let runs = counted(runs, "run");
        match removed {
            None => print(format!("{name}: would be removed, with {runs}\n").as_bytes())?,
            Some(_) => print(
                format!(
                    "{name}: removed, with {runs}; for {UNDO_DAYS} days: tui rm --undo {name}\n"
                )
                .as_bytes(),
            )?,
        }
    }
    failure.map_or(Ok(0), Err)
}

fn undo(roots: &Roots, options: &RemoveOptions) -> Result<u8> {
    let keeper = keeper(roots)?;
    let mut failure = None;
    for pod in &options.pods {
        // What was removed is in no list, so it goes by its name alone.
        let name: PodName = pod.parse().with_context(|| format!("{pod:?} is no name"))?;
        match keeper.undo(&name, json::now()) {
            Ok(_) if options.json => print(&json::line(&RemovedDocument {
                version: json::VERSION,
                name: &name,
                removed: false,
                runs: None,
                at: None,
            }))?,
            Ok(_) => print(format!("{name}: back\n").as_bytes())?,
            Err(error) => failure = keep_first(failure, error, &name, options.pods.len()),
        }
    }
    failure.map_or(Ok(0), Err)
}

pub(crate) fn rename(roots: &Roots, options: &RenameOptions) -> Result<u8> {
    let name = runtime()?.block_on(target::find(roots, &options.pod))?.name;
    keeper(roots)?
        .rename(&name, &options.name, json::now())
        .map_err(|error| in_words(error, &name, 1))?;
    Ok(0)
}

pub(crate) fn pin(roots: &Roots, options: &PinOptions, pinned: bool) -> Result<u8> {
    let names = names(roots, &options.pods)?;
    let keeper = keeper(roots)?;
    let mut failure = None;
    for name in names {
        if let Err(error) = keeper.pin(&name, pinned) {
            failure = keep_first(failure, error, &name, options.pods.len());
        }
    }
    failure.map_or(Ok(0), Err)
}

pub(crate) fn prune(roots: &Roots, options: &PruneOptions) -> Result<u8> {
    let (keeper, now) = (keeper(roots)?, json::now());
    let planned = keeper.plan_prune(options.cap, now)?;
    let gone = match options.dry_run {
        true => planned.pruned.clone(),
        false => keeper.prune(&planned, usize::MAX, now)?,
    };
    let done = Pruning {
        pruned: gone,
        ..planned
    };
    if !options.dry_run && !done.pruned.is_empty() {
        let noted = keeper
            .writer()
            .note_pruned(&note(&done, now), NOTE_PATIENCE);
        noted.context("cannot write down what was pruned")?;
    }
    if options.json {
        return print(&json::line(&document(&done, options.dry_run))).map(|()| 0);
    }
    print(told(&done, options.dry_run, now).as_bytes())?;
    Ok(0)
}

fn note(done: &Pruning, now: Timestamp) -> PrunedNote {
    PrunedNote {
        at: now,
        runs: done.pruned.len() as u64,
        bytes: done.pruned.iter().map(|pruned| pruned.bytes).sum(),
    }
}

fn told(done: &Pruning, dry_run: bool, now: Timestamp) -> String {
    let mut text = String::new();
    for pruned in &done.pruned {
        let (name, id) = words(pruned);
        let age = short_duration(now.millis_since(pruned.at));
        let (bytes, why) = (short_bytes(pruned.bytes), why(pruned.reason));
        writeln!(text, "{name}  {id}  {bytes}  {age} ago  {why}")
            .expect("writing to a String cannot fail");
    }
    let would = if dry_run { "would be " } else { "" };
    let (runs, after) = (counted(done.pruned.len(), "run"), done.after_bytes());
    let (before, cap) = (short_bytes(done.before_bytes), short_bytes(done.cap_bytes));
    let after = short_bytes(after);
    match done.pruned.is_empty() {
        true => writeln!(text, "nothing to prune: {before} of {cap}"),
        false => writeln!(text, "{runs} {would}pruned: {before}, now {after} of {cap}"),
    }
    .expect("writing to a String cannot fail");
    text
}

fn words(pruned: &Pruned) -> (String, String) {
    match &pruned.piece {
        Piece::Removed(removed) => (removed.pod.to_string(), "removed".to_owned()),
        Piece::Session { session, pod } => {
            let pod = pod.as_ref().map_or("-".to_owned(), ToString::to_string);
            (pod, session.tail())
        }
    }
}

const fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::RemovedLongAgo => "removed long ago",
        Reason::OverCap => "oldest, over the limit",
    }
}

fn document(done: &Pruning, dry_run: bool) -> PruningDocument {
    let piece = |pruned: &Pruned| {
        let (name, session) = match &pruned.piece {
            Piece::Removed(removed) => (Some(removed.pod.clone()), None),
            Piece::Session { session, pod } => (pod.clone(), Some(*session)),
        };
        PieceDocument {
            name,
            session,
            bytes: pruned.bytes,
            updated_at: pruned.at,
            reason: match pruned.reason {
                Reason::RemovedLongAgo => "removed_long_ago",
                Reason::OverCap => "over_cap",
            },
        }
    };
    PruningDocument {
        version: json::VERSION,
        dry_run,
        cap_bytes: done.cap_bytes,
        before_bytes: done.before_bytes,
        after_bytes: done.after_bytes(),
        pruned: done.pruned.iter().map(piece).collect(),
    }
}

/// One line about what was pruned lately: nothing goes without a word.
pub(crate) fn say_what_was_pruned(roots: &Roots, now: Timestamp) {
    let recent = Recent::read_end(&Layout::new(&roots.state), PRUNED_BYTES);
    let lately = |note: &PrunedNote| now.millis_since(note.at) < SAY_PRUNED_MS;
    if let Some(note) = recent.last_pruned().filter(lately) {
        let runs = usize::try_from(note.runs).unwrap_or(usize::MAX);
        let (runs, bytes) = (counted(runs, "run"), short_bytes(note.bytes));
        let age = short_duration(now.millis_since(note.at));
        talk(format_args!("tui: {runs} pruned {age} ago, {bytes}"));
    }
}

fn keeper(roots: &Roots) -> Result<Keeper> {
    Ok(Keeper::open(&roots.state, &roots.runtime)?)
}

/// The pods that `targets` name. All of them are known before any is touched.
fn names(roots: &Roots, targets: &[String]) -> Result<Vec<PodName>> {
    runtime()?.block_on(async {
        let mut names = Vec::new();
        for target in targets {
            names.push(target::find(roots, target).await?.name);
        }
        Ok(names)
    })
}

fn keep_first(
    failure: Option<anyhow::Error>,
    error: KeepingError,
    name: &PodName,
    pods: usize,
) -> Option<anyhow::Error> {
    let error = in_words(error, name, pods);
    match failure {
        None => Some(error),
        // The first decides the code, and none goes unheard.
        Some(first) => {
            talk(format_args!("tui: {error:#}"));
            Some(first)
        }
    }
}

/// The error, with the pod's name in front where it does not say it and there are others.
fn in_words(error: KeepingError, name: &PodName, pods: usize) -> anyhow::Error {
    let says_it = matches!(
        error,
        KeepingError::NotRemoved { .. } | KeepingError::Store(StoreError::NameTaken { .. })
    );
    match says_it || pods == 1 {
        true => error.into(),
        false => anyhow::Error::from(error).context(name.to_string()),
    }
}

fn counted(number: usize, word: &str) -> String {
    match number {
        1 => format!("1 {word}"),
        more => format!("{more} {word}s"),
    }
}
