//! The keys of the Channels tab.

use crossterm::event::KeyCode;

use crate::screen::{
    keymap::{Chord, Keymap, bind},
    monitor::{keys::Command as Common, model::Model},
};

/// What a key does in the table of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Show the chart of the marked channels, else of the selected one.
    Open,
    /// Lay this channel over the others in the chart, or no longer.
    Mark,
    /// The next order of the rows.
    Order,
    /// Type a filter of names.
    Filter,
}

/// What a key does while a chart is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChartCommand {
    /// Back to the table.
    Close,
    /// Look closer.
    ZoomIn,
    /// Look from further away.
    ZoomOut,
    /// Show the whole run.
    Whole,
    /// Earlier.
    PanBack,
    /// Later.
    PanOn,
    /// The cursor one column back.
    CursorBack,
    /// The cursor one column on.
    CursorOn,
    /// The cursor ten columns back.
    CursorFarBack,
    /// The cursor ten columns on.
    CursorFarOn,
    /// Logarithmic or linear.
    Logarithmic,
    /// One scale for all channels, or one for each.
    Scale,
    /// Time of day or time since the start.
    Clock,
    /// Braille dots or blocks.
    Marker,
}

/// The keys of the table.
pub(crate) fn keymap() -> Keymap<Command> {
    use Command as C;
    let key = |c| vec![Chord::character(c)];
    let enter = vec![Chord::code(KeyCode::Enter)];
    let open = "chart of the marked channels, else of this one";
    let mark = "mark a channel for a common chart";
    let order = "next order of the rows";
    Keymap(vec![
        bind(C::Open, "open-chart", enter, "chart", open),
        bind(C::Mark, "mark-channel", key('v'), "mark", mark),
        bind(
            C::Filter,
            "filter-channels",
            key('/'),
            "filter",
            "filter by name",
        ),
        bind(C::Order, "order-channels", key('o'), "order", order),
    ])
}

/// The keys of the chart: they go before all others.
pub(crate) fn chart_keymap() -> Keymap<ChartCommand> {
    use ChartCommand as C;
    let (key, code) = (|c| vec![Chord::character(c)], |c| vec![Chord::code(c)]);
    let close = vec![
        Chord::code(KeyCode::Esc),
        Chord::code(KeyCode::Enter),
        Chord::character('q'),
    ];
    let zoom_in = vec![Chord::character('+'), Chord::character('=')];
    let (back, on) = ("cursor back", "cursor on");
    let (far_back, far_on) = ("cursor ten columns back", "cursor ten columns on");
    let scale = "one scale for all channels, or one for each";
    let clock = "time of day, or time since the start";
    Keymap(vec![
        bind(C::Close, "close-chart", close, "back", "back to the table"),
        bind(
            C::ZoomIn,
            "zoom-in",
            zoom_in,
            "closer",
            "look closer, around the cursor",
        ),
        bind(
            C::ZoomOut,
            "zoom-out",
            key('-'),
            "wider",
            "look from further away",
        ),
        bind(C::Whole, "whole-run", key('0'), "whole run", "whole run"),
        bind(C::PanBack, "pan-back", code(KeyCode::Left), "", "earlier"),
        bind(C::PanOn, "pan-on", code(KeyCode::Right), "", "later"),
        bind(C::CursorBack, "cursor-back", key('h'), "", back),
        bind(C::CursorOn, "cursor-on", key('l'), "", on),
        bind(C::CursorFarBack, "cursor-far-back", key('H'), "", far_back),
        bind(C::CursorFarOn, "cursor-far-on", key('L'), "", far_on),
        bind(
            C::Logarithmic,
            "logarithmic",
            key('y'),
            "log",
            "logarithmic or linear",
        ),
        bind(C::Scale, "scale", key('o'), "scale", scale),
        bind(C::Clock, "clock", key('T'), "clock", clock),
        bind(C::Marker, "blocks", key('b'), "", "braille dots or blocks"),
    ])
}

/// Keys and words for the footer.
pub(in crate::screen::monitor) fn hints(model: &Model) -> Vec<(String, String)> {
    let channels = &model.channels;
    if channels.is_typing() {
        return vec![
            ("enter".to_owned(), "keep".to_owned()),
            ("esc".to_owned(), "show all".to_owned()),
        ];
    }
    if channels.chart.is_none() {
        let any = !model.run.state.channels.series.is_empty();
        let keys = &model.keys;
        let mut hints = Vec::new();
        if channels.is_filtered() {
            hints = keys.channels_filtered.hints();
        }
        hints.extend(keys.channels.hints().into_iter().filter(|_| any));
        return hints;
    }
    chart_hints(model)
}

/// Help and the way back come last and are kept longest.
fn chart_hints(model: &Model) -> Vec<(String, String)> {
    use ChartCommand as C;
    let keys = &model.keys.chart;
    let pair = |one, other| keys.key_of(one) + &keys.key_of(other);
    let one = |command| {
        let word = keys.binding(command).map_or("", |binding| binding.short);
        (keys.key_of(command), word.to_owned())
    };
    let several = model
        .channels
        .chart
        .as_ref()
        .is_some_and(|chart| chart.names.len() > 1);
    let scale = several.then(|| one(C::Scale));
    let common = &model.keys.monitor;
    let follow = (common.key_of(Common::Last), "follow".to_owned());
    let help = (common.key_of(Common::Help), "help".to_owned());
    let mut hints = vec![
        (pair(C::CursorBack, C::CursorOn), "cursor".to_owned()),
        (pair(C::ZoomIn, C::ZoomOut), "zoom".to_owned()),
        (pair(C::PanBack, C::PanOn), "pan".to_owned()),
    ];
    hints.extend(scale);
    hints.extend([
        one(C::Whole),
        follow,
        one(C::Logarithmic),
        one(C::Clock),
        help,
        one(C::Close),
    ]);
    hints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::keymap::assert_unambiguous;

    #[test]
    fn no_key_of_the_chart_means_two_things() {
        assert_unambiguous(&chart_keymap());
    }
}
