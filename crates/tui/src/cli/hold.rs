//! `tui pause` and `tui continue`: hold runs where they are, and let them go on.

use anyhow::Result;
use pod_client::{Answer, ClientError, Start};
use pod_protocol::{Done, ErrorCode, HoldAnswer, Mode, PodName, Refusal, Request, printable};

use super::{
    arguments::HoldOptions,
    exit,
    follow::{self, Followed, PodOf},
    json::{self, HeldDocument},
    print,
    roots::Roots,
    runtime, talk, target,
};

/// A run that does not run.
const NOT_HELD: HoldAnswer = HoldAnswer {
    paused: false,
    changed: false,
};

pub(crate) fn pause(roots: &Roots, options: &HoldOptions) -> Result<u8> {
    hold(roots, options, &Request::Pause)
}

pub(crate) fn go_on(roots: &Roots, options: &HoldOptions) -> Result<u8> {
    hold(roots, options, &Request::Continue)
}

fn hold(roots: &Roots, options: &HoldOptions, request: &Request) -> Result<u8> {
    runtime()?.block_on(async {
        let (mut code, mut failure) = (0, None);
        for (pod, source) in target::find_all(roots, &options.pods).await? {
            let name = pod.name.clone();
            // A run that cannot be held keeps none of the others from being held.
            let told = match ask(pod, source, request.clone()).await {
                Ok(Ok(answer)) => say(&name, answer, options.json),
                Ok(Err(refusal)) => {
                    code = exit::REFUSED;
                    refused(&name, request, refusal, options.json)
                }
                Err(error) => Err(error),
            };
            if let Err(error) = told {
                failure = failure.or(Some(error));
            }
        }
        failure.map_or(Ok(code), Err)
    })
}

/// What the run said; the inner error is its own.
async fn ask(
    pod: PodOf,
    source: discovery::Source,
    request: Request,
) -> Result<Result<HoldAnswer, ClientError>> {
    let link = follow::options(Mode::Control, Some(Start::Back(0)), None);
    let mut followed = Followed::open(pod, source, link).await?;
    followed.connected().await?;
    let paused = request == Request::Pause;
    let changed = true;
    Ok(match followed.call(request).await {
        Ok(Answer::Done(Some(Done::Hold(answer)))) => Ok(answer),
        Ok(_) => Ok(HoldAnswer { paused, changed }),
        Err(_) if followed.is_over().await => Err(ClientError::Refused(Refusal {
            id: 0,
            code: ErrorCode::NotRunning,
            message: "the run has ended".to_owned(),
        })),
        Err(error) => Err(error),
    })
}

fn say(name: &PodName, answer: HoldAnswer, json: bool) -> Result<()> {
    let HoldAnswer { paused, changed } = answer;
    if json {
        return document(name, answer, None);
    }
    let words = match (paused, changed) {
        (true, true) => "paused",
        (true, false) => "already paused",
        (false, true) => "goes on",
        (false, false) => "not paused",
    };
    talk(format_args!("{name}: {words}"));
    Ok(())
}

/// Says why a run cannot be held; anything else that went wrong is passed on.
fn refused(name: &PodName, request: &Request, error: ClientError, json: bool) -> Result<()> {
    let ClientError::Refused(Refusal {
        code: ErrorCode::NotRunning,
        message,
        ..
    }) = &error
    else {
        return Err(error.into());
    };
    let verb = match request {
        Request::Pause => "pause",
        _ => "continue",
    };
    talk(format_args!(
        "tui: cannot {verb} {name}: {}",
        printable(message)
    ));
    match json {
        true => document(name, NOT_HELD, Some("not_running")),
        false => Ok(()),
    }
}

fn document(name: &PodName, answer: HoldAnswer, reason: Option<&str>) -> Result<()> {
    let HoldAnswer { paused, changed } = answer;
    print(&json::line(&HeldDocument {
        version: json::VERSION,
        name,
        paused,
        changed,
        reason,
    }))
}
