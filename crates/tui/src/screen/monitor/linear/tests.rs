//! The monitor as lines: what is said, and what can be typed.

use pod_protocol::Outcome;

use super::{Linear, begin};
use crate::screen::monitor::{
    Ask, Leaving, News, Occasion, Order, TerminalOrder,
    tests::fixture,
    update::{Effect, Msg},
};

fn linear(occasion: Occasion) -> Linear {
    let options = fixture::blank(occasion).options;
    begin(options, fixture::at(fixture::NOW))
}

fn heard(linear: &mut Linear, news: News) -> String {
    linear.hear(news).0.join("\n")
}

fn typed(linear: &mut Linear, line: &str) -> (String, Vec<Effect>) {
    let (said, effects) = linear.obey(line);
    (said.join("\n"), effects)
}

#[test]
fn every_change_is_one_line() {
    let mut linear = linear(Occasion::Visit);
    heard(&mut linear, fixture::attached());
    let drafts = [
        (0, r#"{"kind":"child.started","pid":4242}"#),
        (1, r#"{"kind":"step","label":"warming up"}"#),
        (
            2,
            r#"{"kind":"progress","done":5,"total":50,"unit":"epoch"}"#,
        ),
        (
            3,
            r#"{"kind":"progress","done":6,"total":50,"unit":"epoch"}"#,
        ),
        (
            4,
            r#"{"kind":"item.finished","item":"epoch-5","outcome":"failed","duration_ms":1500}"#,
        ),
        (5, r#"{"kind":"channel","name":"loss","value":2.5}"#),
    ];
    let said = heard(&mut linear, fixture::records(&drafts, 1));
    assert_eq!(
        said,
        "item.finished: epoch-5 failed, 1.5s\n\
         train-resnet: RUNNING\n\
         step: warming up\n\
         12 %, epoch 6/50"
    );
    let again = [(
        6,
        r#"{"kind":"progress","done":7,"total":50,"unit":"epoch"}"#,
    )];
    assert_eq!(heard(&mut linear, fixture::records(&again, 7)), "");
    let (channels, _) = typed(&mut linear, "channels");
    assert_eq!(channels, "loss: 2.5 , from 2.5 to 2.5");
    let closed = heard(&mut linear, News::Closed(Outcome::Failed));
    assert!(closed.starts_with("train-resnet: FAILED\n"), "{closed}");
}

#[test]
fn of_what_was_printed_before_the_last_lines_are_said() {
    let mut linear = linear(Occasion::Visit);
    heard(&mut linear, fixture::attached());
    let mut history: String = (0..1_000).map(|line| format!("line {line:04}\n")).collect();
    history.truncate(10_000);
    let said = heard(&mut linear, fixture::output(0, &history));
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(
        (lines.len(), lines[0], lines[9]),
        (10, "line 0990", "line 0999")
    );
    let more = "\x1b[31mnew\x1b[0m \x1b]0;title\x07line\nhalf";
    assert_eq!(
        heard(&mut linear, fixture::output(10_000, more)),
        "new line"
    );
    let end = heard(&mut linear, News::Closed(Outcome::Passed));
    assert!(end.starts_with("half\n"), "{end}");
}

#[test]
fn words_are_answered_in_words() {
    let mut linear = linear(Occasion::Launched);
    heard(&mut linear, fixture::attached());
    let started = [(0, r#"{"kind":"child.started","pid":4242}"#)];
    heard(&mut linear, fixture::records(&started, 1));
    let (said, effects) = typed(&mut linear, "stop");
    assert_eq!(
        (said.as_str(), effects.len()),
        ("stop train-resnet? yes or no", 0)
    );
    let (_, effects) = typed(&mut linear, "yes");
    assert_eq!(effects, [Effect::Order(Order::Ask(Ask::Stop))]);
    let (said, _) = typed(&mut linear, "page-up");
    assert!(said.contains("no command is called page-up"), "{said}");
    let (said, _) = linear.interrupt();
    assert!(said.join("").contains("detach, stop, cancel or stay"));
    let (_, effects) = typed(&mut linear, "detach");
    assert_eq!(effects, [Effect::Leave(Leaving::Quit)]);
    linear.change(Msg::Key("esc".parse().expect("a key")));
    let (_, effects) = typed(&mut linear, "quit");
    assert_eq!(effects, [Effect::Leave(Leaving::Asked)]);
}

#[test]
fn help_lists_what_can_be_typed_and_status_says_everything() {
    let mut linear = linear(Occasion::Visit);
    heard(&mut linear, fixture::attached());
    let (help, _) = typed(&mut linear, "help");
    assert!(
        help.contains("stop: stop the run") && !help.contains("page-down"),
        "{help}"
    );
    let (status, _) = typed(&mut linear, "status");
    assert!(status.starts_with("train-resnet: PENDING"), "{status}");
}

#[test]
fn a_question_without_a_line_end_is_said_once() {
    let mut linear = linear(Occasion::Visit);
    heard(&mut linear, fixture::attached());
    let history = ("x".repeat(99) + "\n").repeat(100);
    heard(&mut linear, fixture::output(0, &history));
    let now = fixture::at(fixture::NOW);
    assert_eq!(linear.open_due_ms(now), None);
    assert_eq!(
        heard(&mut linear, fixture::output(10_000, "one\nPassword: ")),
        "one"
    );
    assert_eq!(linear.open_due_ms(now), Some(1_000));
    assert_eq!(linear.tell_open(), ["Password:"]);
    assert_eq!(linear.open_due_ms(now), None, "nothing has come since");
    assert_eq!(
        heard(&mut linear, fixture::output(10_014, "\r\nwelcome\nname? ")),
        "welcome"
    );
    assert_eq!(linear.tell_open(), ["name?"]);
    // What was typed stands behind it.
    assert_eq!(
        heard(&mut linear, fixture::output(10_030, "ada\r\n")),
        "ada"
    );
    assert!(linear.tell_open().is_empty());
}

#[test]
fn a_line_is_typed_into_a_command_that_has_a_terminal() {
    let mut linear = linear(Occasion::Visit);
    heard(&mut linear, fixture::attached());
    let (said, effects) = typed(&mut linear, "type hello there");
    assert_eq!(
        (&*said, effects),
        ("the command has not started yet", Vec::new())
    );
    let view = pod_protocol::TerminalView {
        size: pod_protocol::TerminalSize::UNWATCHED,
        since: pod_protocol::Offset(0),
        by: None,
        yours: false,
    };
    heard(&mut linear, News::Terminal(view));
    let line = |text: &str| Effect::Terminal(TerminalOrder::Type(text.into()));
    let typed_in = typed(&mut linear, "type  hello there").1;
    assert_eq!(typed_in, [line(" hello there\r")]);
    assert_eq!(typed(&mut linear, "type").1, [line("\r")]);
}
