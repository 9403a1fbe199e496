//! pod-files
