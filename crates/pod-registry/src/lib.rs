//! pod-registry
