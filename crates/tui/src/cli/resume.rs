//! `tui resume` and `tui rerun`: take a run up again, or repeat it.

use anyhow::{Context, Result, bail};
use pod_host::{Launched, Origin};
use pod_protocol::{PodName, SessionId};

use super::{
    arguments::{RerunOptions, ResumeOptions},
    exit::Resuming,
    launch,
    outlook::Outlook,
    roots::Roots,
    run, runtime, target,
};

pub(crate) fn resume(roots: &Roots, outlook: &Outlook, options: &ResumeOptions) -> Result<u8> {
    let (name, session) = find(roots, &options.pod)?;
    let launched = take_up(roots, &name, session)?;
    launch::say_what_stays(&launched);
    run::attend(roots, outlook, &launched, options.detach, options.json)
}

pub(crate) fn rerun(roots: &Roots, outlook: &Outlook, options: &RerunOptions) -> Result<u8> {
    let (name, of) = find(roots, &options.pod)?;
    let pod = options.name.clone().unwrap_or_else(|| name.clone());
    let launched = repeat(roots, pod, &name, of, options.failed)?;
    launch::say_what_stays(&launched);
    run::attend(roots, outlook, &launched, options.detach, options.json)
}

/// Takes `session` up again, as the pod it was.
pub(crate) fn take_up(roots: &Roots, pod: &PodName, session: SessionId) -> Result<Launched> {
    let origin = Origin::Resume {
        pod: pod.clone(),
        session,
        recovery: false,
    };
    let launched = pod_host::launch(&launch::request(roots, origin)?);
    launched.with_context(|| Resuming(pod.clone()))
}

/// Repeats the session `of` of the pod `name` as the pod `pod`.
pub(crate) fn repeat(
    roots: &Roots,
    pod: PodName,
    name: &PodName,
    of: SessionId,
    failed_only: bool,
) -> Result<Launched> {
    let origin = Origin::Rerun {
        pod,
        of,
        failed_only,
    };
    let launched = pod_host::launch(&launch::request(roots, origin)?);
    launched.with_context(|| format!("cannot rerun {name}"))
}

fn find(roots: &Roots, pod: &str) -> Result<(PodName, SessionId)> {
    let found = runtime()?.block_on(target::find_session(roots, pod))?;
    match found.session {
        Some(session) => Ok((found.name, session)),
        None => bail!("pod {}: {}", found.name, found.why_not),
    }
}
