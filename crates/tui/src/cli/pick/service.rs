//! What an open picker needs from outside: newer lists, and somebody who carries its orders out.
//!
//! Lists and orders go on side by side: a host that does not answer delays no peek, and no stop
//! delays a list. A list is compared and made ready for the screen on a thread of its own.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use discovery::{Peek, PodList, Row};
use keeping::Keeper;
use pod_client::Start;
use pod_protocol::{Mode, PodName, Request};
use tokio::{
    sync::{Notify, mpsc, watch},
    task::{JoinHandle, JoinSet, spawn_blocking},
    time::timeout,
};

use super::remembered;
use crate::{
    cli::{
        follow::{self, Followed, PodOf},
        json,
        lists::{self, Lists},
        roots::Roots,
        stop::GRACE_MS,
    },
    screen::picker::{Listing, News, Order, Source},
};

/// How often an open picker looks at the pods that are live.
const REFRESH_EVERY: Duration = Duration::from_secs(1);
/// Lists and answers that may wait for the screen.
const NEWS_MAX: usize = 4;
/// Orders that may wait: they come from keys.
const ORDERS_MAX: usize = 8;

/// How long a picker that was left is waited for to carry out what it was told: many times what a
/// file takes, and little enough for whoever waits for a prompt.
const FINISHING_MAX: Duration = Duration::from_secs(2);

/// Serves one picker until it is dropped.
pub(super) struct Service {
    lists: JoinHandle<()>,
    worker: JoinHandle<()>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.lists.abort();
        self.worker.abort();
    }
}

impl Service {
    /// Takes a first look and begins. The complete list comes as the first news.
    pub(super) async fn start(roots: &Roots) -> (Self, Source, Listing) {
        let place = roots.for_discovery();
        let mut first = discovery::first_look(&place, discovery::PROBE_DEADLINE).await;
        if first.rows.is_empty() {
            // Only the whole list can say that there is nothing.
            first = lists::look(roots).await;
        }
        let first = Arc::new(first);
        let listing = Listing::from(&*first);
        let (news_sender, news) = mpsc::channel(NEWS_MAX);
        let (orders, from_picker) = mpsc::channel(ORDERS_MAX);
        let (shown, latest) = watch::channel(Arc::clone(&first));
        let again = Arc::new(Notify::new());
        let lists = Lists::after(first, roots, Arc::clone(&again), REFRESH_EVERY);
        let lists = send_lists(lists, shown, news_sender.clone());
        let worker = Worker {
            roots: roots.clone(),
            latest,
            again,
            news: news_sender,
        };
        let service = Self {
            lists: tokio::spawn(lists),
            worker: tokio::spawn(worker.serve(from_picker)),
        };
        (service, Source { news, orders }, listing)
    }

    /// Waits until the last orders of a picker that is gone have been carried out.
    pub(super) async fn finish(mut self) {
        // Whatever takes longer is given up.
        let _ = timeout(FINISHING_MAX, &mut self.worker).await;
    }
}

/// Sends every list that differs from the one before, until nobody wants one.
async fn send_lists(
    mut lists: Lists,
    shown: watch::Sender<Arc<PodList>>,
    news: mpsc::Sender<News>,
) {
    loop {
        let (before, list) = lists.next().await;
        shown.send_replace(Arc::clone(&list));
        let listing = spawn_blocking(move || (list != before).then(|| Listing::from(&*list)));
        let listing = listing.await.expect("making a listing does not panic");
        if let Some(listing) = listing
            && news.send(News::List(listing)).await.is_err()
        {
            return;
        }
    }
}

/// Who carries orders out.
#[derive(Clone)]
struct Worker {
    roots: Roots,
    latest: watch::Receiver<Arc<PodList>>,
    /// Asks for a list at once.
    again: Arc<Notify>,
    news: mpsc::Sender<News>,
}

impl Worker {
    async fn serve(self, mut orders: mpsc::Receiver<Order>) {
        // Dropped with this task, and everything that is under way with it.
        let (mut changes, mut peeks) = (JoinSet::new(), JoinSet::new());
        while let Some(order) = orders.recv().await {
            let under_way = match order {
                Order::Peek(_) => &mut peeks,
                _ => &mut changes,
            };
            under_way.spawn(self.clone().carry_out(order));
            while under_way.try_join_next().is_some() {}
        }
        // Nobody will look at a peek.
        while changes.join_next().await.is_some() {}
    }

    async fn carry_out(self, order: Order) {
        let news = match order {
            Order::Peek(pod) => {
                let seen = self.peek(&pod).await;
                News::Peeked(pod, seen.map_err(|error| format!("{error:#}")))
            }
            order => {
                let result = self.change(order.clone()).await;
                self.again.notify_one();
                News::Settled(order, result.map_err(|error| format!("{error:#}")))
            }
        };
        // A picker that is gone hears nothing.
        drop(self.news.send(news).await);
    }

    async fn peek(&self, pod: &PodName) -> Result<Peek> {
        let list = Arc::clone(&self.latest.borrow());
        let is_it = |row: &&Row| row.name == *pod;
        let row = list.rows.iter().find(is_it).context("it is gone")?;
        Ok(discovery::peek(&self.roots.for_discovery(), row).await?)
    }

    async fn change(&self, order: Order) -> Result<()> {
        let roots = self.roots.clone();
        let keeper = move || Keeper::open(&roots.state, &roots.runtime);
        match order {
            Order::Stop(pod) => stop(&self.roots, pod).await,
            Order::Pin { pod, pinned } => {
                blocking(move || Ok(keeper()?.pin(&pod, pinned).map(drop)?)).await
            }
            Order::Rename { from, to } => {
                blocking(move || Ok(keeper()?.rename(&from, &to, json::now())?)).await
            }
            Order::Remember(scope) => {
                let roots = self.roots.clone();
                blocking(move || remembered::remember(&roots, scope)).await
            }
            Order::Peek(_) => Ok(()),
        }
    }
}

async fn blocking(work: impl FnOnce() -> Result<()> + Send + 'static) -> Result<()> {
    spawn_blocking(work).await.context("it was given up")?
}

async fn stop(roots: &Roots, name: PodName) -> Result<()> {
    let roots = roots.clone();
    let pod = PodOf { roots, name };
    let source = follow::source_now(&pod).await?;
    let link = follow::options(Mode::Control, Some(Start::Back(0)), None);
    let mut followed = Followed::open(pod, source, link).await?;
    followed.connected().await?;
    let request = Request::Stop { grace_ms: GRACE_MS };
    let asked = followed.ask_to_end(request).await;
    asked.map(drop).context("cannot stop it")
}
