//! Which programs this machine has.

use std::{env, path::PathBuf};

use nix::unistd::{AccessFlags, access};

/// Where `program` is, if it is installed.
pub(crate) fn installed(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let places = env::split_paths(&path).map(|directory| directory.join(program));
    let mut found = places.filter(|file| file.is_file() && access(file, AccessFlags::X_OK).is_ok());
    found.next()
}
