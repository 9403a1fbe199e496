//! What could not be looked at.

use std::{error::Error, iter};

use pod_protocol::printable;

/// Something that could not be looked at, so that the list may lack it or know less of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// One printable line with the causes.
    pub message: String,
}

impl Warning {
    pub(crate) fn new(error: &dyn Error) -> Self {
        let message = with_causes(error);
        Self { message }
    }
}

/// An error and all its causes on one printable line.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let causes = iter::successors(Some(error), |error| (*error).source());
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    printable(&texts.join(": ")).into_owned()
}
