//! `tui -r`: the picker, or at once the primary action on a named pod.

use std::time::Duration;

use anyhow::{Context, Result};
use discovery::{PodList, Primary, Source, Watch};
use jiff::tz::TimeZone;
use pod_client::Start;
use pod_protocol::{Mode, PodName, Request, SessionId};
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};

use super::{
    arguments::ListOptions,
    attach::{self, Printer, Visit, Watched},
    exit,
    follow::{self, Followed, PodOf},
    launch, list, on_terminal,
    outlook::Outlook,
    resume,
    roots::Roots,
    run, runtime, say_no_pods,
    stop::GRACE_MS,
    target,
};
use crate::screen::{
    monitor::{Leaving, Occasion},
    picker::{self, Action, News, Order, Picked},
};

/// How often an open picker looks at the pods that are live: what they do changes no directory.
const REFRESH_EVERY: Duration = Duration::from_secs(1);
/// Lists and answers that may wait for the screen; a list that finds no place is not sent.
const NEWS_MAX: usize = 4;
/// Orders that may wait: they come from keys.
const ORDERS_MAX: usize = 8;

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
    let mut list = discovery::first_look(&roots.for_discovery(), discovery::PROBE_DEADLINE).await;
    if list.rows.is_empty() {
        // Only the whole list can say that there is nothing.
        list = look(roots).await;
    }
    let (news_sender, news) = mpsc::channel(NEWS_MAX);
    let (orders, order_receiver) = mpsc::channel(ORDERS_MAX);
    let refresher = tokio::spawn(serve(
        roots.clone(),
        list.clone(),
        news_sender,
        order_receiver,
    ));
    let options = picker::Options {
        palette: outlook.palette,
        zone: TimeZone::system(),
    };
    let picked = picker::run(&list, picker::Source { news, orders }, options).await;
    refresher.abort();
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

async fn look(roots: &Roots) -> PodList {
    discovery::list(&roots.for_discovery(), discovery::PROBE_DEADLINE).await
}

/// Keeps the picker's list fresh and carries out its orders, until the picker is gone.
async fn serve(
    roots: Roots,
    mut shown: PodList,
    news: mpsc::Sender<News>,
    mut orders: mpsc::Receiver<Order>,
) {
    let mut watch = Watch::start(&roots.for_discovery());
    let mut ticks = interval(REFRESH_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // What is shown first is not all there is.
    let mut is_whole = false;
    loop {
        let look_again = tokio::select! {
            order = orders.recv() => {
                let Some(Order::Stop(name)) = order else { return };
                let settled = stop(&roots, &name).await.map_err(|error| format!("{error:#}"));
                if news.send(News::StopSettled(name, settled)).await.is_err() {
                    return;
                }
                true
            }
            () = watch.changed() => true,
            _ = ticks.tick() => !is_whole,
        };
        let list = match look_again {
            true => look(&roots).await,
            false => refresh(&roots, &shown).await,
        };
        // A screen that has not taken the last list yet gets the next one, which is a whole one.
        is_whole = list == shown || news.try_send(News::List(list.clone())).is_ok();
        if is_whole {
            shown = list;
        }
    }
}

async fn refresh(roots: &Roots, shown: &PodList) -> PodList {
    let deadline = discovery::PROBE_DEADLINE;
    discovery::refresh(&roots.for_discovery(), shown.clone(), deadline).await
}

async fn stop(roots: &Roots, name: &PodName) -> Result<()> {
    let pod = PodOf {
        roots: roots.clone(),
        name: name.clone(),
    };
    let source = follow::source_now(&pod).await?;
    let link = follow::options(Mode::Control, Some(Start::Back(0)), None);
    let mut followed = Followed::open(pod, source, link).await?;
    followed.connected().await?;
    let request = Request::Stop { grace_ms: GRACE_MS };
    followed
        .ask_to_end(request)
        .await
        .map(drop)
        .context("cannot stop it")
}
