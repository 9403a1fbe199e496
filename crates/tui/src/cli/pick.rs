//! `tui -r`: the picker, or at once the primary action on a named pod.

mod lines;
mod remembered;
mod service;

use std::env;

use anyhow::Result;
use discovery::{Primary, Source};
use jiff::tz::TimeZone;
use pod_client::Start;
use pod_protocol::{Mode, PodName, SessionId};

use self::{lines::Chosen, service::Service};
use super::{
    arguments::ListOptions,
    attach::{self, Departure, Printer, Seat, Visit, Watched},
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
    Typed, TypedAhead,
    monitor::{Leaving, Occasion},
    picker::{self, Action, Picked, Place},
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
                _ => match runtime.block_on(open(
                    roots,
                    outlook,
                    Chair::Anew(&mut TypedAhead::default()),
                    row.name,
                    Mode::Control,
                ))? {
                    Opened::Back => Ok(0),
                    Opened::Left(code) => Ok(code),
                },
            }
        }
        None if on_terminal() => from_the_list(roots, outlook),
        None => list::list(
            roots,
            &ListOptions {
                all: true,
                ..ListOptions::default()
            },
        ),
    }
}

/// Shows the list, and again after each pod that was left for it.
fn from_the_list(roots: &Roots, outlook: &Outlook) -> Result<u8> {
    let mut place = Place::default();
    // The lines that are typed have one reader, whatever they are about.
    let mut lines = outlook.plain.then(Typed::start).map(Seat::Lines);
    let mut ahead = TypedAhead::default();
    loop {
        let picked = match &mut lines {
            Some(Seat::Lines(typed)) => {
                runtime()?.block_on(choose_by_line(roots, typed, place.clone()))?
            }
            _ => runtime()?.block_on(choose(roots, outlook, place.clone(), &mut ahead))?,
        };
        let (name, action) = match picked {
            Picked::Chosen {
                name,
                action,
                place: left_at,
            } => {
                place = left_at;
                (name, action)
            }
            Picked::Left(Leaving::Signalled(signal)) => return Ok(exit::after_signal(signal)),
            Picked::Left(_) => return Ok(0),
            // Not an error where the last one was removed while it was looked at.
            Picked::NothingToShow if place != Place::default() => return Ok(0),
            Picked::NothingToShow => {
                say_no_pods();
                return Ok(exit::GENERAL);
            }
        };
        let mode = match action {
            Action::Attach => Mode::Control,
            // To view a live run is to watch it without being able to act.
            Action::View => Mode::ReadOnly,
            Action::Resume => {
                let row = runtime()?.block_on(target::find(roots, name.as_str()))?;
                // Somebody else may have been quicker: then it is there to be watched.
                if let (Err(_), Some(session)) = (row.attachable(), row.session()) {
                    let launched = resume::take_up(roots, &name, session)?;
                    launch::say_what_stays(&launched);
                }
                Mode::Control
            }
        };
        let seat = match &mut lines {
            Some(lines) => Chair::There(lines),
            None => Chair::Anew(&mut ahead),
        };
        match runtime()?.block_on(open(roots, outlook, seat, name, mode))? {
            Opened::Back => {}
            Opened::Left(code) => return Ok(code),
        }
    }
}

fn take_up(roots: &Roots, outlook: &Outlook, name: &PodName, session: SessionId) -> Result<u8> {
    let launched = resume::take_up(roots, name, session)?;
    launch::say_what_stays(&launched);
    run::attend(roots, outlook, &launched, false, false)
}

/// Where the operator is to watch from.
enum Chair<'a> {
    /// Where they are.
    There(&'a mut Seat),
    /// Somewhere else; this was typed ahead for it, and afterwards for who comes next.
    Anew(&'a mut TypedAhead),
}

/// How a monitor that was opened from the list was left.
enum Opened {
    /// For the list.
    Back,
    /// For the shell, with this exit code.
    Left(u8),
}

/// The primary action on a run that is not resumed: the monitor on the live pod, or on what it left.
async fn open(
    roots: &Roots,
    outlook: &Outlook,
    chair: Chair<'_>,
    name: PodName,
    mode: Mode,
) -> Result<Opened> {
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
        let watched = match chair {
            Chair::There(seat) => attach::watch_from(seat, roots, outlook, source, visit).await?,
            Chair::Anew(ahead) => attach::watch(roots, outlook, source, visit, ahead).await?,
        };
        return Ok(match watched {
            Watched::Ended(_, Departure::Back) | Watched::GoesOn(Departure::Back) => Opened::Back,
            Watched::Ended(_, Departure::Shell) | Watched::GoesOn(Departure::Shell) => {
                Opened::Left(0)
            }
            Watched::Signalled(signal) => Opened::Left(exit::after_signal(signal)),
        });
    }
    attach::follow_as_text(pod, source, mode, Start::At(0), Printer::merged()).await?;
    Ok(Opened::Left(0))
}

/// [`choose`] where screens are lines.
async fn choose_by_line(roots: &Roots, typed: &mut Typed, place: Place) -> Result<Picked> {
    Ok(match lines::choose(roots, typed).await? {
        Chosen::Pod(name, action) => {
            let selected = Some(name.clone());
            let place = Place { selected, ..place };
            Picked::Chosen {
                name,
                action,
                place,
            }
        }
        Chosen::Left => Picked::Left(Leaving::Asked),
        Chosen::NothingToShow => Picked::NothingToShow,
    })
}

async fn choose(
    roots: &Roots,
    outlook: &Outlook,
    place: Place,
    ahead: &mut TypedAhead,
) -> Result<Picked> {
    let keys = Config::read()?.key_changes()?;
    let (service, source, first) = Service::start(roots).await;
    let options = picker::Options {
        palette: outlook.palette,
        zone: TimeZone::system(),
        directory: env::current_dir().ok(),
        scope: remembered::scope(roots),
        place,
        keys,
    };
    let picked = picker::run(first, source, options, ahead).await;
    service.finish().await;
    Ok(picked?)
}
