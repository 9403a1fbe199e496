//! `tui stop`, `tui cancel` and `tui kill`: ask runs to end.

use anyhow::Result;
use pod_client::{Answer, Start};
use pod_protocol::{Done, Mode, Outcome, PodName, Request, StopAnswer, StopReason};

use super::{
    arguments::{KillOptions, StopOptions},
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
    let grace_ms = grace_ms(options);
    end(roots, &Asking::of(Request::Stop { grace_ms }, options))
}

pub(crate) fn cancel(roots: &Roots, options: &StopOptions) -> Result<u8> {
    let grace_ms = grace_ms(options);
    end(roots, &Asking::of(Request::Cancel { grace_ms }, options))
}

pub(crate) fn kill(roots: &Roots, options: &KillOptions) -> Result<u8> {
    let asking = Asking {
        request: Request::Kill,
        pods: &options.pods,
        no_wait: options.no_wait,
        json: options.json,
    };
    end(roots, &asking)
}

fn grace_ms(options: &StopOptions) -> u64 {
    u64::try_from(options.grace.as_millis()).unwrap_or(u64::MAX)
}

/// What is asked of which runs.
struct Asking<'a> {
    request: Request,
    pods: &'a [String],
    no_wait: bool,
    json: bool,
}

impl<'a> Asking<'a> {
    fn of(request: Request, options: &'a StopOptions) -> Self {
        Self {
            request,
            pods: &options.pods,
            no_wait: options.no_wait,
            json: options.json,
        }
    }
}

fn end(roots: &Roots, asking: &Asking<'_>) -> Result<u8> {
    runtime()?.block_on(async {
        let mut failure = None;
        let mut asked = Vec::new();
        for (pod, source) in target::find_all(roots, asking.pods).await? {
            // All are asked before any is waited for: their times of grace run side by side.
            match ask(pod, source, &asking.request).await {
                Ok(one) => asked.push(one),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        for one in asked {
            if let Err(error) = one.tell(asking).await {
                failure = failure.or(Some(error));
            }
        }
        failure.map_or(Ok(0), Err)
    })
}

/// A run that was asked to end, and what it said.
struct Asked {
    name: PodName,
    followed: Followed,
    answer: StopAnswer,
}

async fn ask(pod: PodOf, source: discovery::Source, request: &Request) -> Result<Asked> {
    let name = pod.name.clone();
    let link = follow::options(Mode::Control, Some(Start::Back(0)), None);
    let mut followed = Followed::open(pod, source, link).await?;
    followed.connected().await?;
    let answer = followed.ask_to_end(request.clone()).await?;
    Ok(Asked {
        name,
        followed,
        answer,
    })
}

impl Asked {
    async fn tell(mut self, asking: &Asking<'_>) -> Result<()> {
        let already_over = self.answer.reason == Some(StopReason::AlreadyTerminal);
        let outcome = match asking.no_wait && !already_over {
            true => None,
            false => Some(self.followed.ended().await?.outcome),
        };
        say(&self.name, &self.answer, outcome, asking)
    }
}

impl Followed {
    /// Asks a connected run to end. A run that ends before it can answer needs nothing more.
    pub(crate) async fn ask_to_end(&mut self, request: Request) -> Result<StopAnswer> {
        let answer = |stopped, reason| StopAnswer { stopped, reason };
        match self.call(request).await {
            Ok(Answer::Done(Some(Done::Stop(answer)))) => Ok(answer),
            Ok(_) => Ok(answer(true, None)),
            Err(_) if self.is_over().await => Ok(answer(false, Some(StopReason::AlreadyTerminal))),
            Err(error) => Err(error.into()),
        }
    }
}

fn say(
    name: &PodName,
    answer: &StopAnswer,
    outcome: Option<Outcome>,
    asking: &Asking<'_>,
) -> Result<()> {
    let reason = answer.reason.map(|reason| match reason {
        StopReason::AlreadyTerminal => "already_terminal",
        StopReason::AlreadyRequested => "already_requested",
    });
    if asking.json {
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
            talk(format_args!("{name}: already ending"));
        }
        (_, Some(outcome)) => talk(format_args!("{name}: {outcome}")),
        (_, None) => {
            let what = match asking.request {
                Request::Cancel { .. } => "cancellation",
                Request::Kill => "kill",
                _ => "stop",
            };
            talk(format_args!("{name}: {what} requested"));
        }
    }
    Ok(())
}
