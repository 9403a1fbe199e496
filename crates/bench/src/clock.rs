//! The one clock that parent and child share.

use nix::time::{ClockId, clock_gettime};

/// Nanoseconds of the machine's monotonic clock.
pub(crate) fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).expect("every Linux has this clock");
    let seconds = u64::try_from(now.tv_sec()).expect("it starts at 0");
    seconds * 1_000_000_000 + u64::try_from(now.tv_nsec()).expect("below a second")
}
