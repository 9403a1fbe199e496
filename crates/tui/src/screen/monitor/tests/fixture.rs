//! A run to look at, at a fixed time.

use crossterm::event::KeyCode;
use pod_protocol::{Attached, Draft, Offset, PodName, RunState, Seq, Timestamp};
use ratatui::layout::Size;

use super::super::{
    News, Occasion, Options,
    model::Model,
    tabs::output::Printed,
    update::{Effect, Msg, update},
    view::view,
};
use crate::screen::{Alerts, KeyChanges, Palette, keymap::Chord, testing};

/// Milliseconds from the start of the run to now.
pub(in crate::screen::monitor) const NOW: u64 = 724_000;

/// The moment `t_ms` after the start.
pub(in crate::screen::monitor) fn at(t_ms: u64) -> Timestamp {
    let start: Timestamp = "2026-11-20T10:00:00Z".parse().expect("RFC 3339");
    let millis = start.as_millis() + i64::try_from(t_ms).expect("small");
    Timestamp::from_millis(millis)
}

/// A monitor that has heard nothing.
pub(in crate::screen::monitor) fn blank(occasion: Occasion) -> Model {
    let options = Options {
        name: PodName::new("train-resnet").expect("a name"),
        back: None,
        occasion,
        read_only: false,
        palette: Palette::new(true),
        braille: true,
        zone: jiff::tz::TimeZone::UTC,
        keys: KeyChanges::new(),
        alerts: Alerts::Unfocused,
        live: true,
    };
    Model::new(options, at(NOW), Size::new(80, 24))
}

/// A monitor on a run that trains.
pub(in crate::screen::monitor) fn monitor(occasion: Occasion) -> Model {
    let mut model = blank(occasion);
    news(&mut model, attached());
    news(&mut model, records(&training(), 1));
    news(&mut model, output(0, &cargo_test()));
    model
}

pub(in crate::screen::monitor) fn attached() -> News {
    attached_with(RunState::default())
}

pub(in crate::screen::monitor) fn attached_with(state: RunState) -> News {
    News::Attached(Box::new(Attached {
        id: 1,
        segment: None,
        first_seq: Seq::FIRST,
        out_base: Offset(0),
        output_at: None,
        waiting_for: None,
        length: Offset(10_000),
        state,
    }))
}

/// Records with their times, the first of them number `first`.
pub(in crate::screen::monitor) fn records(drafts: &[(u64, &str)], first: u64) -> News {
    let mut bytes = Vec::new();
    for (index, (t_ms, draft)) in (0..).zip(drafts) {
        let draft = Draft::from_line(draft.as_bytes()).expect(draft);
        let record = draft.number(Seq(first + index), at(*t_ms), *t_ms, Offset(4_096));
        bytes.extend(record.to_line().expect("short"));
    }
    News::Records { bytes }
}

pub(in crate::screen::monitor) fn output(from: u64, text: &str) -> News {
    News::Output(Printed {
        from: Offset(from),
        bytes: text.as_bytes().to_vec(),
        ..Printed::default()
    })
}

fn training() -> Vec<(u64, &'static str)> {
    vec![
        (
            0,
            concat!(
                r#"{"kind":"segment.started","session":"019e5bc6-c3f3-7000-8000-0000a1c293f7","#,
                r#""segment":"019e5bc6-c3f4-7000-8000-00000b5e77d2","ordinal":1,"first_seq":1,"#,
                r#""out_base":0,"pod":"train-resnet","command":["python","train.py","--epochs","50"],"#,
                r#""cwd":"/home/ann/resnet","host":"gpu-3","tool":"0.1.0"}"#
            ),
        ),
        (12, r#"{"kind":"child.started","pid":4242}"#),
        (900, r#"{"kind":"item.started","item":"epoch-1"}"#),
        (
            25_400,
            r#"{"kind":"channel","readings":[{"name":"loss","value":2.31},{"name":"lr","value":0.0003}]}"#,
        ),
        (
            25_900,
            r#"{"kind":"item.finished","item":"epoch-1","outcome":"passed","duration_ms":25000}"#,
        ),
        (26_000, r#"{"kind":"item.started","item":"epoch-2"}"#),
        (
            40_250,
            r#"{"kind":"log","level":"warning","message":"gradient norm 14.2 clipped"}"#,
        ),
        (
            51_300,
            r#"{"kind":"item.finished","item":"epoch-2","outcome":"failed","duration_ms":25300,"detail":"loss is NaN"}"#,
        ),
        (
            51_301,
            r#"{"kind":"progress","done":27,"total":50,"unit":"epoch"}"#,
        ),
        (721_340, r#"{"kind":"item.started","item":"epoch-3"}"#),
    ]
}

fn cargo_test() -> String {
    let mut text = String::from(
        "\x1b[1;32m   Compiling\x1b[0m tui v0.1.0\r\n\x1b[1;32m    Finished\x1b[0m in 41.52s\r\n\r\n",
    );
    for case in 0..30 {
        let verdict = if case == 25 {
            "\x1b[31mFAILED"
        } else {
            "\x1b[32mok"
        };
        text.push_str(&format!(
            "test viewport::case_{case:02} ... {verdict}\x1b[0m\r\n"
        ));
    }
    text.push_str("\r 10% epoch-3\r 70% epoch-3");
    text
}

pub(in crate::screen::monitor) fn news(model: &mut Model, news: News) {
    let mut effects = update(model, Msg::News(news));
    effects.retain(|effect| !matches!(effect, Effect::Alert(_)));
    assert_eq!(effects, [], "news have no effects");
}

/// The screen as text.
pub(in crate::screen::monitor) fn shown(model: &Model) -> String {
    testing::rows(&testing::draw(
        model.size.width,
        model.size.height,
        |frame| view(model, frame),
    ))
    .join("\n")
}

/// A single key.
fn key(name: &str) -> Chord {
    match name {
        "right" => Chord::code(KeyCode::Right),
        "left" => Chord::code(KeyCode::Left),
        "up" => Chord::code(KeyCode::Up),
        "down" => Chord::code(KeyCode::Down),
        "pgup" => Chord::code(KeyCode::PageUp),
        "pgdn" => Chord::code(KeyCode::PageDown),
        "end" => Chord::code(KeyCode::End),
        "enter" => Chord::code(KeyCode::Enter),
        "esc" => Chord::code(KeyCode::Esc),
        "backspace" => Chord::code(KeyCode::Backspace),
        name => match name.strip_prefix("c-").and_then(|c| c.chars().next()) {
            Some(c) => Chord::ctrl(c),
            None => panic!("no key {name}"),
        },
    }
}

/// Keys as text, `<name>` for those without a character.
pub(in crate::screen::monitor) fn keys(text: &str) -> Vec<Chord> {
    let mut chords = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
        rest = match named {
            Some((name, rest)) => {
                chords.push(key(name));
                rest
            }
            None => {
                chords.push(Chord::character(c));
                &rest[c.len_utf8()..]
            }
        };
    }
    chords
}
