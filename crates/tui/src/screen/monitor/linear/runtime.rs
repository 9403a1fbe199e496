//! The shell around the lines: standard input and output, signals, the feed.

use std::io::{self, Write};

use nix::libc;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Linear, begin};
use crate::screen::{
    ScreenError, Typed,
    monitor::{
        Leaving, Left, News, Options, Order, Source, TerminalOrder,
        update::{Effect, Msg},
    },
    shell,
};

/// Says what happens until the operator leaves. Needs a current-thread runtime with I/O and time.
///
/// # Errors
/// When signals cannot be had or nothing can be written.
pub(crate) async fn run(
    typed: &mut Typed,
    source: Source,
    options: Options,
) -> Result<Left, ScreenError> {
    let fail = |source| ScreenError::Terminal {
        operation: "hear signals about",
        source,
    };
    let mut lines = Lines {
        linear: begin(options, shell::now()),
        source,
        typed,
        interrupt: signal(SignalKind::interrupt()).map_err(fail)?,
        terminate: signal(SignalKind::terminate()).map_err(fail)?,
        hang_up: signal(SignalKind::hangup()).map_err(fail)?,
        feed_ended: false,
    };
    let how = lines.serve().await?;
    let model = lines.linear.model();
    Ok(Left {
        how,
        status: model.status(),
        unbegun: model.unbegun(),
    })
}

struct Lines<'a> {
    linear: Linear,
    source: Source,
    typed: &'a mut Typed,
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
    feed_ended: bool,
}

impl Lines<'_> {
    async fn serve(&mut self) -> Result<Leaving, ScreenError> {
        loop {
            let open_due = self.linear.open_due_ms(shell::now());
            let (said, effects) = tokio::select! {
                biased;
                _ = self.terminate.recv() => return Ok(Leaving::Signalled(libc::SIGTERM)),
                _ = self.hang_up.recv() => return Ok(Leaving::Signalled(libc::SIGHUP)),
                _ = self.interrupt.recv() => {
                    self.tell_time();
                    self.linear.interrupt()
                }
                line = self.typed.next() => match line {
                    Some(line) => {
                        self.tell_time();
                        self.linear.obey(&line)
                    }
                    // It goes on without anybody at the keys.
                    None => continue,
                },
                news = self.source.news.recv(), if !self.feed_ended => {
                    self.tell_time();
                    match news {
                        Some(news) => self.linear.hear(news),
                        None => {
                            self.feed_ended = true;
                            self.linear.change(Msg::FeedEnded)
                        }
                    }
                }
                () = shell::wait(open_due) => (self.linear.tell_open(), Vec::new()),
            };
            say(&said)?;
            for effect in effects {
                match effect {
                    Effect::Leave(leaving) => return Ok(leaving),
                    Effect::Order(order) => self.hand_out(order)?,
                    Effect::Terminal(order @ TerminalOrder::Type(_)) => self.pass(order)?,
                    // The rest is for looks.
                    _ => {}
                }
            }
        }
    }

    fn tell_time(&mut self) {
        self.linear.change(Msg::Clock(shell::now()));
    }

    fn pass(&mut self, order: TerminalOrder) -> Result<(), ScreenError> {
        match self.source.terminal.try_send(order) {
            Ok(()) => Ok(()),
            Err(error) => say(&[format!("not typed: {error}")]),
        }
    }

    fn hand_out(&mut self, order: Order) -> Result<(), ScreenError> {
        match self.source.orders.try_send(order) {
            Ok(()) => Ok(()),
            Err(error) => {
                let cause = error.to_string();
                let (said, _) = self.linear.hear(News::Lost { cause });
                say(&said)
            }
        }
    }
}

fn say(lines: &[String]) -> Result<(), ScreenError> {
    if lines.is_empty() {
        return Ok(());
    }
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|source| ScreenError::Terminal {
        operation: "write to",
        source,
    })
}
