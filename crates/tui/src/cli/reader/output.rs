//! What the Output tab asks for.

use super::Desk;
use crate::screen::monitor::tabs::output::Reading;

/// Reads it.
pub(super) fn read(_desk: &Desk, reading: Reading) {
    match reading {}
}
