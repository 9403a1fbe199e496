//! What a host writes before its command runs: the session, its logs and the first record.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use pod_protocol::{
    Event, ExactString, FORMAT_VERSION, Fields, Offset, RunState, SegmentStarted, Seq,
};
use pod_registry::Machine;
use pod_store::{MarkWriter, OutputWriter, SegmentBase, SegmentFiles, SessionFile, Variable};

use crate::{
    claim::Claim,
    clock::Clock,
    environment,
    published::Published,
    recorder::Recorder,
    request::{LaunchFailure, LaunchRequest},
    server::Logs,
};

/// A segment that has begun.
pub(crate) struct Begun {
    pub(crate) recorder: Recorder,
    /// For the pump.
    pub(crate) output: (OutputWriter, MarkWriter),
    /// For the viewers.
    pub(crate) logs: Logs,
}

/// Writes the session, its logs and the first record.
pub(crate) fn begin(request: &LaunchRequest, claim: &Claim) -> Result<Begun, LaunchFailure> {
    let env = environment::snapshot(&request.secrets);
    let base = SegmentBase {
        first_seq: Seq::FIRST,
        out_base: Offset(0),
    };
    let started = segment_started(request, claim, base, &env);
    claim
        .store
        .create_session(&session_file(request, claim, env))?;
    let SegmentFiles {
        records,
        output,
        marks,
    } = claim
        .store
        .create_segment(claim.session, claim.segment, base)?;
    let published = Arc::new(Published::new(base.out_base, base.first_seq));
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
        published: Arc::clone(&published),
    };
    let mut recorder = Recorder::new(records, RunState::default(), published, Clock::start());
    recorder.record(&Event::SegmentStarted(started));
    match recorder.failure() {
        None => Ok(Begun {
            recorder,
            output: (output, marks),
            logs,
        }),
        Some(reason) => Err(LaunchFailure::Host {
            operation: "write the first record".to_owned(),
            reason: reason.to_owned(),
        }),
    }
}

fn segment_started(
    request: &LaunchRequest,
    claim: &Claim,
    base: SegmentBase,
    env: &[Variable],
) -> SegmentStarted {
    let words: Vec<String> = request.command.iter().map(ExactString::to_text).collect();
    SegmentStarted {
        session: claim.session,
        segment: claim.segment,
        ordinal: 1,
        previous: None,
        first_seq: base.first_seq,
        out_base: base.out_base,
        pod: claim.name.clone(),
        command: request.secrets.redact_command(&words),
        cwd: request.cwd.to_text(),
        env: environment::as_text(env),
        git: environment::git_revision(Path::new(request.cwd.as_os_str())),
        host: Machine::read().host_name,
        tool: request.tool.clone(),
        planned: request.terms.planned,
        resume_of: None,
    }
}

fn session_file(request: &LaunchRequest, claim: &Claim, env: Vec<Variable>) -> SessionFile {
    SessionFile {
        version: FORMAT_VERSION,
        session: claim.session,
        pod: claim.name.clone(),
        command: request.command.clone(),
        cwd: request.cwd.clone(),
        env,
        terms: request.terms.clone(),
        created_at: Clock::now(),
        parent_pod: std::env::var("POD_NAME")
            .ok()
            .and_then(|parent| parent.parse().ok()),
        rerun_of: None,
        labels: BTreeMap::new(),
        unknown: Fields::new(),
    }
}
