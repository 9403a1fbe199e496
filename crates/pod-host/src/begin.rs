//! From a prepared launch to a running command: first record, pump, command, metadata.

use std::{fs::File, io, path::Path, sync::Arc};

use nix::unistd::{AccessFlags, access};
use pod_protocol::{ChildStarted, Event, ExactString, Exit};
use pod_registry::{Lease, Ticket};
use pod_store::OutputHoles;
use tokio::sync::mpsc;

use crate::{
    claim::Claim,
    connect::{HostEnds, sources},
    events_fifo::EventsFifo,
    first_record::{self, Begun},
    plan::{Lineage, Plan, check_directory},
    prepare::Prepared,
    pump::{self, PumpHandle, PumpReport},
    recorder::Recorder,
    request::LaunchFailure,
    run::{Pod, QUEUE_MAX},
    terminal::{Asked, Queries, TerminalEnds},
    warden::{
        CommandPlan, WardenLink,
        message::{Order, Report},
    },
};

/// What stands once the segment has begun.
pub(crate) struct Raised {
    pub(crate) pod: Pod,
    pub(crate) recorder: Recorder,
    pub(crate) pump: PumpHandle,
    pub(crate) pump_reports: mpsc::Receiver<PumpReport>,
    /// Of a run with a terminal.
    pub(crate) terminal: Option<(TerminalEnds, Arc<Queries>)>,
    /// The command, unless none could be started.
    pub(crate) command: Option<u32>,
    pub(crate) fifo: EventsFifo,
    /// Keeps the FIFO open until the runtime reads it.
    pub(crate) fifo_hold: File,
    pub(crate) lease: Lease,
    pub(crate) ticket: Option<Ticket>,
    pub(crate) holes: OutputHoles,
    /// Why no command runs, where that is how the run ends.
    pub(crate) not_started: Option<NotStarted>,
}

/// Who hears of a command that cannot be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// The launcher, who waits for the word: then there is no pod.
    Launch,
    /// The log, because the pod was there before its turn came.
    Turn,
}

/// A command that could not be started.
#[derive(Debug)]
pub(crate) struct NotStarted {
    /// What a shell would make of it.
    pub(crate) exit: Exit,
    /// In words.
    pub(crate) reason: String,
}

impl NotStarted {
    /// What `failure` means for a run, unless it is one of the host.
    fn of(failure: &LaunchFailure) -> Option<Self> {
        let code = match failure {
            LaunchFailure::NotFound { .. } => 127,
            LaunchFailure::NotExecutable { .. } => 126,
            LaunchFailure::NoDirectory { .. } => 2,
            _ => return None,
        };
        Some(Self {
            exit: Exit::Code(code),
            reason: failure.to_string(),
        })
    }
}

/// Begins the segment. `ticket` is the run's place in its group.
pub(crate) fn begin(
    prepared: Prepared,
    claim: &mut Claim,
    warden: &mut WardenLink,
    ticket: Option<Ticket>,
    occasion: Occasion,
) -> Result<Raised, LaunchFailure> {
    let Prepared {
        plan,
        ours,
        socket,
        fifo_hold,
        tool,
        runtime_root,
    } = prepared;
    let Begun {
        mut recorder,
        output,
        holes,
        logs,
    } = first_record::begin(&plan, &tool, claim)?;
    let (pump_sender, pump_reports) = mpsc::channel(QUEUE_MAX);
    let HostEnds { readable, terminal } = ours;
    let sources = sources(plan.terms.io, readable);
    let (published, clock) = (Arc::clone(&logs.published), recorder.clock().clone());
    let terminal = terminal.map(|ends| (ends, Arc::new(Queries::default())));
    let asked = terminal
        .as_ref()
        .map(|(_, queries)| Asked::new(Arc::clone(queries)));
    let pump = pump::start((sources, asked), output, published, clock, pump_sender)
        .map_err(LaunchFailure::io("start the output pump"))?;
    claim.mark(&plan.terms)?;
    let variables = pod_variables(claim, &plan.lineage, &socket);
    let terms = plan.terms.clone();
    let started = start_command(plan.into_command(variables), warden, &mut recorder);
    let (command, not_started) = match (started, occasion) {
        (Ok(pid), _) => (Some(pid), None),
        (Err(failure), Occasion::Launch) => return Err(failure),
        (Err(failure), Occasion::Turn) => (None, Some(NotStarted::of(&failure).ok_or(failure)?)),
    };
    let store = claim.store.clone();
    let (lease, fifo) = claim.keep(recorder.writer())?;
    let pod = Pod {
        name: claim.name.clone(),
        session: claim.session,
        tool,
        terms,
        runtime_root,
        store,
        logs: Arc::new(logs),
    };
    Ok(Raised {
        pod,
        recorder,
        pump,
        pump_reports,
        terminal,
        command,
        fifo,
        fifo_hold,
        lease,
        ticket,
        holes,
        not_started,
    })
}

/// Lets the warden execute the command and records that it runs.
fn start_command(
    command: CommandPlan,
    warden: &mut WardenLink,
    recorder: &mut Recorder,
) -> Result<u32, LaunchFailure> {
    let talk = "talk to the warden";
    let (program, cwd) = (command.command.first().cloned(), command.cwd.clone());
    warden
        .order(&Order::Start(command))
        .map_err(LaunchFailure::io(talk))?;
    match warden.next_report().map_err(LaunchFailure::io(talk))? {
        Some(Report::Started { pid }) => {
            recorder.record(&Event::ChildStarted(ChildStarted { pid }));
            Ok(pid)
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

/// Refuses a launch that waits for a command which could not be started now: the operator who
/// mistyped it is still there. What is found now may be gone when the turn comes.
pub(crate) fn check_program(plan: &Plan) -> Result<(), LaunchFailure> {
    let Some(program) = plan.command.first() else {
        return Err(not_started(None, &plan.cwd, libc::EINVAL));
    };
    let given = Path::new(program.as_os_str());
    let path = match &plan.restored {
        None => std::env::var_os("PATH"),
        Some(known) => known
            .iter()
            .find(|(name, _)| name.as_os_str() == "PATH")
            .map(|(_, value)| value.as_os_str().to_owned()),
    };
    // Without a PATH the system has its own.
    let Some(path) = path.filter(|_| !program.to_text().contains('/')) else {
        let there = Path::new(plan.cwd.as_os_str()).join(given);
        let found = access(&there, AccessFlags::X_OK);
        let is_bare = !program.to_text().contains('/');
        return match found {
            Err(errno) if !is_bare => {
                Err(not_started(Some(program.clone()), &plan.cwd, errno as i32))
            }
            _ => Ok(()),
        };
    };
    let candidates = std::env::split_paths(&path)
        .map(|directory| Path::new(plan.cwd.as_os_str()).join(directory).join(given));
    let mut errno = libc::ENOENT;
    for candidate in candidates.filter(|candidate| candidate.is_file()) {
        match access(&candidate, AccessFlags::X_OK) {
            Ok(()) => return Ok(()),
            Err(refused) => errno = refused as i32,
        }
    }
    Err(not_started(Some(program.clone()), &plan.cwd, errno))
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
