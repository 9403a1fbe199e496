//! `tui promote`: copies of what a passed run made, where nothing prunes them.

use std::ops::ControlFlow;

use anyhow::{Context, Result};
use discovery::{Cancel, Direction, RecordFilter, RecordScan, RowStatus, RunLog, Scanned};
use keeping::{Keeper, KeepingError, Promoted};
use pod_protocol::{Event, PodName, Record, Seq, SessionId, Status, short_bytes};

use super::{
    arguments::PromoteOptions,
    exit,
    json::{self, PromotedDocument},
    print,
    roots::Roots,
    runtime, talk, target,
};

/// So many artifacts are promoted at once. Each is copied and synced, so more is hardly meant.
const ARTIFACTS_MAX: usize = 1_000;

pub(crate) fn promote(roots: &Roots, options: &PromoteOptions) -> Result<u8> {
    let row = runtime()?.block_on(target::find_to_read(roots, &options.pod))?;
    let refused = |why: &str| {
        talk(format_args!("tui: cannot promote {}: {why}", row.name));
        Ok(exit::REFUSED)
    };
    let status = row.status();
    if status != RowStatus::Run(Status::Passed) {
        return refused(&format!("the run has not passed: {}", status.word()));
    }
    let session = row.session().context("the run has no readable log")?;
    let paths = match named(roots, session, options.path.as_deref())? {
        paths if !paths.is_empty() => paths,
        _ if options.path.is_some() => {
            let (code, name) = (refused("the run named no such artifact")?, &row.name);
            talk(format_args!(
                "  tui events {name} | grep '\"artifact\"' lists them"
            ));
            return Ok(code);
        }
        _ => return refused("the run named no artifact"),
    };
    if paths.len() > ARTIFACTS_MAX {
        return refused("the run named more than 1,000 artifacts: give a path");
    }
    let mut failure = None;
    for path in paths {
        match carry_out(roots, &row.name, session, &path) {
            Ok(promoted) => say(options, &row.name, session, &path, &promoted)?,
            Err(error) => {
                let error = anyhow::Error::from(error).context(format!("cannot promote {path}"));
                // The first decides the code, and none goes unheard.
                match &failure {
                    None => failure = Some(error),
                    Some(_) => talk(format_args!("tui: {error:#}")),
                }
            }
        }
    }
    failure.map_or(Ok(0), Err)
}

/// Promotes one artifact, for the verb and for the screen.
pub(crate) fn carry_out(
    roots: &Roots,
    name: &PodName,
    session: SessionId,
    path: &str,
) -> Result<Promoted, KeepingError> {
    let keeper = Keeper::open(&roots.state, &roots.runtime)?;
    keeper.promote(name, session, path, json::now())
}

/// The artifacts that the run named, each once and in its order, or only the one that is `wanted`.
/// One more than [`ARTIFACTS_MAX`] stands for all that follow.
fn named(roots: &Roots, session: SessionId, wanted: Option<&str>) -> Result<Vec<String>> {
    let log = RunLog::open(&roots.state, session)?;
    let scan = RecordScan {
        range: Seq::FIRST..Seq(u64::MAX),
        filter: RecordFilter::kinds(&["artifact"])?,
        direction: Direction::Forward,
    };
    let mut paths: Vec<String> = Vec::new();
    log.scan_records(&scan, &Cancel::new(), &mut |scanned| {
        let Scanned::Line { text, .. } = scanned else {
            return ControlFlow::Continue(());
        };
        if let Ok(record) = Record::from_line(text)
            && let Event::Artifact(artifact) = Event::read(&record)
            && wanted.is_none_or(|wanted| wanted == artifact.path)
            && !paths.contains(&artifact.path)
        {
            paths.push(artifact.path);
        }
        match paths.len() > ARTIFACTS_MAX || (wanted.is_some() && !paths.is_empty()) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    Ok(paths)
}

fn say(
    options: &PromoteOptions,
    name: &PodName,
    session: SessionId,
    path: &str,
    promoted: &Promoted,
) -> Result<()> {
    if options.json {
        return print(&json::line(&PromotedDocument {
            version: json::VERSION,
            name,
            session,
            path,
            file: promoted.file.display().to_string(),
            sha256: &promoted.digest,
            bytes: promoted.bytes,
        }));
    }
    let (path, file) = (pod_protocol::printable(path), promoted.file.display());
    let (bytes, digest) = (short_bytes(promoted.bytes), &promoted.digest);
    let line = format!("{path}: promoted, {bytes}, sha256 {digest}\n  {file}\n");
    print(line.as_bytes())
}
