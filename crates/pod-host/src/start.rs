//! From a launch request to a host that serves, in the one order that leaves nothing half-made:
//! warden, lease, sweep, socket, allocation, first record, command, metadata, word to the launcher.
//! A run that has to wait for its turn gives its word before the first record; the rest follows when
//! its turn has come.
//!
//! Nothing is synced before the command runs: the syncs of a launch happen beside its exec.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::unix::net::UnixListener,
    process::ExitCode,
    sync::Arc,
};

use pod_files::disk;
use pod_protocol::{Outcome, SegmentId};
use pod_store::OutputHoles;
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use crate::{
    begin::{Occasion, Raised, begin, check_program},
    claim::Claim,
    connect::{HostEnds, connect},
    plan::{Plan, check_directory, child_io},
    prepare::prepare,
    process,
    recorder::Checkpoint,
    request::{LaunchFailure, LaunchRequest, Launched, Origin, Readiness},
    resources::Family,
    restrictions::Restrictions,
    run::{QUEUE_MAX, Reports, Run, SyncFor, WardenReports, Workers},
    server::{self, Inquiry, Shared},
    syncer::Syncer,
    terminal::{Audience, Terminal},
    upkeep,
    waiting::{Turn, Waiting},
    warden::{self, WardenLink},
};

/// The longest launch request, in bytes: an argument list of the kernel's own limit, escaped.
const REQUEST_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// The whole life of a host process: reads a request from standard input, says on standard output
/// how the launch went, and serves the run to its end.
#[must_use]
pub fn host_main() -> ExitCode {
    let started = process::detach()
        .map_err(LaunchFailure::io("leave the launcher's session"))
        .and_then(|()| read_request())
        .and_then(start);
    let (readiness, host) = match started {
        Ok((launched, host)) => (Readiness::Ready(launched), Some(host)),
        Err(failure) => (Readiness::Failed(failure), None),
    };
    let word = serde_json::to_vec(&readiness).expect("a readiness has string keys only");
    // A launcher that is gone does not keep the run from going on.
    let mut stdout = io::stdout();
    let _ = stdout.write_all(&word).and_then(|()| stdout.flush());
    let nulled = process::null_standard_streams();
    let (Some(host), Ok(())) = (host, nulled) else {
        return ExitCode::FAILURE;
    };
    host.serve()
        .map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

fn read_request() -> Result<LaunchRequest, LaunchFailure> {
    let mut document = Vec::new();
    io::stdin()
        .take(REQUEST_BYTES_MAX)
        .read_to_end(&mut document)
        .map_err(LaunchFailure::io("read the launch request"))?;
    serde_json::from_slice(&document)
        .map_err(|error| LaunchFailure::host("read the launch request", &error))
}

/// A host that has given its word to its launcher, before it has a runtime.
struct Host {
    warden: WardenLink,
    /// Empty once the segment has begun.
    claim: Claim,
    listener: UnixListener,
    stage: Stage,
}

/// How far a launch is.
enum Stage {
    /// The command runs.
    Begun(Box<Raised>),
    /// It waits for its turn.
    Waiting(Box<Waiting>),
}

fn start(request: LaunchRequest) -> Result<(Launched, Host), LaunchFailure> {
    let io = child_io(&request)?;
    if let Origin::New(new) = &request.origin {
        check_directory(&new.cwd)?;
    }
    let (ends, ours) = connect(io)?;
    let (mut warden, ours) =
        warden::spawn(ends, ours).map_err(LaunchFailure::io("start the warden"))?;
    let own = Restrictions::read();
    // The host stands nowhere, so that it keeps no file system busy.
    std::env::set_current_dir("/").map_err(LaunchFailure::io("leave the working directory"))?;
    process::lift_restrictions().map_err(LaunchFailure::io("lift the launcher's limits"))?;

    let segment = SegmentId::new(Uuid::now_v7());
    let mut claim = match Claim::take(&request, segment) {
        Ok(claim) => claim,
        Err(failure) => {
            warden.end();
            return Err(failure);
        }
    };
    let raised = Plan::make(&request, &claim, own)
        .and_then(|plan| raise(request, plan, &mut claim, &mut warden, ours));
    match raised {
        Ok((launched, listener, stage)) => {
            let host = Host {
                warden,
                claim,
                listener,
                stage,
            };
            Ok((launched, host))
        }
        Err(failure) => {
            // The claim is given back when nothing runs under it any more.
            warden.end();
            Err(failure)
        }
    }
}

/// From a claim to a command that runs under it, or to one that waits for its turn.
fn raise(
    request: LaunchRequest,
    plan: Plan,
    claim: &mut Claim,
    warden: &mut WardenLink,
    ours: HostEnds,
) -> Result<(Launched, UnixListener, Stage), LaunchFailure> {
    let after = request.origin.after();
    let roots = (request.tool, request.runtime_root);
    let (mut launched, prepared, listener) = prepare(roots, plan, claim, ours)?;
    let mut turn = Turn::new(after, prepared.plan.terms.group.as_ref(), claim);
    let stage = match turn.look()? {
        None => {
            let ticket = turn.into_ticket();
            let raised = begin(prepared, claim, warden, ticket, Occasion::Launch)?;
            Stage::Begun(Box::new(raised))
        }
        Some(waiting_for) => {
            check_program(&prepared.plan)?;
            claim.introduce()?;
            launched.waiting_for = Some(waiting_for.clone());
            let waiting = Waiting::new(prepared, claim, turn, waiting_for);
            Stage::Waiting(Box::new(waiting))
        }
    };
    Ok((launched, listener, stage))
}

impl Host {
    /// Makes the runtime and serves the run to its end.
    fn serve(self) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(self.serve_within())
    }

    async fn serve_within(self) -> io::Result<()> {
        let Self {
            mut warden,
            mut claim,
            listener,
            stage,
        } = self;
        let (inquiry_sender, mut inquiries) = mpsc::channel(QUEUE_MAX);
        let (closed, closed_seen) = watch::channel(None);
        let logs = match &stage {
            Stage::Begun(raised) => Some(Arc::clone(&raised.pod.logs)),
            Stage::Waiting(_) => None,
        };
        let (news, logs) = watch::channel(logs);
        listener.set_nonblocking(true)?;
        let listener = tokio::net::UnixListener::from_std(listener)?;
        let (shared, audience) = Shared::new(inquiry_sender, logs, closed_seen);
        let (listeners, anew) = mpsc::channel(1);
        let served = server::serve(listener, anew, shared);
        tokio::pin!(served);
        let raised = match stage {
            Stage::Begun(raised) => *raised,
            Stage::Waiting(mut waiting) => {
                upkeep::note_begin(&claim.store, &claim.name);
                let verdict = waiting.wait(&mut inquiries, &news, served.as_mut()).await;
                let (verdict, begun) = waiting.settle(verdict, &mut claim, &mut warden);
                let Some(raised) = begun else {
                    // The claim is given back when nothing runs under it any more.
                    warden.end();
                    drop(claim);
                    return waiting.end(verdict, inquiries, &closed, served).await;
                };
                news.send_replace(Some(Arc::clone(&raised.pod.logs)));
                raised
            }
        };
        drop(claim);
        upkeep::note_begin(&raised.pod.store, &raised.pod.name);
        let messages = (inquiries, listeners, closed, audience);
        let (run, reports) = employ(raised, warden, messages)?;
        run.serve(reports, served).await;
        Ok(())
    }
}

/// What goes between the run and its server: inquiries, a socket made anew, the end, the terminal.
type Messages = (
    mpsc::Receiver<Inquiry>,
    mpsc::Sender<tokio::net::UnixListener>,
    watch::Sender<Option<Outcome>>,
    Audience,
);

/// Gives the run its workers.
fn employ(
    mut raised: Raised,
    warden: WardenLink,
    (inquiries, listeners, closed, audience): Messages,
) -> io::Result<(Run, Reports)> {
    // Not before the pump has its thread, which is to be as quick as the command.
    process::yield_to_others();
    let (sync_sender, syncs) = mpsc::channel(QUEUE_MAX);
    let records = raised.recorder.writer().file().try_clone()?;
    let holes = raised.holes;
    let logs = &raised.pod.logs;
    let (store, session) = (raised.pod.store.clone(), raised.pod.session);
    let segment = logs.segment;
    let keep = move |point: &Checkpoint| {
        // Derived: without it the next reader folds more of the log.
        let _ = store.write_checkpoint(session, segment, point.records_bytes, &point.state);
    };
    let work = move |sync: &SyncFor| work_on_disk(&records, &holes, &keep, sync);
    let syncer = Syncer::start(work, sync_sender)?;
    let family = raised.command.map(|command| Family {
        warden: warden.pid().as_raw(),
        command,
    });
    let output = (Arc::clone(&logs.published), logs.out_base);
    let terminal = raised
        .terminal
        .map(|(ends, queries)| Terminal::new(ends, queries, output, audience));
    warden.stream.set_nonblocking(true)?;
    let (read, write) = tokio::net::UnixStream::from_std(warden.stream)?.into_split();
    raised.fifo.read_from(raised.fifo_hold)?;
    let workers = Workers {
        watch: raised.pod.watch(),
        listeners,
        warden: write,
        pump: Some(raised.pump),
        terminal,
        family,
        syncer,
        fifo: raised.fifo,
        lease: Some(raised.lease),
        ticket: raised.ticket,
        closed,
        upkeep: None,
    };
    let reports = Reports {
        warden: WardenReports::new(read),
        pump: raised.pump_reports,
        syncs,
        inquiries,
    };
    let mut run = Run::new(raised.pod, raised.recorder, workers);
    if let Some(failure) = raised.not_started {
        run.fail(failure);
    }
    Ok((run, reports))
}

/// What the run has asked for is done when everything recorded before is on disk.
fn work_on_disk(
    records: &File,
    holes: &OutputHoles,
    keep: &impl Fn(&Checkpoint),
    sync: &SyncFor,
) -> io::Result<()> {
    disk::sync_data(records)?;
    match sync {
        SyncFor::Routine(Some(checkpoint)) => {
            keep(checkpoint);
            Ok(())
        }
        SyncFor::Gap(range) => holes.punch(range).map_err(io::Error::other),
        _ => Ok(()),
    }
}
