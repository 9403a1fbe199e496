//! Where the files are: the only place that reads the environment for it.

use std::{env, path::PathBuf};

use anyhow::Result;

/// The two directories that everything lives in.
#[derive(Clone, Debug)]
pub(crate) struct Roots {
    /// Durable files.
    pub(crate) state: PathBuf,
    /// Files of live pods.
    pub(crate) runtime: PathBuf,
}

impl Roots {
    /// From the overrides, else from the user's directories.
    pub(crate) fn from_environment() -> Result<Self> {
        let state = env::var_os("PODS_STATE_DIR");
        let runtime = env::var_os("PODS_RUNTIME_DIR");
        let xdg_runtime = env::var_os("XDG_RUNTIME_DIR");
        Ok(Self {
            state: pod_store::state_root(state.as_deref())?,
            runtime: pod_registry::runtime_root(runtime.as_deref(), xdg_runtime.as_deref())?,
        })
    }

    /// The same for the list.
    pub(crate) fn for_discovery(&self) -> discovery::Roots {
        discovery::Roots {
            state: self.state.clone(),
            runtime: self.runtime.clone(),
        }
    }
}
