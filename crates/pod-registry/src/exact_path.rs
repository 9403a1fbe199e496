//! A path in JSON, kept exactly even where it is not UTF-8.

use std::path::{Path, PathBuf};

use pod_protocol::ExactString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    ExactString::from(path.as_os_str()).serialize(serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(de: D) -> Result<PathBuf, D::Error> {
    ExactString::deserialize(de).map(|exact| exact.as_os_str().into())
}
