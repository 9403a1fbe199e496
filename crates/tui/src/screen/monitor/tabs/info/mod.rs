//! The Info tab: what the run is.

pub(in crate::screen::monitor) mod view;
