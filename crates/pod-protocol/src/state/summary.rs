//! The few facts of a run that a row of a list shows.

use super::RunState;
use crate::Summary;

impl RunState {
    /// A summary with everything that the records say. What they do not say is left out: activity and
    /// preview need the output, and whoever holds the run knows what it waits for. Texts are as long
    /// as they are.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let requested = self.requests.strongest();
        let identity = self.identity.as_ref();
        Summary {
            started_at: self.times.started_at,
            updated_at: self.times.updated_at,
            output_at: None,
            activity: None,
            requested: requested.map(|kind| kind.as_str().to_owned()),
            paused: self.hold.is_held(),
            waiting_for: None,
            progress: self.progress.last.clone(),
            fraction: self.fraction(),
            done: self.counts.done(),
            planned: self.counts.planned,
            resumed: self.health.resumed,
            recovered: self.health.recovered,
            prompts: self.prompts.count(),
            command: identity.map_or_else(String::new, |identity| identity.command.join(" ")),
            cwd: identity.map_or_else(String::new, |identity| identity.cwd.clone()),
            preview: String::new(),
            degraded: self.health.degraded.clone(),
            gone_bytes: self.gaps.bytes(),
        }
    }
}
