//! pod-host
