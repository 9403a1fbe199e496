//! Reads the logs beside a monitor: what its tabs ask for.
//!
//! Each reading is done on a blocking thread of its own, so the screen waits for nothing. A newer
//! reading of the same kind cancels the one before it; leaving the screen cancels all.

mod channels;
mod events;
mod info;
mod output;
mod results;
mod silence;
mod terminal;
mod wish;

use std::sync::Arc;

use pod_protocol::SessionId;
use tokio::sync::{mpsc, watch};

use self::wish::Wish;
use super::roots::Roots;
use crate::screen::monitor::{Found, Lane, News, Reading};

/// Takes readings and hands back what was found.
pub(crate) struct Reader {
    roots: Roots,
    /// The session that is shown, as soon as it is known.
    session: watch::Receiver<Option<SessionId>>,
    readings: mpsc::Receiver<Reading>,
    news: mpsc::Sender<News>,
    /// What is under way, by kind.
    under_way: [Arc<Wish>; Lane::COUNT],
}

/// One reading: where, for whom, and whether it is still wanted.
pub(super) struct Desk {
    roots: Roots,
    session: SessionId,
    wish: Arc<Wish>,
    news: mpsc::Sender<News>,
}

impl Desk {
    /// Whether nobody wants it any more.
    pub(super) fn is_cancelled(&self) -> bool {
        self.wish.is_given_up()
    }

    /// Hands over a part of what was found; waits while the screen is busy. Says whether more is
    /// wanted.
    pub(super) fn tell(&self, found: Found) -> bool {
        !self.is_cancelled() && self.news.blocking_send(News::Found(found)).is_ok()
    }
}

impl Reader {
    pub(crate) fn new(
        roots: Roots,
        session: watch::Receiver<Option<SessionId>>,
        readings: mpsc::Receiver<Reading>,
        news: mpsc::Sender<News>,
    ) -> Self {
        let under_way = std::array::from_fn(|_| Arc::default());
        Self {
            roots,
            session,
            readings,
            news,
            under_way,
        }
    }

    /// Works until the screen is gone.
    pub(crate) async fn run(mut self) {
        while let Some(reading) = self.readings.recv().await {
            let Ok(session) = self.session.wait_for(Option::is_some).await.map(|id| *id) else {
                return;
            };
            if let Some(session) = session {
                self.begin(session, reading);
            }
        }
    }

    fn begin(&mut self, session: SessionId, reading: Reading) {
        let place = reading.lane() as usize;
        self.under_way[place].give_up();
        self.under_way[place] = Arc::default();
        let desk = Desk {
            roots: self.roots.clone(),
            session,
            wish: Arc::clone(&self.under_way[place]),
            news: self.news.clone(),
        };
        tokio::task::spawn_blocking(move || match reading {
            Reading::Events(reading) => events::read(&desk, reading),
            Reading::Channels(reading) => channels::read(&desk, reading),
            Reading::Output(reading) => output::read(&desk, reading),
            Reading::Results(reading) => results::read(&desk, &reading),
            Reading::Terminal(reading) => terminal::read(&desk, reading),
            Reading::Silence => silence::read(&desk),
            Reading::Info => info::read(&desk),
        });
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.under_way.iter().for_each(|wish| wish.give_up());
    }
}
