//! What a host writes before its command runs: the session, its logs and the first record.

use std::{path::Path, sync::Arc};

use pod_protocol::{Event, ExactString, FORMAT_VERSION, Fields, SegmentResumed, SegmentStarted};
use pod_registry::Machine;
use pod_store::{
    ItemsWanted, MarkWriter, OutputHoles, OutputWriter, SegmentBase, SegmentFiles, SessionFile,
};

use crate::{
    claim::Claim,
    clock::Clock,
    environment,
    plan::{Lineage, Plan},
    published::Published,
    pump::Limit,
    recorder::Recorder,
    request::LaunchFailure,
    server::Logs,
};

/// A segment that has begun.
pub(crate) struct Begun {
    pub(crate) recorder: Recorder,
    /// For the pump.
    pub(crate) output: (OutputWriter, MarkWriter, Limit),
    /// For what the output's cap does not keep.
    pub(crate) holes: OutputHoles,
    /// For the viewers.
    pub(crate) logs: Logs,
}

/// Writes down how the session is launched, unless it goes on with one.
pub(crate) fn open_session(plan: &Plan, claim: &Claim) -> Result<(), LaunchFailure> {
    match &plan.lineage {
        Lineage::Resume(_) => Ok(()),
        Lineage::New | Lineage::Rerun { .. } => {
            Ok(claim.store.create_session(&session_file(plan, claim))?)
        }
    }
}

/// Writes the logs and the first record of the segment.
pub(crate) fn begin(plan: &Plan, tool: &str, claim: &Claim) -> Result<Begun, LaunchFailure> {
    let base = plan.lineage.base();
    list_items(&plan.lineage, claim)?;
    let SegmentFiles {
        records,
        output,
        marks,
        holes,
    } = claim
        .store
        .create_segment(claim.session, claim.segment, base)?;
    let (state, cap) = (plan.lineage.state(), plan.terms.cap);
    let limit = Limit::of(cap, &state.gaps, base.out_base, &holes);
    let gaps = state.gaps.clone();
    let published = Arc::new(Published::new(base.out_base, base.first_seq, gaps));
    let logs = Logs {
        segment: claim.segment,
        first_seq: base.first_seq,
        out_base: base.out_base,
        records: records
            .file()
            .try_clone()
            .map_err(LaunchFailure::io("open the record log"))?,
        output: output
            .file()
            .try_clone()
            .map_err(LaunchFailure::io("open the output log"))?,
        sends_output_by_reference: cap.leaves_pieces_whole(),
        published: Arc::clone(&published),
    };
    let mut recorder = Recorder::new(records, state, published, Clock::start(), cap);
    let first = [
        Some(Event::SegmentStarted(segment_started(
            plan, tool, claim, base,
        ))),
        resumed_event(&plan.lineage),
    ];
    // One write: there is no segment that goes on without saying what with.
    recorder.record_beginning(&first);
    match recorder.failure() {
        None => Ok(Begun {
            recorder,
            output: (output, marks, limit),
            holes,
            logs,
        }),
        Some(reason) => Err(LaunchFailure::Host {
            operation: "write the first record".to_owned(),
            reason,
        }),
    }
}

fn resumed_event(lineage: &Lineage) -> Option<Event> {
    let Lineage::Resume(resumed) = lineage else {
        return None;
    };
    Some(Event::SegmentResumed(SegmentResumed {
        outcome: resumed.outcome,
        resumed: resumed.run.state.health.resumed + 1,
        recovered: resumed.recovered,
    }))
}

/// Tells the command by name what it need not do, and what to repeat.
fn list_items(lineage: &Lineage, claim: &Claim) -> Result<(), LaunchFailure> {
    let store = claim.store.store();
    let layout = store.layout();
    let done = layout.done_items(claim.session, claim.segment);
    match lineage {
        Lineage::Resume(resumed) => {
            store.write_items(claim.session, &resumed.items, ItemsWanted::Done, &done)?;
        }
        Lineage::Rerun {
            of,
            failed_only: Some(items),
        } => {
            let failed = layout.failed_items(claim.session, claim.segment);
            store.write_items(*of, items, ItemsWanted::Done, &done)?;
            store.write_items(*of, items, ItemsWanted::Failed, &failed)?;
        }
        Lineage::New | Lineage::Rerun { .. } => {}
    }
    Ok(())
}

fn segment_started(plan: &Plan, tool: &str, claim: &Claim, base: SegmentBase) -> SegmentStarted {
    let words: Vec<String> = plan.command.iter().map(ExactString::to_text).collect();
    let end = match &plan.lineage {
        Lineage::Resume(resumed) => Some(&resumed.end),
        Lineage::New | Lineage::Rerun { .. } => None,
    };
    let previous = end.map(|end| end.last.segment);
    SegmentStarted {
        session: claim.session,
        segment: claim.segment,
        ordinal: end.map_or(1, |end| end.ordinal),
        previous,
        first_seq: base.first_seq,
        out_base: base.out_base,
        pod: claim.name.clone(),
        command: plan.secrets.redact_command(&words),
        cwd: plan.cwd.to_text(),
        env: environment::as_text(&plan.env),
        git: environment::git_revision(Path::new(plan.cwd.as_os_str())),
        host: Machine::read().host_name,
        tool: tool.to_owned(),
        planned: plan.terms.planned,
        resume_of: previous,
    }
}

fn session_file(plan: &Plan, claim: &Claim) -> SessionFile {
    SessionFile {
        version: FORMAT_VERSION,
        session: claim.session,
        pod: claim.name.clone(),
        command: plan.command.clone(),
        cwd: plan.cwd.clone(),
        env: plan.env.clone(),
        umask: plan.restrictions.umask,
        limits: plan.restrictions.limits.clone(),
        terms: plan.terms.clone(),
        created_at: Clock::now(),
        parent_pod: std::env::var("POD_NAME")
            .ok()
            .and_then(|parent| parent.parse().ok()),
        rerun_of: match &plan.lineage {
            Lineage::Rerun { of, .. } => Some(*of),
            Lineage::New | Lineage::Resume(_) => None,
        },
        labels: plan.labels.clone(),
        unknown: Fields::new(),
    }
}
