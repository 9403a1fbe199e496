//! What the Results tab asks for: everything that the log says about results, in its order.

use std::{fs, ops::ControlFlow, path::Path};

use discovery::{Cancel, Direction, Ended, RecordFilter, RecordScan, RunLog, Scanned};
use pod_protocol::{Record, Seq};

use super::Desk;
use crate::screen::monitor::{
    Found,
    tabs::results::{self, Finding, Part, Reading},
};

/// So many findings are told at once: few enough that taking them costs no frame.
const FINDINGS_AT_ONCE: usize = 1_000;

/// Reads it.
pub(super) fn read(desk: &Desk, reading: &Reading) {
    let tell = |part| {
        let number = reading.number;
        desk.tell(Found::Results(results::Found { number, part }))
    };
    match scan(desk, reading, tell) {
        Ok(Ended::Cancelled) => {}
        Ok(_) => {
            tell(Part::Done);
        }
        Err(why) => {
            tell(Part::Failed(why));
        }
    }
}

fn scan(desk: &Desk, reading: &Reading, tell: impl Fn(Part) -> bool) -> Result<Ended, String> {
    let log = RunLog::open(&desk.roots.state, desk.session).map_err(|error| error.to_string())?;
    let segments = log.segments();
    let directory = segments.last().map(|head| head.started.cwd.clone());
    let directory = directory.unwrap_or_default();
    let kinds = RecordFilter::kinds(&["item.finished", "table.row", "artifact"]);
    let scan = RecordScan {
        range: Seq::FIRST..reading.newest.next(),
        filter: kinds.map_err(|error| error.to_string())?,
        direction: Direction::Forward,
    };
    let mut findings = Vec::new();
    let mut percent = 0;
    let mut each = |scanned: Scanned<'_>| {
        let is_due = match scanned {
            Scanned::Line { text, .. } => {
                let record = Record::from_line(text).ok();
                let finding = record.as_ref().and_then(Finding::of);
                findings.extend(finding.map(|finding| looked_up(finding, Path::new(&directory))));
                findings.len() >= FINDINGS_AT_ONCE
            }
            Scanned::Reached(progress) => {
                percent = whole_percent(progress.done_bytes, progress.total_bytes);
                true
            }
        };
        if is_due && !tell(Part::Findings(std::mem::take(&mut findings), percent)) {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    };
    let ended = log.scan_records(&scan, &Cancel::new(), &mut each);
    let ended = ended.map_err(|error| error.to_string())?;
    // What was found behind the last piece that was told of.
    if !findings.is_empty() && !tell(Part::Findings(findings, percent)) {
        return Ok(Ended::Cancelled);
    }
    Ok(ended)
}

fn whole_percent(done: u64, total: u64) -> u8 {
    let percent = done.saturating_mul(100).checked_div(total).unwrap_or(100);
    u8::try_from(percent).unwrap_or(100)
}

/// How long the file of an artifact is, where it still is one.
fn looked_up(finding: Finding, directory: &Path) -> Finding {
    match finding {
        Finding::Artifact(mut artifact) => {
            let metadata = fs::metadata(directory.join(&*artifact.path)).ok();
            artifact.bytes = metadata
                .filter(fs::Metadata::is_file)
                .map(|file| file.len());
            Finding::Artifact(artifact)
        }
        other => other,
    }
}
