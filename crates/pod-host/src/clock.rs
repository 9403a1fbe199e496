//! The two clocks of a host. Everything else gets time as a value.
//!
//! Wall time is a label and may jump. Whatever is waited for or measured is on the monotonic clock.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use pod_protocol::Timestamp;

/// Names a file for tests, in which stands by how many milliseconds the wall clock of the run is
/// wrong at the moment. It is looked for once, when a segment begins.
const TEST_CLOCK: &str = "PODS_TEST_CLOCK";

/// Wall time for labels, monotonic time for durations.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    started: Instant,
    /// How wrong wall time is, in tests of that.
    error: Option<Arc<Path>>,
}

impl Clock {
    /// The clock of a segment that begins now.
    pub(crate) fn start() -> Self {
        let error = env::var_os(TEST_CLOCK).filter(|path| !path.is_empty());
        Self {
            started: Instant::now(),
            error: error.map(|path| PathBuf::from(path).into()),
        }
    }

    /// Monotonic milliseconds since the segment's start.
    pub(crate) fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Wall time.
    pub(crate) fn wall(&self) -> Timestamp {
        let now = Self::now();
        match &self.error {
            None => now,
            Some(error) => Timestamp::from_millis(now.as_millis() + error_ms(error)),
        }
    }

    /// Wall time for who launches: there is no segment yet.
    pub(crate) fn now() -> Timestamp {
        let since_1970 = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A file that is not there says that nothing is wrong.
fn error_ms(path: &Path) -> i64 {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.trim().parse().unwrap_or(0)
}
