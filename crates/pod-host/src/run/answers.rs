//! What the run says of itself to viewers.

use pod_protocol::{Attached, Hello, Liveness, PROTOCOL_VERSION};

use super::Run;
use crate::summary::summary;

impl Run {
    pub(super) fn hello(&self) -> Hello {
        let state = self.recorder.state();
        let logs = &self.pod.logs;
        Hello {
            protocol: PROTOCOL_VERSION,
            tool: self.pod.tool.clone(),
            pod: self.pod.name.clone(),
            session: self.pod.session,
            segment: Some(logs.segment),
            pid: std::process::id(),
            status: state.status(Liveness::Held),
            next_seq: logs.published.next_seq(),
            length: logs.published.output_length(),
            summary: summary(
                state,
                &logs.published,
                &logs.output,
                logs.out_base,
                self.trouble(),
                self.recorder.clock().wall(),
            ),
        }
    }

    pub(super) fn attached(&self) -> Attached {
        let logs = &self.pod.logs;
        Attached {
            id: 0,
            segment: Some(logs.segment),
            first_seq: logs.first_seq,
            out_base: logs.out_base,
            length: logs.published.output_length(),
            output_at: logs.published.output_at(),
            waiting_for: None,
            state: self.recorder.state().clone(),
        }
    }

    /// What the host cannot do at the moment, in words.
    fn trouble(&self) -> Option<String> {
        self.output_trouble()
            .or_else(|| self.recorder.failure())
            .or_else(|| self.unsynced.clone())
            .or_else(|| self.unreachable.clone())
            .or_else(|| self.files_gone().map(str::to_owned))
    }
}
