//! `tui pause` and `tui continue`: hold runs where they are, and let them go on.

use anyhow::Result;
use pod_client::{Answer, ClientError, Start};
use pod_protocol::{Done, ErrorCode, HoldAnswer, Mode, PodName, Request};

use super::{
    arguments::HoldOptions,
    follow::{self, Followed, PodOf},
    json::{self, HeldDocument},
    print,
    roots::Roots,
    runtime, talk, target,
};

pub(crate) fn pause(roots: &Roots, options: &HoldOptions) -> Result<u8> {
    hold(roots, options, &Request::Pause)
}

pub(crate) fn go_on(roots: &Roots, options: &HoldOptions) -> Result<u8> {
    hold(roots, options, &Request::Continue)
}

fn hold(roots: &Roots, options: &HoldOptions, request: &Request) -> Result<u8> {
    runtime()?.block_on(async {
        let mut failure = None;
        for (pod, source) in target::find_all(roots, &options.pods).await? {
            let name = pod.name.clone();
            let answer = ask(pod, source, request.clone()).await;
            // A run that cannot be held keeps none of the others from being held.
            let told = match answer {
                Ok(answer) => say(&name, answer, options.json),
                Err(error) => refused(&name, error, options.json),
            };
            if let Err(error) = told {
                failure = failure.or(Some(error));
            }
        }
        failure.map_or(Ok(0), Err)
    })
}

async fn ask(pod: PodOf, source: discovery::Source, request: Request) -> Result<HoldAnswer> {
    let link = follow::options(Mode::Control, Some(Start::Back(0)), None);
    let mut followed = Followed::open(pod, source, link).await?;
    followed.connected().await?;
    let paused = request == Request::Pause;
    match followed.call(request).await {
        Ok(Answer::Done(Some(Done::Hold(answer)))) => Ok(answer),
        Ok(_) => Ok(HoldAnswer {
            paused,
            changed: true,
        }),
        Err(error) => Err(error.into()),
    }
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

/// Why a run cannot be held is an error, and in JSON also a line.
fn refused(name: &PodName, error: anyhow::Error, json: bool) -> Result<()> {
    let code = error
        .downcast_ref::<ClientError>()
        .and_then(ClientError::code);
    if json && code == Some(ErrorCode::NotRunning) {
        let nothing = HoldAnswer {
            paused: false,
            changed: false,
        };
        document(name, nothing, Some("not_running"))?;
    }
    Err(error.context(format!("cannot act on {name}")))
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
