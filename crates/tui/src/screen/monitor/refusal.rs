//! What cannot be done at the moment, and why: asked before a command is obeyed and before its key
//! is shown.

use std::borrow::Cow;

use pod_protocol::{PodName, RequestKind};

use super::{
    gone_on::{self, gone_on},
    keys::Command,
    model::{Connection, Model},
};

/// Why nothing can be asked of the run.
fn no_acting(model: &Model) -> Option<&'static str> {
    if model.options.read_only {
        return Some("read-only: this viewer may only watch");
    }
    if model.status().is_terminal() {
        return Some("the run has ended");
    }
    (model.link != Connection::Connected).then_some("not connected to the run")
}

/// Why what was asked before makes `command` senseless.
fn not_wanted(model: &Model, command: Command) -> Option<&'static str> {
    match (command, model.run.state.requests.strongest()) {
        (Command::Stop | Command::Cancel, Some(RequestKind::Cancel)) => {
            Some("a cancellation is under way already")
        }
        (Command::Stop, Some(RequestKind::Stop)) => Some("a stop is under way already"),
        (Command::Hold, Some(_)) => Some("the run is being ended"),
        _ => None,
    }
}

/// Why a run cannot go on: it still does, or what its files say.
fn no_launch(model: &Model, command: Command) -> Option<Cow<'static, str>> {
    if model.options.read_only {
        return Some("read-only: this viewer may only watch".into());
    }
    if !model.status().is_terminal() || model.link != Connection::Ended {
        return Some("the run is not over".into());
    }
    if gone_on(model).is_some_and(|here| here.live) {
        let key = model.keys.monitor.key_of(Command::Reconnect);
        return gone_on::sentence(model, &key).map(Cow::Owned);
    }
    if command == Command::Rerun {
        return None;
    }
    match &model.run.standing {
        Some(standing) => standing.restorable.clone().err().map(Cow::Owned),
        None => Some("not known yet whether it can be resumed".into()),
    }
}

/// Where a jump goes: to who needs somebody, else back.
pub(crate) fn jump(model: &Model) -> Option<PodName> {
    let neighbours = model.neighbours.as_ref();
    let needy = neighbours.and_then(|neighbours| neighbours.needy.as_ref());
    let needy = needy.map(|(name, _)| name);
    model.options.back.as_ref().or(needy).cloned()
}

/// Why there is no pod to go to. Before the list is known there may be one.
fn no_pod(model: &Model, command: Command) -> Option<&'static str> {
    let neighbours = model.neighbours.as_ref()?;
    match command {
        Command::PreviousPod if neighbours.previous.is_none() => {
            Some("this is the first pod of the list")
        }
        Command::NextPod if neighbours.next.is_none() => Some("this is the last pod of the list"),
        Command::Jump if jump(model).is_none() => Some("no other pod needs anybody"),
        _ => None,
    }
}

/// Why `command` cannot be carried out now.
pub(crate) fn refusal(model: &Model, command: Command) -> Option<Cow<'static, str>> {
    let why = match command {
        Command::Resume | Command::Rerun => return no_launch(model, command),
        Command::Stop | Command::Cancel | Command::Kill | Command::Hold => {
            no_acting(model).or_else(|| not_wanted(model, command))
        }
        Command::PreviousPod | Command::NextPod | Command::Jump => no_pod(model, command),
        Command::Reconnect if gone_on(model).is_some() => None,
        Command::Reconnect => match model.link {
            Connection::Lost => None,
            Connection::Retrying => Some("it is being tried once more already"),
            _ => Some("the connection is not lost"),
        },
        _ => None,
    };
    why.map(Cow::Borrowed)
}
