//! What is on its way into the terminal, in order.
//!
//! A write never blocks: what the terminal does not take waits here, and its sender waits for the
//! answer. Every connection has at most one piece here, so the queue is as long as there are
//! connections that type.

use std::{collections::VecDeque, io, os::fd::OwnedFd, sync::Arc};

use bytes::{Buf, Bytes};
use nix::errno::Errno;
use pod_protocol::ErrorCode;
use tokio::io::{Interest, unix::AsyncFd};

use super::{Refused, Reply};

/// The most bytes of replies that wait. A command that asks and does not read its answers gets no
/// more of them.
const REPLY_BYTES_MAX: usize = 4 * 1024;

#[derive(Debug)]
struct Piece {
    bytes: Bytes,
    /// Who waits for it; `None` for the host's own replies.
    reply: Option<Reply>,
}

impl Piece {
    /// Whether somebody still wants it typed.
    fn is_wanted(&self) -> bool {
        self.reply.as_ref().is_none_or(|reply| !reply.is_closed())
    }
}

/// The queue in front of the terminal.
#[derive(Debug)]
pub(super) struct Input {
    keyboard: Arc<OwnedFd>,
    waiting: VecDeque<Piece>,
    /// While the terminal is full: otherwise every read of the command would wake the host.
    full: Option<AsyncFd<Arc<OwnedFd>>>,
}

impl Input {
    pub(super) const fn new(keyboard: Arc<OwnedFd>) -> Self {
        Self {
            keyboard,
            waiting: VecDeque::new(),
            full: None,
        }
    }

    /// Types what a viewer sent, and answers when that is done.
    pub(super) fn push(&mut self, bytes: Bytes, reply: Reply) {
        // Whoever hung up leaves nothing behind, however often it comes back.
        self.waiting.retain(Piece::is_wanted);
        let reply = Some(reply);
        self.waiting.push_back(Piece { bytes, reply });
        self.write_unless_full();
    }

    /// Types a reply of the host, unless too many wait already.
    pub(super) fn push_reply(&mut self, reply: String) {
        let replies = self.waiting.iter().filter(|piece| piece.reply.is_none());
        let waiting: usize = replies.map(|piece| piece.bytes.len()).sum();
        if waiting + reply.len() <= REPLY_BYTES_MAX {
            self.waiting.push_back(Piece {
                bytes: reply.into(),
                reply: None,
            });
            self.write_unless_full();
        }
    }

    fn write_unless_full(&mut self) {
        if self.full.is_none() {
            self.write();
        }
    }

    /// Resolves when the terminal may take more of what waits.
    pub(super) async fn writable(&self) {
        let Some(full) = &self.full else {
            return std::future::pending().await;
        };
        match full.writable().await {
            Ok(mut guard) => guard.clear_ready(),
            // The runtime is on its way out.
            Err(_) => std::future::pending().await,
        }
    }

    /// Writes as much as the terminal takes now.
    pub(super) fn write(&mut self) {
        while let Some(piece) = self.waiting.front_mut() {
            if !piece.is_wanted() || piece.bytes.is_empty() {
                self.finish_first(Ok(()));
                continue;
            }
            match nix::unistd::write(&self.keyboard, &piece.bytes) {
                Ok(count) => piece.bytes.advance(count),
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => match self.wait_for_room() {
                    Ok(()) => return,
                    Err(error) => return self.fail(&error.to_string()),
                },
                Err(errno) => return self.fail(errno.desc()),
            }
        }
        self.full = None;
    }

    #[expect(
        unsafe_code,
        reason = "the runtime trusts the descriptor to stay the same"
    )]
    fn wait_for_room(&mut self) -> io::Result<()> {
        if self.full.is_none() {
            let keyboard = Arc::clone(&self.keyboard);
            // SAFETY: it is open and the same as long as somebody has the `Arc`.
            let full = unsafe { AsyncFd::register_with_interest(keyboard, Interest::WRITABLE) };
            self.full = Some(full.map_err(|error| error.into_parts().1)?);
        }
        Ok(())
    }

    /// Gives up on everything that waits.
    pub(super) fn fail(&mut self, why: &str) {
        while !self.waiting.is_empty() {
            self.finish_first(Err(Refused(ErrorCode::NotRunning, why.to_owned())));
        }
        self.full = None;
    }

    fn finish_first(&mut self, result: Result<(), Refused>) {
        let reply = self.waiting.pop_front().and_then(|piece| piece.reply);
        if let Some(reply) = reply {
            // Whoever hung up needs no answer.
            let _ = reply.send(result);
        }
    }
}
