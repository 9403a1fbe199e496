//! What every verb that starts a host has in common.

use std::env;

use anyhow::{Context, Result};
use pod_host::{LaunchRequest, Launched, Origin};

use super::{config::Config, roots::Roots, talk};

/// The request for a run from `origin` within `roots`.
pub(crate) fn request(roots: &Roots, origin: Origin) -> Result<LaunchRequest> {
    let here = env::current_dir().context("cannot tell the working directory")?;
    Ok(LaunchRequest {
        state_root: here.join(&roots.state),
        runtime_root: here.join(&roots.runtime),
        origin,
        secrets: Config::read()?.secrets(),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// One line where a launch took the name of a run that could have been resumed.
pub(crate) fn say_what_stays(launched: &Launched) {
    if let Some(left) = launched.leaves {
        let (name, tail) = (&launched.name, left.session.tail());
        talk(format_args!(
            "{name}: the {} session {tail} stays reachable: tui ls --runs {name}",
            left.status
        ));
    }
}
