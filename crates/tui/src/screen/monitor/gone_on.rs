//! A run that is over and is shown, while its pod goes on: somebody resumed it, or ran it again.
//!
//! It is said and nothing more: what is on the screen stays until the operator asks for what is new.

use super::{
    Here,
    keys::Command,
    model::{Connection, Message, Model},
};
use crate::screen::palette::Mood;

/// What the pod's name stands for now, if that is not the run on the screen.
pub(super) fn gone_on(model: &Model) -> Option<Here> {
    if model.link != Connection::Ended || model.run.launching {
        return None;
    }
    let here = model.neighbours.as_ref()?.here?;
    let shown = model.run.state.identity.as_ref()?;
    let resumed = here.segment.is_some_and(|segment| segment != shown.segment);
    (here.session != shown.session || resumed).then_some(here)
}

/// What there is to say about it; `key` is what leads there.
pub(super) fn sentence(model: &Model, key: &str) -> Option<String> {
    let here = gone_on(model)?;
    let shown = model.run.state.identity.as_ref()?;
    let what = match here.session == shown.session {
        true => "resumed",
        false => "run again",
    };
    let at = here.since.filter(|_| here.live).map(|at| {
        let local = at.to_jiff().to_zoned(model.options.zone.clone());
        local.strftime(" at %H:%M").to_string()
    });
    let (at, verb) = match here.live {
        true => (at.unwrap_or_default(), "follows"),
        false => (" and is over".to_owned(), "shows"),
    };
    Some(format!(
        "{} was {what}{at} · {key} {verb} it",
        model.options.name
    ))
}

/// The same above the footer.
pub(super) fn message(model: &Model) -> Option<Message> {
    let key = model.keys.monitor.key_of(Command::Reconnect);
    sentence(model, &key).map(|text| Message::new(Mood::Attention, text))
}
