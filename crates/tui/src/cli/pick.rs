//! `tui -r`: the picker, or at once the primary action on a named pod.

use std::time::Duration;

use anyhow::{Context, Result};
use discovery::PodList;
use jiff::tz::TimeZone;
use pod_client::Start;
use pod_protocol::{Mode, PodName, Request};
use tokio::{sync::mpsc, time::interval};

use super::{
    arguments::ListOptions,
    attach::{self, Visit, Watched},
    exit,
    follow::{self, Followed, PodOf},
    list, on_terminal,
    outlook::Outlook,
    roots::Roots,
    runtime, say_no_pods,
    stop::GRACE_MS,
    target,
};
use crate::screen::{
    monitor::{Leaving, Occasion},
    picker::{self, Action, News, Order, Picked},
};

/// How often an open picker looks again.
const REFRESH_EVERY: Duration = Duration::from_secs(1);
/// Lists and answers that may wait for the screen; a list that finds no place is not sent.
const NEWS_MAX: usize = 4;
/// Orders that may wait: they come from keys.
const ORDERS_MAX: usize = 8;

pub(crate) fn pick(roots: &Roots, outlook: &Outlook, pod: Option<&str>) -> Result<u8> {
    match pod {
        Some(pod) => runtime()?.block_on(async {
            let name = target::find(roots, pod).await?.name;
            open(roots, outlook, name, Mode::Control).await
        }),
        None if on_terminal() => runtime()?.block_on(choose(roots, outlook)),
        None => list::list(
            roots,
            &ListOptions {
                all: true,
                limit: usize::MAX,
                runs: None,
                json: false,
            },
        ),
    }
}

/// The primary action: the monitor on the live pod, or on what it left.
async fn open(roots: &Roots, outlook: &Outlook, name: PodName, mode: Mode) -> Result<u8> {
    let pod = PodOf {
        roots: roots.clone(),
        name: name.clone(),
    };
    let source = follow::source_now(&pod).await?;
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
    attach::follow_as_text(pod, source, mode, Start::At(0)).await?;
    Ok(0)
}

async fn choose(roots: &Roots, outlook: &Outlook) -> Result<u8> {
    let list = look(roots).await;
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
    match picked? {
        Picked::Chosen { name, action } => {
            // To view a live run is to watch it without being able to act.
            let mode = match action {
                Action::Attach => Mode::Control,
                Action::View => Mode::ReadOnly,
            };
            open(roots, outlook, name, mode).await
        }
        Picked::Left(Leaving::Asked) => Ok(0),
        Picked::Left(Leaving::Signalled(signal)) => Ok(exit::after_signal(signal)),
        Picked::NothingToShow => {
            say_no_pods();
            Ok(exit::GENERAL)
        }
    }
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
    let mut ticks = interval(REFRESH_EVERY);
    loop {
        tokio::select! {
            order = orders.recv() => {
                let Some(Order::Stop(name)) = order else { return };
                let settled = stop(&roots, &name).await.map_err(|error| format!("{error:#}"));
                if news.send(News::StopSettled(name, settled)).await.is_err() {
                    return;
                }
            }
            _ = ticks.tick() => {
                let list = look(&roots).await;
                // A screen that has not taken the last list yet gets the next one.
                if list != shown && news.try_send(News::List(list.clone())).is_ok() {
                    shown = list;
                }
            }
        }
    }
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
