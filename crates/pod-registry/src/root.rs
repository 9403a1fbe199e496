//! Where the runtime files are.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use nix::unistd::Uid;
use pod_files::{Presence, check_private_dir};

use crate::RegistryError;

/// The runtime directory: `override_dir` (`PODS_RUNTIME_DIR`), else `pods` below `xdg_runtime_dir`
/// (`XDG_RUNTIME_DIR`), else `pods` below `/run/user/<uid>` where that is this user's, else
/// `/tmp/pods-<uid>`. An empty variable counts as unset, and so does a relative `xdg_runtime_dir`.
/// Creates nothing; whoever uses the directory checks that it belongs to this user.
///
/// # Errors
/// When `override_dir` is relative and there is no current directory.
pub fn runtime_root(
    override_dir: Option<&OsStr>,
    xdg_runtime_dir: Option<&OsStr>,
) -> Result<PathBuf, RegistryError> {
    let uid = Uid::effective();
    let run_user = PathBuf::from(format!("/run/user/{uid}"));
    if let Some(chosen) = override_dir.filter(|dir| !dir.is_empty()) {
        return std::path::absolute(chosen).map_err(RegistryError::io("find", chosen));
    }
    let usable = matches!(check_private_dir(&run_user), Ok(Presence::Present));
    let run_user = usable.then_some(run_user.as_path());
    Ok(default_root(xdg_runtime_dir, run_user, uid))
}

fn default_root(xdg: Option<&OsStr>, run_user: Option<&Path>, uid: Uid) -> PathBuf {
    let xdg = xdg.map(Path::new).filter(|dir| dir.is_absolute());
    match xdg.or(run_user) {
        Some(dir) => dir.join("pods"),
        None => PathBuf::from(format!("/tmp/pods-{uid}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_usable_directory_wins() {
        let check = |xdg: Option<&str>, run_user: Option<&str>, root: &str| {
            let chosen = default_root(
                xdg.map(OsStr::new),
                run_user.map(Path::new),
                Uid::from_raw(7),
            );
            assert_eq!(chosen, Path::new(root), "{xdg:?} {run_user:?}");
        };
        check(Some("/run/x"), Some("/run/user/7"), "/run/x/pods");
        check(None, Some("/run/user/7"), "/run/user/7/pods");
        check(Some(""), Some("/run/user/7"), "/run/user/7/pods");
        check(Some("relative"), None, "/tmp/pods-7");
        check(None, None, "/tmp/pods-7");
    }

    #[test]
    fn the_override_is_taken_as_it_is() {
        let check = |chosen: &str, xdg: Option<&str>, root: &Path| {
            let found = runtime_root(Some(OsStr::new(chosen)), xdg.map(OsStr::new));
            assert_eq!(found.expect("a current directory"), root, "{chosen:?}");
        };
        check("/srv/pods", Some("/run/x"), Path::new("/srv/pods"));
        check("", Some("/run/x"), Path::new("/run/x/pods"));
        let here = std::env::current_dir().expect("a current directory");
        check("below/here", None, &here.join("below/here"));
    }
}
