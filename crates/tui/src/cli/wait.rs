//! `tui wait`: until pods have finished.

use anyhow::Result;
use pod_client::Start;
use pod_protocol::{Mode, PodName};
use tokio::{task::JoinSet, time::timeout};

use super::{
    arguments::WaitOptions,
    exit,
    follow::{self, Ended, Followed, PodOf},
    json::{self, EndedDocument},
    print,
    roots::Roots,
    runtime, talk, target,
};

pub(crate) fn wait(roots: &Roots, options: &WaitOptions) -> Result<u8> {
    runtime()?.block_on(async {
        let waiting = wait_for_all(roots, options);
        match options.timeout {
            None => waiting.await,
            Some(limit) => timeout(limit, waiting).await.unwrap_or_else(|_| {
                talk(format_args!("tui: not finished after {limit:?}"));
                Ok(exit::TIMED_OUT)
            }),
        }
    })
}

/// With several pods the code is that of the last one that failed, or 0.
async fn wait_for_all(roots: &Roots, options: &WaitOptions) -> Result<u8> {
    let mut waits = JoinSet::new();
    for (pod, source) in target::find_all(roots, &options.pods).await? {
        waits.spawn(wait_for(pod, source));
    }
    let mut code = 0;
    while let Some(ended) = waits.join_next().await {
        let (name, ended) = ended??;
        say(&name, ended, options.json)?;
        if ended.exit_code != 0 {
            code = ended.exit_code;
        }
        if options.any {
            return Ok(ended.exit_code);
        }
    }
    Ok(code)
}

async fn wait_for(pod: PodOf, source: discovery::Source) -> Result<(PodName, Ended)> {
    let name = pod.name.clone();
    let options = follow::options(Mode::ReadOnly, Some(Start::Back(0)), None);
    let ended = Followed::open(pod, source, options).await?.ended().await?;
    Ok((name, ended))
}

fn say(name: &PodName, ended: Ended, json: bool) -> Result<()> {
    let Ended { outcome, exit_code } = ended;
    if json {
        let version = json::VERSION;
        return print(&json::line(&EndedDocument {
            version,
            name,
            outcome,
            exit_code,
        }));
    }
    talk(format_args!("{name}: {outcome}"));
    Ok(())
}
