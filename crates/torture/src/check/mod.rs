//! What must be true, whatever was done to a run.

mod items;
mod numbers;
mod outcome;
mod output;

pub(crate) use items::items;
pub(crate) use numbers::numbers;
pub(crate) use outcome::{Asked, Facts, exit_codes, of_log};
pub(crate) use output::{Written, events, output};
