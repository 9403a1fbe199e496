//! What the Channels tab asks for.

use super::Desk;
use crate::screen::monitor::tabs::channels::Reading;

/// Reads it.
pub(super) fn read(_desk: &Desk, reading: Reading) {
    match reading {}
}
