//! Who types into the command: what this viewer wants, what the host says, and what follows.
//!
//! Control belongs to whoever asked last. The host tells every viewer who has it, and between the
//! asking and the telling anything may come, so what was told before the host has answered does not
//! count. The answer and what is told come by different ways, in any order.

use pod_protocol::TerminalView;

/// Whether the operator types into the command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Control {
    /// No: keys are the monitor's.
    #[default]
    Free,
    /// It was asked for. Keys go to the command: the host puts them behind the taking.
    Asked {
        /// Whether the host has said yes.
        granted: bool,
    },
    /// Yes.
    Ours,
    /// Not any more, by what the host says. Its words may be older than its yes: then it says so next.
    Lost,
}

impl Control {
    /// Whether keys go to the command.
    pub(super) const fn is_typing(self) -> bool {
        matches!(self, Self::Asked { .. } | Self::Ours)
    }

    /// After the host has told how the terminal is.
    pub(super) const fn told(self, view: &TerminalView) -> Self {
        match (self, view.yours) {
            (Self::Free, _) => Self::Free,
            (_, true) => Self::Ours,
            (Self::Asked { granted: false }, false) => self,
            // Somebody else was faster, or has taken it since.
            (_, false) => Self::Lost,
        }
    }

    /// After the host has said yes to the asking.
    pub(super) const fn granted(self) -> Self {
        match self {
            Self::Asked { .. } => Self::Asked { granted: true },
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use pod_protocol::{Offset, TerminalSize};
    use proptest::prelude::*;

    use super::*;

    fn view(yours: bool) -> TerminalView {
        TerminalView {
            size: TerminalSize::UNWATCHED,
            since: Offset(0),
            by: Some("ben".to_owned()),
            yours,
        }
    }

    #[test]
    fn control_follows_the_host() {
        use Control::{Asked, Free, Lost, Ours};
        let check = |from: Control, yours, expected: Control| {
            assert_eq!(from.told(&view(yours)), expected, "{from:?} {yours}");
        };
        check(Free, false, Free);
        // Given up a moment ago.
        check(Free, true, Free);
        check(Asked { granted: false }, true, Ours);
        // Told before the host had heard of the asking.
        check(Asked { granted: false }, false, Asked { granted: false });
        check(Asked { granted: true }, true, Ours);
        check(Asked { granted: true }, false, Lost);
        check(Ours, true, Ours);
        check(Ours, false, Lost);
        check(Lost, false, Lost);
        // What took it away was older than the host's yes.
        check(Lost, true, Ours);
        assert_eq!(Asked { granted: false }.granted(), Asked { granted: true });
        assert_eq!((Free.granted(), Ours.granted()), (Free, Ours));
    }

    /// A viewer, and what its host has told it that it has not read yet.
    #[derive(Default)]
    struct Viewer {
        control: Control,
        told: VecDeque<TerminalView>,
        granted: usize,
    }

    impl Viewer {
        fn read_told(&mut self) {
            if let Some(view) = self.told.pop_front() {
                self.control = self.control.told(&view);
            }
        }

        fn read_answer(&mut self) {
            if self.granted > 0 {
                self.granted -= 1;
                self.control = self.control.granted();
            }
        }
    }

    proptest! {
        /// Two viewers take and give up control in any order, and read what the host says whenever
        /// they like: in the end the one that has it knows, and the other one does too.
        #[test]
        fn two_viewers_agree_in_the_end(steps in proptest::collection::vec((0..2_usize, 0..4_u8), 0..40)) {
            let mut viewers = [Viewer::default(), Viewer::default()];
            let mut owner = None;
            for (who, act) in steps {
                let before = owner;
                match act {
                    0 if !viewers[who].control.is_typing() => {
                        viewers[who].control = Control::Asked { granted: false };
                        owner = Some(who);
                        viewers[who].granted += 1;
                    }
                    1 if viewers[who].control.is_typing() => {
                        viewers[who].control = Control::Free;
                        owner = owner.filter(|owner| *owner != who);
                    }
                    2 => viewers[who].read_answer(),
                    _ => viewers[who].read_told(),
                }
                if owner != before {
                    for (index, viewer) in viewers.iter_mut().enumerate() {
                        viewer.told.push_back(view(owner == Some(index)));
                    }
                }
            }
            for viewer in &mut viewers {
                while viewer.granted > 0 {
                    viewer.read_answer();
                }
                while !viewer.told.is_empty() {
                    viewer.read_told();
                }
            }
            for (index, viewer) in viewers.iter().enumerate() {
                prop_assert_eq!(viewer.control.is_typing(), owner == Some(index));
            }
        }
    }
}
