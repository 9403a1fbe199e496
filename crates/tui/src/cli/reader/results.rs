//! What the Results tab asks for.

use super::Desk;
use crate::screen::monitor::tabs::results::Reading;

/// Reads it.
pub(super) fn read(_desk: &Desk, reading: Reading) {
    match reading {}
}
