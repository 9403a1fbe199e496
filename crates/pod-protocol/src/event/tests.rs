use super::*;

fn read(line: &str) -> Event {
    let draft = Draft::from_line(line.as_bytes()).expect(line);
    Event::read(&draft.number(Seq::FIRST, Timestamp::default(), 0, Offset(0)))
}

#[test]
fn a_payload_that_does_not_fit_is_other() {
    assert_eq!(read(r#"{"kind":"item.finished","item":7}"#), Event::Other);
    assert_eq!(
        read(r#"{"kind":"run.closed","outcome":"splendid"}"#),
        Event::Other
    );
    assert_eq!(read(r#"{"kind":"my.event"}"#), Event::Other);
}

#[test]
fn an_exit_is_a_code_or_a_signal() {
    let exited = |exit| {
        Event::ChildExited(ChildExited {
            exit,
            usage: None,
            requested: None,
        })
    };
    assert_eq!(
        read(r#"{"kind":"child.exited","code":3}"#),
        exited(Exit::Code(3))
    );
    assert_eq!(
        read(r#"{"kind":"child.exited","signal":9}"#),
        exited(Exit::Signal(9))
    );
}

#[test]
fn several_readings_share_a_record() {
    let one = read(r#"{"kind":"channel","name":"loss","value":0.5,"unit":"nat"}"#);
    assert!(matches!(one, Event::Channel(ChannelReadings::One(r)) if r.name == "loss"));
    let many = read(r#"{"kind":"channel","readings":[{"name":"a","value":1}]}"#);
    assert!(
        matches!(many, Event::Channel(ChannelReadings::Many { readings }) if readings.len() == 1)
    );
}

#[test]
fn events_are_read_back_as_drafted() {
    let event = Event::RunClosed(RunClosed {
        outcome: Outcome::Stopped,
    });
    let draft = event.draft().expect("not Other");
    let record = draft.number(Seq(9), Timestamp::default(), 1, Offset(2));
    assert_eq!(Event::read(&record), event);
}
