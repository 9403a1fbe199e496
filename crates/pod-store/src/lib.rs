//! pod-store
