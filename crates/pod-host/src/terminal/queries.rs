//! What the command asks its terminal, from the pump to the run.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use pod_protocol::{Offset, QueryScanner, TerminalQuery};
use tokio::sync::Notify;

/// Questions that may wait for their answer. Programs ask a few at their start; a flood of them is
/// cut here.
const QUERIES_MAX: usize = 64;

/// Questions and where in the output they end.
#[derive(Debug, Default)]
pub(crate) struct Queries {
    waiting: Mutex<VecDeque<(Offset, TerminalQuery)>>,
    news: Notify,
}

impl Queries {
    fn push(&self, end: Offset, query: TerminalQuery) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < QUERIES_MAX {
            waiting.push_back((end, query));
            self.news.notify_one();
        }
    }

    /// Resolves when something has been asked.
    pub(super) fn news(&self) -> impl Future<Output = ()> {
        self.news.notified()
    }

    /// Everything that waits.
    pub(super) fn take(&self) -> VecDeque<(Offset, TerminalQuery)> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The pump's end.
#[derive(Debug)]
pub(crate) struct Asked {
    scanner: QueryScanner,
    queries: Arc<Queries>,
}

impl Asked {
    pub(crate) fn new(queries: Arc<Queries>) -> Self {
        let scanner = QueryScanner::default();
        Self { scanner, queries }
    }

    /// Looks through output that begins at `from`.
    pub(crate) fn scan(&mut self, from: Offset, bytes: &[u8]) {
        let Self { scanner, queries } = self;
        scanner.scan(bytes, |end, query| {
            queries.push(from.plus(end as u64), query);
        });
    }
}
