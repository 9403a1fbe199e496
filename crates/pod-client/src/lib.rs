//! pod-client
