//! Lines that are typed, for screens that are lines.
//!
//! One reader for the whole process: two would each take a part of what is typed.

use std::io::{self, BufRead};

use tokio::sync::mpsc;

/// Lines that wait while something is said.
const LINES_MAX: usize = 16;

/// The lines of standard input.
#[derive(Debug)]
pub(crate) struct Typed(Option<mpsc::Receiver<String>>);

impl Typed {
    /// Starts to read, on a thread that nobody waits for: it may never get another line.
    pub(crate) fn start() -> Self {
        let (sender, receiver) = mpsc::channel(LINES_MAX);
        let read = move || {
            for line in io::stdin().lock().lines() {
                let Ok(line) = line else { return };
                if sender.blocking_send(line).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("lines".to_owned());
        Self(thread.spawn(read).ok().map(|_| receiver))
    }

    /// The next line; `None` at the end of input, once.
    pub(crate) async fn next(&mut self) -> Option<String> {
        let Some(lines) = &mut self.0 else {
            return std::future::pending().await;
        };
        let line = lines.recv().await;
        if line.is_none() {
            self.0 = None;
        }
        line
    }
}
