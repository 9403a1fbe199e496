//! How the Events tab changes.

use super::{Expanded, Found, keys::Command};
use crate::screen::{
    keymap::Chord,
    monitor::{model::Model, tabs::Movement, update::Effect, view},
    viewport::{self, Rows, Viewport},
};

/// Obeys a key of the tab.
pub(in crate::screen::monitor) fn obey(model: &mut Model, command: Command) -> Vec<Effect> {
    match command {
        Command::Expand => expand(model),
    }
    Vec::new()
}

/// Gives a key to the open text field.
pub(in crate::screen::monitor) fn type_in(_model: &mut Model, _chord: Chord) -> Vec<Effect> {
    Vec::new()
}

/// The tab came to the front.
pub(in crate::screen::monitor) fn shown(_model: &mut Model) -> Vec<Effect> {
    Vec::new()
}

/// Takes what was found.
pub(in crate::screen::monitor) fn found(_model: &mut Model, found: Found) -> Vec<Effect> {
    match found {}
}

/// Moves through the records.
pub(in crate::screen::monitor) fn scroll(model: &mut Model, movement: Movement) -> Vec<Effect> {
    let height = view::body_rows(model);
    select(model, movement.rows(), height);
    Vec::new()
}

/// Moves through the records. A record that is higher than the screen is scrolled through first.
fn select(model: &mut Model, rows: isize, height: usize) {
    let things = model.event_rows();
    let ids = things.ids();
    let Some(last) = ids.end.checked_sub(1).filter(|id| ids.contains(id)) else {
        return;
    };
    let mut viewport = model.events.viewport;
    let top = viewport.top(&things, height);
    let selected = match model.events.selected {
        // Following has no selection; the first step up selects the newest record.
        None if rows == -1 => last,
        None if rows > 0 => return,
        None => step(last, rows).max(ids.start),
        Some(id) => {
            let hidden_below = rows == 1 && viewport::ends_below(top, id, &things, height);
            let hidden_above = rows == -1 && top > (viewport::Spot { id, row: 0 });
            if hidden_below || hidden_above {
                viewport.scroll(rows, &things, height);
                model.events.viewport = viewport;
                return;
            }
            step(id, rows).max(ids.start)
        }
    };
    if selected > last {
        (model.events.viewport, model.events.selected) = (Viewport::Following, None);
        return;
    }
    viewport.reveal(selected, &things, height);
    (model.events.viewport, model.events.selected) = (viewport, Some(selected));
}

fn step(id: u64, rows: isize) -> u64 {
    id.saturating_add_signed(i64::try_from(rows).unwrap_or(0))
}

/// Shows a record whole, or its row again.
fn expand(model: &mut Model) {
    let newest = model.events.timeline.ids().end.checked_sub(1);
    let Some(id) = model.events.selected.or(newest) else {
        return;
    };
    let Some(entry) = model.events.timeline.entry(id) else {
        return;
    };
    let open = model
        .events
        .expanded
        .as_ref()
        .is_some_and(|expanded| expanded.id == id);
    model.events.expanded = (!open).then(|| Expanded {
        id,
        lines: entry.json(),
    });
    model.events.selected = Some(id);
    let height = view::body_rows(model);
    let mut viewport = model.events.viewport;
    viewport.reveal(id, &model.event_rows(), height);
    model.events.viewport = viewport;
}
