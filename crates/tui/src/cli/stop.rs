//! `tui stop`: ask runs to end, to be taken up again later.

use anyhow::Result;
use pod_client::{Answer, Start};
use pod_protocol::{Done, Mode, Outcome, PodName, Request, StopAnswer, StopReason};

use super::{
    arguments::StopOptions,
    follow::{self, Followed, PodOf},
    json::{self, StoppedDocument},
    print,
    roots::Roots,
    runtime, talk, target,
};

/// How long a command gets between the first signal and the kill, where nobody says otherwise, in
/// milliseconds. The default of `--grace` is the same.
pub(crate) const GRACE_MS: u64 = 10_000;

pub(crate) fn stop(roots: &Roots, options: &StopOptions) -> Result<u8> {
    runtime()?.block_on(async {
        // All of them are known before any of them is stopped: a typo stops nothing.
        let mut sources = Vec::new();
        for pod in &options.pods {
            let row = target::find(roots, pod).await?;
            let source = follow::source(roots, &row)?;
            sources.push((
                PodOf {
                    roots: roots.clone(),
                    name: row.name,
                },
                source,
            ));
        }
        for (pod, source) in sources {
            stop_one(pod, source, options).await?;
        }
        Ok(0)
    })
}

async fn stop_one(pod: PodOf, source: discovery::Source, options: &StopOptions) -> Result<()> {
    let name = pod.name.clone();
    let link = follow::options(Mode::Control, Some(Start::Back(0)), None);
    let mut followed = Followed::open(pod, source, link).await?;
    let grace_ms = u64::try_from(options.grace.as_millis()).unwrap_or(u64::MAX);
    let answer = followed.stop(grace_ms).await?;
    let already_over = answer.reason == Some(StopReason::AlreadyTerminal);
    let outcome = match options.no_wait && !already_over {
        true => None,
        false => Some(followed.ended().await?.outcome),
    };
    say(&name, &answer, outcome, options.json)
}

impl Followed {
    /// Asks for a stop once the run is connected.
    pub(crate) async fn stop(&mut self, grace_ms: u64) -> Result<StopAnswer> {
        self.connected().await?;
        self.ask_to_stop(grace_ms).await
    }

    /// Asks a connected run for a stop. A run that ends before it can answer needs none.
    pub(crate) async fn ask_to_stop(&mut self, grace_ms: u64) -> Result<StopAnswer> {
        let answer = |stopped, reason| StopAnswer { stopped, reason };
        match self.call(Request::Stop { grace_ms }).await {
            Ok(Answer::Done(Some(Done::Stop(answer)))) => Ok(answer),
            Ok(_) => Ok(answer(true, None)),
            Err(_) if self.is_over().await => Ok(answer(false, Some(StopReason::AlreadyTerminal))),
            Err(error) => Err(error.into()),
        }
    }
}

fn say(name: &PodName, answer: &StopAnswer, outcome: Option<Outcome>, json: bool) -> Result<()> {
    let reason = answer.reason.map(|reason| match reason {
        StopReason::AlreadyTerminal => "already_terminal",
        StopReason::AlreadyRequested => "already_requested",
    });
    if json {
        let (version, stopped) = (json::VERSION, answer.stopped);
        return print(&json::line(&StoppedDocument {
            version,
            name,
            stopped,
            reason,
            outcome,
        }));
    }
    match (answer.reason, outcome) {
        (Some(StopReason::AlreadyTerminal), Some(outcome)) => {
            talk(format_args!("{name}: already {outcome}"));
        }
        (Some(StopReason::AlreadyRequested), None) => {
            talk(format_args!("{name}: already stopping"));
        }
        (_, Some(outcome)) => talk(format_args!("{name}: {outcome}")),
        (_, None) => talk(format_args!("{name}: stop requested")),
    }
    Ok(())
}
