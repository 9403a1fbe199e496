//! `tui attach`: the monitor on a terminal, plain following elsewhere.

use std::{
    io::{self, IsTerminal},
    mem,
};

use anyhow::Result;
use discovery::Source;
use jiff::tz::TimeZone;
use pod_client::Start;
use pod_protocol::{Mode, Offset, Outcome, PodName, RunState, Status};
use tokio::{
    sync::{mpsc, watch},
    task::{JoinSet, yield_now},
};

use super::{
    apart::Apart,
    arguments::AttachOptions,
    config::Config,
    exit,
    follow::{self, Ended, Followed, PodOf, Step},
    logs::Sink,
    messenger::Messenger,
    neighbours, on_terminal,
    outlook::Outlook,
    reader::Reader,
    roots::Roots,
    runtime, target,
};
use crate::screen::{
    Typed, TypedAhead,
    monitor::{self, Leaving, Left, Occasion},
};

/// News that may wait for the screen. Each is at most one piece of a log.
const NEWS_MAX: usize = 8;
/// Orders that may wait: they come from keys.
const ORDERS_MAX: usize = 8;
/// Orders about the terminal that may wait: one for each key that comes before the messenger is at it.
const TERMINAL_ORDERS_MAX: usize = 256;
/// Readings that may wait: they come from keys too, and are taken at once.
const READINGS_MAX: usize = 16;

pub(crate) fn attach(roots: &Roots, outlook: &Outlook, options: &AttachOptions) -> Result<u8> {
    runtime()?.block_on(async {
        let row = target::find_to_follow(roots, &options.pod).await?;
        follow::check_attachable(&row)?;
        let source = follow::source(roots, &row)?;
        let mode = if options.read_only {
            Mode::ReadOnly
        } else {
            Mode::Control
        };
        if !on_terminal() {
            let pod = PodOf {
                roots: roots.clone(),
                name: row.name,
            };
            let ended = follow_as_text(pod, source, mode, Start::At(0), Printer::merged()).await?;
            return Ok(if options.exit_status {
                ended.exit_code
            } else {
                0
            });
        }
        let visit = Visit {
            name: row.name,
            mode,
            occasion: Occasion::Visit,
        };
        let mut ahead = TypedAhead::default();
        Ok(
            match watch(roots, outlook, source, visit, &mut ahead).await? {
                Watched::Ended(exit_code, _) if options.exit_status => exit_code,
                Watched::Ended(..) | Watched::GoesOn(_) => 0,
                Watched::Signalled(signal) => exit::after_signal(signal),
            },
        )
    })
}

/// Who opens the monitor, and why.
pub(crate) struct Visit {
    pub(crate) name: PodName,
    pub(crate) mode: Mode,
    pub(crate) occasion: Occasion,
}

/// How a visit to the monitor ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watched {
    /// The operator left; the run goes on.
    GoesOn(Departure),
    /// The operator left after the run had ended, with this exit code.
    Ended(u8, Departure),
    /// A signal took the screen away.
    Signalled(i32),
}

/// Where the operator wants to be after a monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Departure {
    /// Where they came from: the list, if there was one.
    Back,
    /// In the shell.
    Shell,
}

/// Shows the monitor, of one pod after another, until the operator leaves. What was typed `ahead`
/// goes to it, and what it did not take is there afterwards.
pub(crate) async fn watch(
    roots: &Roots,
    outlook: &Outlook,
    source: Source,
    visit: Visit,
    ahead: &mut TypedAhead,
) -> Result<Watched> {
    let mut seat = match outlook.plain {
        true => Seat::Lines(Typed::start()),
        false => Seat::Screen(None, mem::take(ahead)),
    };
    let watched = watch_from(&mut seat, roots, outlook, source, visit).await;
    if let Seat::Screen(taken, not_taken) = seat {
        *ahead = taken.map_or(not_taken, |screen| screen.close());
    }
    watched
}

/// Where the operator watches from.
pub(crate) enum Seat {
    /// A terminal that is drawn on, once it is taken with the first pod; until then, what was typed
    /// ahead for it.
    Screen(Option<Box<monitor::Screen>>, TypedAhead),
    /// Lines.
    Lines(Typed),
}

/// [`watch()`] from a seat that is there already.
pub(crate) async fn watch_from(
    seat: &mut Seat,
    roots: &Roots,
    outlook: &Outlook,
    source: Source,
    visit: Visit,
) -> Result<Watched> {
    let config = Config::read()?;
    let (keys, alerts) = (config.key_changes()?, config.alerts());
    let first = visit.name.clone();
    let (mut visit, mut source, mut back) = (visit, source, None);
    loop {
        let options = monitor::Options {
            name: visit.name.clone(),
            back,
            // Only the run that was launched here is this terminal's business.
            occasion: match visit.name == first {
                true => visit.occasion,
                false => Occasion::Visit,
            },
            read_only: visit.mode == Mode::ReadOnly,
            palette: outlook.palette,
            braille: outlook.braille,
            zone: TimeZone::system(),
            keys: keys.clone(),
            alerts,
            live: matches!(source, Source::Live { .. }),
        };
        let left = sit(seat, roots, source, options, visit.mode).await?;
        match left.how {
            Leaving::Elsewhere {
                pod,
                back: way_back,
            } => {
                (visit.name, back) = (pod, way_back);
                let pod = PodOf {
                    roots: roots.clone(),
                    name: visit.name.clone(),
                };
                source = follow::source_now(&pod).await?;
            }
            Leaving::Signalled(signal) => return Ok(Watched::Signalled(signal)),
            Leaving::Asked | Leaving::Quit => {
                let departure = match left.how {
                    Leaving::Asked => Departure::Back,
                    _ => Departure::Shell,
                };
                let seen = (visit.name == first).then_some((left.status, left.unbegun));
                return ended_or_not(roots, first, seen, departure).await;
            }
        }
    }
}

/// Shows one pod until the operator leaves it.
async fn sit(
    seat: &mut Seat,
    roots: &Roots,
    source: Source,
    options: monitor::Options,
    mode: Mode,
) -> Result<Left> {
    let (news_sender, news) = mpsc::channel(NEWS_MAX);
    let (orders, order_receiver) = mpsc::channel(ORDERS_MAX);
    let (terminal, terminal_receiver) = mpsc::channel(TERMINAL_ORDERS_MAX);
    let (readings, reading_receiver) = mpsc::channel(READINGS_MAX);
    let (session_sender, session) = watch::channel(None);
    let pod = PodOf {
        roots: roots.clone(),
        name: options.name.clone(),
    };
    let neighbours = neighbours::tell(roots.clone(), options.name.clone(), news_sender.clone());
    let reader = Reader::new(
        roots.clone(),
        session,
        reading_receiver,
        news_sender.clone(),
    );
    let messenger = Messenger::new(
        pod,
        mode,
        news_sender,
        order_receiver,
        terminal_receiver,
        session_sender,
    );
    let mut tasks = JoinSet::new();
    tasks.spawn(neighbours);
    tasks.spawn(reader.run());
    tasks.spawn(messenger.run(source));
    let source = monitor::Source {
        news,
        orders,
        terminal,
        readings,
    };
    // They begin to read and to ask now, and go on while the terminal is set up.
    yield_now().await;
    // Dropping the tasks ends them: nobody reads the news any more.
    Ok(match seat {
        Seat::Screen(taken, ahead) => {
            let screen = match taken {
                Some(screen) => screen,
                None => taken.insert(Box::new(monitor::Screen::open(ahead)?)),
            };
            monitor::run(screen, source, options).await?
        }
        Seat::Lines(typed) => monitor::linear::run(typed, source, options).await?,
    })
}

/// What came of the pod that was watched `first`, by what was `seen` of it or by its files.
async fn ended_or_not(
    roots: &Roots,
    first: PodName,
    seen: Option<(Status, Option<Outcome>)>,
    departure: Departure,
) -> Result<Watched> {
    let pod = PodOf {
        roots: roots.clone(),
        name: first,
    };
    match seen {
        Some((status, _)) if !status.is_terminal() => return Ok(Watched::GoesOn(departure)),
        Some((_, Some(unbegun))) => {
            let ended = Ended::of(unbegun, &RunState::default());
            return Ok(Watched::Ended(ended.exit_code, departure));
        }
        _ => {}
    }
    // The run's own code needs the whole fold, which the files have.
    let source = follow::source_now(&pod).await?;
    if seen.is_none() && matches!(source, Source::Live { .. }) {
        return Ok(Watched::GoesOn(departure));
    }
    let link = follow::options(Mode::ReadOnly, Some(Start::Back(0)), None);
    let is_live = matches!(source, Source::Live { .. });
    let mut followed = Followed::open(pod, source, link).await?;
    followed.connected().await?;
    // Somebody else let it go on: who leaves does not wait for its end.
    if is_live && !followed.status().is_terminal() {
        return Ok(Watched::GoesOn(departure));
    }
    let ended = followed.ended().await?;
    Ok(Watched::Ended(ended.exit_code, departure))
}

/// Where the output of a run goes.
pub(crate) enum Printer {
    /// All of it to standard output.
    Merged(Box<Sink>),
    /// Each stream to its own.
    Apart(Box<Apart>),
}

impl Printer {
    /// All to standard output: into a pipe or a file go the exact bytes, a terminal gets printable
    /// text only.
    pub(crate) fn merged() -> Self {
        Self::Merged(Box::new(Sink::new(!io::stdout().is_terminal())))
    }

    fn write(&mut self, from: Offset, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Merged(sink) => sink.write(bytes),
            Self::Apart(apart) => apart.write(from, bytes),
        }
    }

    /// Of streams told apart only one segment is ever written.
    fn begin_segment(&mut self) -> Result<()> {
        match self {
            Self::Merged(sink) => sink.begin_segment(),
            Self::Apart(_) => Ok(()),
        }
    }

    fn gap(&mut self, bytes: u64) -> Result<()> {
        match self {
            Self::Merged(sink) => sink.gap(bytes),
            Self::Apart(apart) => apart.gap(bytes),
        }
    }

    fn finish(&mut self) -> Result<()> {
        match self {
            Self::Merged(sink) => sink.finish(),
            Self::Apart(apart) => apart.finish(),
        }
    }
}

/// Writes the output of a run until it ends.
pub(crate) async fn follow_as_text(
    pod: PodOf,
    source: Source,
    mode: Mode,
    from: Start,
    mut printer: Printer,
) -> Result<Ended> {
    let link = follow::options(mode, None, Some(from));
    let mut followed = Followed::open(pod, source, link).await?;
    loop {
        match followed.next().await? {
            Step::Output {
                from,
                bytes,
                begins_segment,
            } => {
                if begins_segment {
                    printer.begin_segment()?;
                }
                printer.write(from, &bytes)?;
            }
            Step::Gap { bytes } => printer.gap(bytes)?,
            Step::Records(_) => {}
            Step::Ended(ended) => {
                printer.finish()?;
                return Ok(ended);
            }
        }
    }
}
