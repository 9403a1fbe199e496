//! From a launch request to a running pod, in the one order that leaves nothing half-made:
//! warden, lease, sweep, socket, allocation, first record, command, metadata, word to the launcher.
//!
//! Nothing is synced before the command runs: the syncs of a launch happen beside its exec.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::{fd::OwnedFd, unix::net::UnixListener},
    path::Path,
    process::ExitCode,
    sync::Arc,
};

use pod_files::disk;
use pod_protocol::{ChildStarted, Event, ExactString, SegmentId};
use pod_registry::{Lease, socket_path};
use pod_store::OutputHoles;
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use crate::{
    claim::Claim,
    connect::{HostEnds, connect, sources},
    events_fifo::EventsFifo,
    first_record::{self, Begun},
    plan::{Lineage, Plan, check_directory, child_io},
    process,
    pump::{self, PumpHandle, PumpReport},
    recorder::Recorder,
    request::{LaunchFailure, LaunchRequest, Launched, Origin, Readiness},
    restrictions::Restrictions,
    run::{Pod, Reports, Run, SyncFor, WardenReports, Workers},
    server::{self, Shared},
    syncer::Syncer,
    upkeep,
    warden::{
        self, CommandPlan, WardenLink,
        message::{Order, Report},
    },
};

/// The longest launch request, in bytes: an argument list of the kernel's own limit, escaped.
const REQUEST_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Messages of one kind that may wait for the run task.
const QUEUE_MAX: usize = 256;
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

/// A host whose command runs, before it has a runtime.
struct Host {
    warden: WardenLink,
    raised: Raised,
}

/// What stands once the command runs.
struct Raised {
    listener: UnixListener,
    pod: Pod,
    recorder: Recorder,
    pump: PumpHandle,
    pump_reports: mpsc::Receiver<PumpReport>,
    terminal: Option<OwnedFd>,
    fifo: EventsFifo,
    /// Keeps the FIFO open until the runtime reads it.
    fifo_hold: File,
    lease: Lease,
    holes: OutputHoles,
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
        Ok((launched, raised)) => Ok((launched, Host { warden, raised })),
        Err(failure) => {
            // The claim is given back when nothing runs under it any more.
            warden.end();
            Err(failure)
        }
    }
}

/// From a claim to a command that runs under it.
fn raise(
    request: LaunchRequest,
    plan: Plan,
    claim: &mut Claim,
    warden: &mut WardenLink,
    ours: HostEnds,
) -> Result<(Launched, Raised), LaunchFailure> {
    check_directory(&plan.cwd)?;
    let socket = socket_path(&request.runtime_root, &claim.name)?;
    let listener = listen(&socket)?;
    let fifo_hold = claim.make_fifo(socket.with_extension("events"))?;
    claim.allocate(&socket)?;

    let Begun {
        mut recorder,
        output,
        holes,
        logs,
    } = first_record::begin(&plan, &request.tool, claim)?;
    let (pump_sender, pump_reports) = mpsc::channel(QUEUE_MAX);
    let HostEnds { readable, terminal } = ours;
    let sources = sources(plan.terms.io, readable);
    let pump = pump::start(sources, output, Arc::clone(&logs.published), pump_sender)
        .map_err(LaunchFailure::io("start the output pump"))?;
    claim.mark(&plan.terms)?;
    let variables = pod_variables(claim, &plan.lineage, &socket);
    let terms = plan.terms.clone();
    start_command(plan.into_command(variables), warden, &mut recorder)?;

    let (name, host_pid) = (claim.name.clone(), std::process::id());
    let launched = Launched {
        name: name.clone(),
        session: claim.session,
        segment: claim.segment,
        host_pid,
        socket,
        out_base: logs.out_base,
        leaves: claim.restorable_before(),
    };
    let store = claim.store.clone();
    let (lease, fifo) = claim.keep(recorder.writer())?;
    let LaunchRequest {
        tool, runtime_root, ..
    } = request;
    let pod = Pod {
        name,
        session: claim.session,
        tool,
        terms,
        runtime_root,
        store,
        logs: Arc::new(logs),
    };
    let raised = Raised {
        listener,
        pod,
        recorder,
        pump,
        pump_reports,
        terminal,
        fifo,
        fifo_hold,
        lease,
        holes,
    };
    Ok((launched, raised))
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
        let Self { warden, mut raised } = self;
        let (sync_sender, syncs) = mpsc::channel(QUEUE_MAX);
        process::yield_to_others();
        let (inquiry_sender, inquiries) = mpsc::channel(QUEUE_MAX);
        let (closed, closed_seen) = watch::channel(None);
        let records = raised.recorder.writer().file().try_clone()?;
        let holes = raised.holes;
        let work = move |sync: &SyncFor| work_on_disk(&records, &holes, sync);
        let syncer = Syncer::start(work, sync_sender)?;
        warden.stream.set_nonblocking(true)?;
        let (read, write) = tokio::net::UnixStream::from_std(warden.stream)?.into_split();
        raised.fifo.read_from(raised.fifo_hold)?;
        raised.listener.set_nonblocking(true)?;
        let listener = tokio::net::UnixListener::from_std(raised.listener)?;
        let logs = Arc::clone(&raised.pod.logs);
        let shared = Shared::new(inquiry_sender, logs, closed_seen);
        let (listeners, anew) = mpsc::channel(1);
        let watch = raised.pod.watch();
        let workers = Workers {
            watch,
            listeners,
            warden: write,
            pump: Some(raised.pump),
            terminal: raised.terminal,
            syncer,
            fifo: raised.fifo,
            lease: Some(raised.lease),
            closed,
            upkeep: None,
        };
        upkeep::note_begin(&raised.pod.store, &raised.pod.name);
        let warden = WardenReports::new(read);
        let reports = Reports {
            warden,
            pump: raised.pump_reports,
            syncs,
            inquiries,
        };
        let run = Run::new(raised.pod, raised.recorder, workers);
        run.serve(reports, server::serve(listener, anew, shared))
            .await;
        Ok(())
    }
}

/// What the run has asked for is done when everything recorded before is on disk.
fn work_on_disk(records: &File, holes: &OutputHoles, sync: &SyncFor) -> io::Result<()> {
    disk::sync_data(records)?;
    match sync {
        SyncFor::Gap(range) => holes.punch(range).map_err(io::Error::other),
        _ => Ok(()),
    }
}

/// Binds the pod's socket.
pub(crate) fn listen(socket: &Path) -> Result<UnixListener, LaunchFailure> {
    UnixListener::bind(socket)
        .and_then(|listener| {
            let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(socket, private)?;
            Ok(listener)
        })
        .map_err(LaunchFailure::io("listen on the pod's socket"))
}

/// Lets the warden execute the command and records that it runs.
fn start_command(
    command: CommandPlan,
    warden: &mut WardenLink,
    recorder: &mut Recorder,
) -> Result<(), LaunchFailure> {
    let talk = "talk to the warden";
    let (program, cwd) = (command.command.first().cloned(), command.cwd.clone());
    warden
        .order(&Order::Start(command))
        .map_err(LaunchFailure::io(talk))?;
    match warden.next_report().map_err(LaunchFailure::io(talk))? {
        Some(Report::Started { pid }) => {
            recorder.record(&Event::ChildStarted(ChildStarted { pid }));
            Ok(())
        }
        Some(Report::NotStarted { errno }) => Err(not_started(program, &cwd, errno)),
        _ => Err(LaunchFailure::Host {
            operation: talk.to_owned(),
            reason: "it went away before it had started the command".to_owned(),
        }),
    }
}

fn not_started(program: Option<ExactString>, cwd: &ExactString, errno: i32) -> LaunchFailure {
    // The directory can have gone in the meantime; then it is not the program's fault.
    if let Err(failure) = check_directory(cwd) {
        return failure;
    }
    let program = program.map(|program| program.to_text()).unwrap_or_default();
    match io::Error::from_raw_os_error(errno) {
        error if error.kind() == io::ErrorKind::NotFound => LaunchFailure::NotFound { program },
        // The search for a program says so, too, when only a directory in PATH cannot be read.
        error if error.kind() == io::ErrorKind::PermissionDenied && !is_somewhere(&program) => {
            LaunchFailure::NotFound { program }
        }
        error => LaunchFailure::NotExecutable {
            program,
            reason: error.to_string(),
        },
    }
}

/// Whether there is a file behind the name of a program, executable or not.
fn is_somewhere(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    program.contains('/')
        || std::env::split_paths(&paths).any(|directory| directory.join(program).is_file())
}

/// What the command learns about its pod.
fn pod_variables(claim: &Claim, lineage: &Lineage, socket: &Path) -> Vec<(String, ExactString)> {
    let text = |value: String| ExactString::Text(value);
    let path = |path: &Path| ExactString::from(path.as_os_str());
    let layout = claim.store.layout();
    let (session, segment) = (claim.session, claim.segment);
    let mut variables = vec![
        ("POD_NAME", text(claim.name.to_string())),
        ("POD_SESSION_ID", text(session.to_string())),
        ("POD_SEGMENT_ID", text(segment.to_string())),
        ("POD_SOCKET", path(socket)),
        ("POD_EVENTS", path(&socket.with_extension("events"))),
    ];
    let done = path(&layout.done_items(session, segment));
    match lineage {
        Lineage::Resume(_) => {
            variables.push(("POD_RESUME", text("1".to_owned())));
            variables.push(("POD_DONE_ITEMS", done));
        }
        Lineage::Rerun {
            failed_only: Some(_),
            ..
        } => {
            let failed = path(&layout.failed_items(session, segment));
            variables.extend([("POD_DONE_ITEMS", done), ("POD_FAILED_ITEMS", failed)]);
        }
        Lineage::New | Lineage::Rerun { .. } => {}
    }
    let named = |(name, value): (&str, ExactString)| (name.to_owned(), value);
    variables.into_iter().map(named).collect()
}
