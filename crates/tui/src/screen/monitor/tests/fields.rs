//! Text fields, whichever tab they are in.

use super::{
    super::{
        News, Occasion,
        model::{Message, Model},
        tabs::Tab,
        update::{Effect, Msg, update},
    },
    fixture::{keys, monitor, shown},
    press,
};
use crate::screen::palette::Mood;

fn pasted(tab: Tab, keys: &str, text: &str) -> (Model, String) {
    let mut model = monitor(Occasion::Visit);
    model.tab = tab;
    drop(press(&mut model, keys));
    drop(update(&mut model, Msg::Paste(text.to_owned())));
    let said = shown(&model);
    (model, said)
}

#[test]
fn pasted_text_goes_into_the_field_that_is_open_as_one_printable_line() {
    for tab in [Tab::Events, Tab::Channels, Tab::Output, Tab::Results] {
        let (_, said) = pasted(tab, "/a<left>", "one\x1b[2Jq\r\n  two\n");
        assert!(said.contains("one\u{fffd}[2Jq two"), "{tab:?}: {said}");
    }
    let (model, said) = pasted(Tab::Output, "S", &"x".repeat(100_000));
    assert!(model.output.has_field() && said.contains("save to"));
}

#[test]
fn pasted_text_is_no_command() {
    // `q` leaves, and chooses in the list of kinds.
    let (model, _) = pasted(Tab::Events, "", "qq\n");
    assert!(model.notice.is_none());
    let (model, _) = pasted(Tab::Events, "l", "q\n");
    assert!(model.events.is_typing(), "the list of kinds is still open");
}

#[test]
fn the_shell_is_reached_from_every_field_and_question() {
    let suspended = vec![Effect::Suspend];
    for (tab, before) in [
        (Tab::Events, ""),
        (Tab::Events, "/a"),
        (Tab::Events, "l"),
        (Tab::Channels, "<enter>"),
        (Tab::Output, "S"),
        (Tab::Results, "/"),
        (Tab::Info, "s"),
        (Tab::Info, "?"),
    ] {
        let (mut model, _) = pasted(tab, before, "");
        let before_it = shown(&model);
        assert_eq!(press(&mut model, "<c-z>"), suspended, "{tab:?} {before}");
        assert_eq!(shown(&model), before_it, "{tab:?} {before}");
    }
}

#[test]
fn a_character_that_suspends_is_text_in_a_field() {
    let mut model = monitor(Occasion::Visit);
    let mut bindings = model.keys.monitor.0.iter_mut();
    let binding = bindings.find(|binding| binding.name == "suspend");
    binding.expect("bound").chords = keys("Z");
    model.tab = Tab::Events;
    assert_eq!(press(&mut model, "Z"), [Effect::Suspend]);
    assert_eq!(press(&mut model, "/Z"), []);
    assert!(shown(&model).contains('Z'));
}

#[test]
fn that_there_is_no_shell_is_said() {
    let mut model = monitor(Occasion::Visit);
    drop(update(&mut model, Msg::NotSuspended));
    assert!(shown(&model).contains("no shell here"));
}

#[test]
fn what_a_key_came_to_is_said_before_what_the_tab_says_by_itself() {
    for tab in [Tab::Events, Tab::Channels, Tab::Results] {
        let (mut model, _) = pasted(tab, "/", "loss");
        drop(press(&mut model, "<enter>"));
        assert!(shown(&model).contains("loss"), "{tab:?}");
        model.notice = Some(Message::new(Mood::Bad, "no such luck"));
        assert!(shown(&model).contains("no such luck"), "{tab:?}");
    }
    let (mut model, _) = pasted(Tab::Output, "/", "x");
    drop(update(
        &mut model,
        Msg::News(News::NotLaunched(super::super::Launch::Resume, "no".into())),
    ));
    assert!(shown(&model).contains("search"), "a field stays in sight");
}
