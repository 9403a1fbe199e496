//! How one viewer uses the command's terminal.
//!
//! A command that does not read holds up nobody but who types: what has been sent of it waits at the
//! terminal, and the viewer gets its output and its other answers meanwhile. Only when it sends more
//! before that is typed is it not read any further, not even when it hangs up: its end is noticed
//! when the terminal takes something, or closes.

use std::io;

use bytes::Bytes;
use pod_protocol::{
    ClientMessage, Done, ErrorCode, Framed, HostMessage, ProcessAnswer, Request, TerminalSize,
};
use tokio::sync::oneshot;

use super::{
    Inquiry,
    viewer::{PENDING, Stage, Viewer},
};
use crate::terminal::{Refused, TerminalInquiry, Wish};

/// An input that has not been typed to its end.
#[derive(Debug)]
pub(super) struct Typing {
    id: u64,
    done: oneshot::Receiver<Result<(), Refused>>,
}

/// Resolves when what is being typed has been, or cannot be.
pub(super) async fn typed(typing: Option<&mut Typing>) -> Result<(), Refused> {
    let Some(typing) = typing else {
        return std::future::pending().await;
    };
    let gone = Refused(ErrorCode::NotRunning, "the run has ended".to_owned());
    (&mut typing.done).await.unwrap_or(Err(gone))
}

impl Viewer {
    /// Carries out a request about the terminal of a viewer that may act.
    pub(super) async fn use_terminal(
        &mut self,
        framed: Framed<ClientMessage>,
        who: String,
    ) -> io::Result<()> {
        let Framed { message, payload } = framed;
        let id = message.id;
        let wish = match message.request {
            Request::Input { .. } => return self.type_in(id, payload).await,
            Request::Control { take: true } => match &mut self.seat {
                Some(seat) => {
                    let gone = seat.presence();
                    Wish::Take { who, gone }
                }
                None => return Ok(()),
            },
            Request::Resize { cols, rows } => Wish::Resize(TerminalSize { cols, rows }),
            Request::Repaint => Wish::Repaint,
            _ => Wish::GiveUp,
        };
        let granted = self.wish(wish).await?.await;
        self.granted(id, granted.unwrap_or_else(|_| Err(pending())));
        Ok(())
    }

    async fn type_in(&mut self, id: u64, bytes: Bytes) -> io::Result<()> {
        if self.typing.is_some() {
            let request = Request::Input {
                bytes: bytes.len() as u64,
            };
            let message = ClientMessage { id, request };
            self.stalled = Some(Framed {
                message,
                payload: bytes,
            });
            return Ok(());
        }
        let done = self.wish(Wish::Type(bytes)).await?;
        self.typing = Some(Typing { id, done });
        Ok(())
    }

    /// What was being typed has been, or cannot be: goes on with what came meanwhile.
    pub(super) async fn typing_ended(&mut self, result: Result<(), Refused>) -> io::Result<()> {
        if let Some(Typing { id, .. }) = self.typing.take() {
            self.granted(id, result);
        }
        if let Some(stalled) = self.stalled.take() {
            self.serve(stalled).await?;
            self.serve_received().await?;
        }
        self.bound_request();
        Ok(())
    }

    async fn wish(&self, wish: Wish) -> io::Result<oneshot::Receiver<Result<(), Refused>>> {
        let (reply, answer) = oneshot::channel();
        let viewer = self.id;
        self.put(Inquiry::Terminal(TerminalInquiry {
            viewer,
            wish,
            reply,
        }))
        .await?;
        Ok(answer)
    }

    fn granted(&mut self, id: u64, granted: Result<(), Refused>) {
        match granted {
            Ok(()) => self.outbox.message(&HostMessage::Ok { id, done: None }),
            Err(Refused(code, message)) => self.refuse(id, code, &message),
        }
    }

    /// Tells the viewer how the terminal is, if there is one.
    pub(super) fn announce_terminal(&mut self) {
        let id = self.id;
        let news = self.shared.terminal.borrow_and_update();
        if let Some(news) = &*news {
            let view = news.for_viewer(id);
            self.outbox.message(&HostMessage::Terminal(view));
        }
    }

    /// Whether it is to hear of the terminal.
    pub(super) const fn hears_of_terminal(&self) -> bool {
        matches!(self.stage, Stage::Attached { .. })
    }

    /// Says what the command is doing.
    pub(super) async fn look(&mut self, id: u64) -> io::Result<()> {
        let family = self.ask(Inquiry::Family).await?;
        let process = match family {
            Some(family) => self.shared.looks.look(family).await,
            None => None,
        };
        match process {
            Some(process) => {
                let done = Some(Done::Process(ProcessAnswer { process }));
                self.outbox.message(&HostMessage::Ok { id, done });
            }
            None if self.logs.is_none() => self.refuse(id, ErrorCode::NotRunning, PENDING),
            None => self.refuse(id, ErrorCode::NotRunning, "the command has ended"),
        }
        Ok(())
    }
}

fn pending() -> Refused {
    Refused(ErrorCode::NotRunning, PENDING.to_owned())
}
