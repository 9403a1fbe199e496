//! How the monitor looks: `view(&model, frame)`, and nothing else.

mod card;
pub(super) mod footer;
mod help;
mod strip;

use ratatui::{Frame, layout::Rect};

use super::{
    model::{Model, Overlay},
    tabs,
};

/// Draws `model`.
pub(crate) fn view(model: &Model, frame: &mut Frame<'_>) {
    let regions = Regions::of(model, frame.area());
    let buffer = frame.buffer_mut();
    card::draw(model, regions.card, buffer);
    strip::draw(model, regions.tabs, regions.rule, buffer);
    match model.overlay {
        Some(Overlay::Help) => help::draw(model, regions.body, buffer),
        _ => tabs::draw(model, regions.body, buffer),
    }
    footer::draw_needy(model, regions.needy, buffer);
    footer::draw(model, regions.message, regions.footer, buffer);
    if model.overlay.is_none()
        && let Some(position) = tabs::cursor(model, regions.body)
    {
        frame.set_cursor_position(position);
    }
}

/// How many rows a tab has while nothing is said below it that takes a row away.
pub(crate) fn steady_body_rows(model: &Model) -> u16 {
    let area = Rect::new(0, 0, model.size.width, model.size.height);
    let regions = Regions::of(model, area);
    let is_spared = area.height >= ROOMY_ROWS;
    regions.body.height + if is_spared { 0 } else { regions.message.height }
}

pub(super) use card::{recovery, trouble};

/// How many rows a tab has.
pub(crate) fn body_rows(model: &Model) -> usize {
    let area = Rect::new(0, 0, model.size.width, model.size.height);
    usize::from(Regions::of(model, area).body.height)
}

/// How many rows the text has that is scrolled by lines: the help, else the info.
pub(crate) fn text_rows(model: &Model) -> usize {
    match model.overlay {
        Some(Overlay::Help) => help::rows(model, model.size.width),
        _ => tabs::info::view::rows(model),
    }
}

/// From this height up a row is spared for messages that may come.
const ROOMY_ROWS: u16 = 20;

/// Where everything goes.
struct Regions {
    card: Rect,
    tabs: Rect,
    rule: Rect,
    body: Rect,
    needy: Rect,
    message: Rect,
    footer: Rect,
}

impl Regions {
    /// From 40×12 up everything has its rows. Below, rows go in this order: the rule, the second
    /// row of the card, other pods, the message, the footer, the tabs.
    fn of(model: &Model, area: Rect) -> Self {
        let recovery = u16::from(recovery(model).is_some());
        // Where there is room, the row of the message also keeps the keys apart from the tab, and
        // nothing moves when something is said.
        let message = u16::from(area.height >= ROOMY_ROWS || footer::has_message(model));
        let needy = u16::from(footer::needy_row(model));
        let mut rows = [2 + recovery, 1, 1, needy, message, 1];
        const ORDER: [usize; 7] = [2, 0, 0, 3, 4, 5, 1];
        for index in ORDER {
            let taken: u16 = rows.iter().sum();
            if taken < area.height {
                break;
            }
            // The name stays as long as anything does.
            if index != 0 || rows[0] > 1 {
                rows[index] = rows[index].saturating_sub(1);
            }
        }
        let mut y = area.y;
        let mut take = |height: u16| {
            let height = height.min(area.bottom().saturating_sub(y));
            let region = Rect { y, height, ..area };
            y += height;
            region
        };
        let [card, tabs, rule, needy, message, footer] = rows;
        Self {
            card: take(card),
            tabs: take(tabs),
            rule: take(rule),
            body: take(area.height.saturating_sub(rows.iter().sum())),
            needy: take(needy),
            message: take(message),
            footer: take(footer),
        }
    }
}
