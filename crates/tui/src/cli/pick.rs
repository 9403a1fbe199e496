//! `tui -r`: the picker, or at once the primary action on a named pod.

mod remembered;
mod service;

use std::env;

use anyhow::Result;
use discovery::{Primary, Source};
use jiff::tz::TimeZone;
use pod_client::Start;
use pod_protocol::{Mode, PodName, SessionId};

use self::service::Service;
use super::{
    arguments::ListOptions,
    attach::{self, Printer, Visit, Watched},
    config::Config,
    exit,
    follow::{self, PodOf},
    launch, list, on_terminal,
    outlook::Outlook,
    resume,
    roots::Roots,
    run, runtime, say_no_pods, target,
};
use crate::screen::{
    monitor::{Leaving, Occasion},
    picker::{self, Action, Picked},
};

pub(crate) fn pick(roots: &Roots, outlook: &Outlook, pod: Option<&str>) -> Result<u8> {
    match pod {
        Some(pod) => {
            let runtime = runtime()?;
            let row = runtime.block_on(target::find(roots, pod))?;
            match (row.primary(), row.session()) {
                (Some(Primary::Resume), Some(session)) => {
                    take_up(roots, outlook, &row.name, session)
                }
                _ => runtime.block_on(open(roots, outlook, row.name, Mode::Control)),
            }
        }
        None if on_terminal() => match runtime()?.block_on(choose(roots, outlook))? {
            Choice::Left(code) => Ok(code),
            Choice::Resume(name) => {
                let row = runtime()?.block_on(target::find(roots, name.as_str()))?;
                match (row.attachable(), row.session()) {
                    // Somebody else was quicker: then it is there to be watched.
                    (Ok(_), _) | (_, None) => {
                        runtime()?.block_on(open(roots, outlook, name, Mode::Control))
                    }
                    (Err(_), Some(session)) => take_up(roots, outlook, &name, session),
                }
            }
        },
        None => list::list(
            roots,
            &ListOptions {
                all: true,
                ..ListOptions::default()
            },
        ),
    }
}

/// What comes of the picker.
enum Choice {
    /// It is over, with this exit code.
    Left(u8),
    /// This run is to be taken up, without the picker's runtime.
    Resume(PodName),
}

fn take_up(roots: &Roots, outlook: &Outlook, name: &PodName, session: SessionId) -> Result<u8> {
    let launched = resume::take_up(roots, name, session)?;
    launch::say_what_stays(&launched);
    run::attend(roots, outlook, &launched, false, false)
}

/// The primary action on a run that is not resumed: the monitor on the live pod, or on what it left.
async fn open(roots: &Roots, outlook: &Outlook, name: PodName, mode: Mode) -> Result<u8> {
    let pod = PodOf {
        roots: roots.clone(),
        name: name.clone(),
    };
    let source = follow::source_now(&pod).await?;
    // Only a live run has something that a viewer must keep its hands off.
    let mode = match source {
        Source::Live { .. } => mode,
        Source::Stored { .. } => Mode::Control,
    };
    if on_terminal() {
        let visit = Visit {
            name,
            mode,
            occasion: Occasion::Visit,
        };
        return Ok(match attach::watch(roots, outlook, source, visit).await? {
            Watched::Ended(_) | Watched::GoesOn => 0,
            Watched::Signalled(signal) => exit::after_signal(signal),
        });
    }
    attach::follow_as_text(pod, source, mode, Start::At(0), Printer::merged()).await?;
    Ok(0)
}

async fn choose(roots: &Roots, outlook: &Outlook) -> Result<Choice> {
    let keys = Config::read()?.key_changes()?;
    let (service, source, first) = Service::start(roots).await;
    let options = picker::Options {
        palette: outlook.palette,
        zone: TimeZone::system(),
        directory: env::current_dir().ok(),
        scope: remembered::scope(roots),
        keys,
    };
    let picked = picker::run(first, source, options).await;
    drop(service);
    let code = match picked? {
        Picked::Chosen {
            name,
            action: Action::Resume,
        } => return Ok(Choice::Resume(name)),
        // To view a live run is to watch it without being able to act.
        Picked::Chosen {
            name,
            action: Action::View,
        } => open(roots, outlook, name, Mode::ReadOnly).await?,
        Picked::Chosen {
            name,
            action: Action::Attach,
        } => open(roots, outlook, name, Mode::Control).await?,
        Picked::Left(Leaving::Asked) => 0,
        Picked::Left(Leaving::Signalled(signal)) => exit::after_signal(signal),
        Picked::NothingToShow => {
            say_no_pods();
            exit::GENERAL
        }
    };
    Ok(Choice::Left(code))
}
