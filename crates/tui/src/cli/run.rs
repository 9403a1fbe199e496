//! `tui run`: from a command line to a pod.

use std::{env, time::Duration};

use anyhow::{Context, Result, ensure};
use discovery::Source;
use pod_client::Start;
use pod_host::{LaunchRequest, Launched, NameChoice, NewRun, Origin};
use pod_protocol::{Mode, PodName, Request};
use pod_store::{ChildIo, GroupTerms, Store, Terms};
use tokio::signal::unix::{SignalKind, signal};

use super::{
    apart::Apart,
    arguments::RunOptions,
    attach::{self, Printer, Visit, Watched},
    exit,
    follow::{self, Followed, PodOf},
    json::{self, LaunchedDocument},
    launch, on_terminal,
    outlook::Outlook,
    print,
    roots::Roots,
    runtime,
    stop::GRACE_MS,
    talk, target,
};
use crate::screen::{TypedAhead, monitor::Occasion};

/// So many names fit the summary of a run beside everything else.
const AFTER_MAX: usize = 16;

pub(crate) fn run(roots: &Roots, outlook: &Outlook, options: &RunOptions) -> Result<u8> {
    let after = awaited(roots, &options.after)?;
    let launched = pod_host::launch(&request(roots, options, after)?)?;
    warn_of_logout();
    launch::say_what_stays(&launched);
    attend(roots, outlook, &launched, options.detach, options.json)
}

/// What comes after a launch: the pod's name, the monitor, or its output as text.
pub(crate) fn attend(
    roots: &Roots,
    outlook: &Outlook,
    launched: &Launched,
    detach: bool,
    json: bool,
) -> Result<u8> {
    if let Some(waiting_for) = launched.waiting_for.as_ref().filter(|_| !json) {
        let name = &launched.name;
        talk(format_args!("{name}: pending, {waiting_for}"));
    }
    if detach {
        return announce(launched, json);
    }
    runtime()?.block_on(async {
        let pod = PodOf {
            roots: roots.clone(),
            name: launched.name.clone(),
        };
        // A short command may be over by now.
        let source = follow::source_now(&pod).await?;
        if !on_terminal() {
            let store = Store::new(&roots.state);
            let apart = Apart::new(store, launched.session, launched.segment);
            let from = Start::At(launched.out_base.0);
            return follow_in_foreground(pod, source, from, apart).await;
        }
        let name = pod.name;
        let visit = Visit {
            name,
            mode: Mode::Control,
            occasion: Occasion::Launched,
        };
        let mut ahead = TypedAhead::default();
        Ok(
            match attach::watch(roots, outlook, source, visit, &mut ahead).await? {
                Watched::Ended(exit_code, _) => exit_code,
                Watched::Signalled(signal) => exit::after_signal(signal),
                Watched::GoesOn(_) => {
                    let name = &launched.name;
                    talk(format_args!(
                        "{name} goes on; come back with: tui attach {name}"
                    ));
                    0
                }
            },
        )
    })
}

/// One line where the login manager would end the run, with the command that keeps it.
fn warn_of_logout() {
    if pod_host::Logout::read() == pod_host::Logout::EndsHost {
        talk(format_args!(
            "tui: this run ends when you log out; to keep runs: loginctl enable-linger"
        ));
    }
}

/// The pods to wait for. A typo launches nothing.
fn awaited(roots: &Roots, targets: &[String]) -> Result<Vec<PodName>> {
    if targets.is_empty() {
        return Ok(Vec::new());
    }
    ensure!(
        targets.len() <= AFTER_MAX,
        "a run waits for at most {AFTER_MAX} pods"
    );
    runtime()?.block_on(async {
        let mut names = Vec::with_capacity(targets.len());
        for target in targets {
            names.push(target::find(roots, target).await?.name);
        }
        Ok(names)
    })
}

fn request(roots: &Roots, options: &RunOptions, after: Vec<PodName>) -> Result<LaunchRequest> {
    let here = env::current_dir().context("cannot tell the working directory")?;
    let cwd = options
        .cwd
        .as_ref()
        .map_or_else(|| here.clone(), |cwd| here.join(cwd));
    let words: Vec<String> = options
        .command
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let name = match &options.name {
        Some(name) => NameChoice::Exact(name.clone()),
        None => NameChoice::From(PodName::from_command(&words)),
    };
    let new = NewRun {
        name,
        command: options
            .command
            .iter()
            .map(|word| word.as_os_str().into())
            .collect(),
        cwd: cwd.as_os_str().into(),
        terms: terms(options),
        labels: options.labels.iter().cloned().collect(),
        after,
    };
    launch::request(roots, Origin::New(new))
}

fn terms(options: &RunOptions) -> Terms {
    let millis = |limit: Duration| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    Terms {
        cap: options.cap,
        planned: options.planned,
        timeout_ms: options.timeout.map(millis),
        reap: options.reap,
        recover: options.recover,
        group: options.group.clone().map(|name| GroupTerms {
            name,
            limit: options.limit,
        }),
        ..Terms::of(if options.pipe {
            ChildIo::Pipe
        } else {
            ChildIo::Pty
        })
    }
}

fn announce(launched: &Launched, json: bool) -> Result<u8> {
    let name = &launched.name;
    if json {
        print(&json::line(&LaunchedDocument {
            version: json::VERSION,
            name,
            session: launched.session,
            segment: launched.segment,
            host_pid: launched.host_pid,
            socket: launched.socket.to_string_lossy().into_owned(),
            waiting_for: launched.waiting_for.as_ref(),
        }))?;
    } else {
        print(format!("{name}\n").as_bytes())?;
    }
    Ok(0)
}

/// Without a terminal: the output goes to ours, a signal to us stops the run gracefully, and the
/// exit code is the run's own.
async fn follow_in_foreground(pod: PodOf, source: Source, from: Start, apart: Apart) -> Result<u8> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let link = follow::options(Mode::Control, Some(Start::Back(0)), None);
    let mut control = Followed::open(pod.clone(), source.clone(), link).await?;
    control.connected().await?;
    let printer = Printer::Apart(Box::new(apart));
    let output = attach::follow_as_text(pod, source, Mode::ReadOnly, from, printer);
    tokio::pin!(output);
    loop {
        tokio::select! {
            ended = &mut output => return Ok(ended?.exit_code),
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        // What is already stopping or over needs nothing more; the output still comes to its end.
        let stopping = tokio::select! {
            ended = &mut output => return Ok(ended?.exit_code),
            stopping = control.ask_to_end(Request::Stop { grace_ms: GRACE_MS }) => stopping,
        };
        if let Err(error) = stopping {
            talk(format_args!("tui: cannot stop the run: {error}"));
        }
    }
}
