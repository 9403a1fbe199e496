//! What an attached viewer leaves behind by being dropped: its place, and its control.

use std::convert::Infallible;

use tokio::sync::{oneshot, watch};

/// The place of a viewer that is attached.
#[derive(Debug)]
pub(super) struct Seat {
    attached: watch::Sender<usize>,
    /// Dropped to tell the terminal that its controller is gone.
    control: Option<oneshot::Sender<Infallible>>,
}

impl Seat {
    pub(super) fn take(attached: &watch::Sender<usize>) -> Self {
        attached.send_modify(|count| *count += 1);
        Self {
            attached: attached.clone(),
            control: None,
        }
    }

    /// What fails when this viewer is gone, or asks for it once more.
    pub(super) fn presence(&mut self) -> oneshot::Receiver<Infallible> {
        let (control, presence) = oneshot::channel();
        self.control = Some(control);
        presence
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.attached.send_modify(|count| *count -= 1);
    }
}
