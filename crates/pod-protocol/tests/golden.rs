//! Golden files: one line of every request, host message and record kind, in the bytes that go over
//! sockets and into logs. A line may be added; none may ever be changed, because programs and logs
//! that hold it are out there.

use std::collections::BTreeSet;

use pod_protocol::{
    Activity, ClientMessage, Decoder, ErrorCode, Event, Exit, HostMessage, ItemOutcome, Log, Mode,
    Outcome, Phase, ProcessState, PromptKind, RECORD_BYTES_MAX, Record, Request, RequestKind,
    RunState, SignalReason, Status, StopReason, Wire, encode,
};
use serde::Serialize;

const CLIENT: &str = include_str!("golden/client.jsonl");
const HOST: &str = include_str!("golden/host.jsonl");
const RECORDS: &str = include_str!("golden/records.jsonl");

/// Names every variant of an enum twice, once in an exhaustive match: a new variant does not
/// compile until it is named here, and the tests below then ask for its golden line.
macro_rules! variants {
    ($function:ident, $all:ident, $enum:ident { $($variant:ident),* $(,)? }) => {
        fn $function(value: &$enum) -> &'static str {
            match value {
                $($enum::$variant { .. } => stringify!($variant),)*
            }
        }
        const $all: &[&str] = &[$(stringify!($variant)),*];
    };
}

variants!(
    request,
    REQUESTS,
    Request {
        Attach,
        Follow,
        Unfollow,
        Read,
        Stop,
        Cancel,
        Kill,
        Pause,
        Continue,
        Control,
        Input,
        Resize,
        Repaint,
        Process,
        Ping,
        Unknown
    }
);
variants!(
    host_message,
    HOST_MESSAGES,
    HostMessage {
        Hello,
        Attached,
        Ok,
        Error,
        Chunk,
        Terminal,
        Closed,
        Pong,
        Unknown
    }
);
variants!(
    event,
    EVENTS,
    Event {
        SegmentStarted,
        SegmentResumed,
        ChildStarted,
        ChildExited,
        ItemStarted,
        ItemFinished,
        Progress,
        Step,
        Channel,
        Log,
        TableRow,
        Artifact,
        Activity,
        PromptAsked,
        PromptAnswered,
        PromptExpired,
        PromptWithdrawn,
        StopRequested,
        CancelRequested,
        SignalRequested,
        SignalSent,
        RetryScheduled,
        Degraded,
        Recovered,
        Gap,
        SegmentEnded,
        RunClosed,
        Other,
    }
);
variants!(
    phase,
    PHASES,
    Phase {
        Empty,
        Starting,
        Running,
        Exited,
        Closed
    }
);

/// All values of an enum whose variants carry nothing, held complete by an exhaustive match.
macro_rules! words {
    ($($enum:ident { $($variant:ident),* $(,)? })*) => {
        fn words() -> Vec<(&'static str, String)> {
            $({
                #[expect(dead_code, reason = "it exists to be exhaustive")]
                fn complete(value: &$enum) {
                    match value {
                        $($enum::$variant { .. } => {})*
                    }
                }
            })*
            vec![$($((stringify!($enum), word($enum::$variant)),)*)*]
        }
    };
}

words! {
    Mode { Control, ReadOnly }
    Log { Records, Output }
    ErrorCode {
        Forbidden, ReadOnly, StaleCursor, UnsupportedProtocol, BadRequest, TooLarge, UnknownPrompt,
        PromptSettled, InvalidAnswer, NotRunning, NotControlling,
        ShuttingDown, Unknown,
    }
    StopReason { AlreadyTerminal, AlreadyRequested }
    Status {
        Pending, Starting, Running, Passed, Failed, Errored, Stopped, Cancelled, Interrupted,
    }
    Outcome { Passed, Failed, Errored, Stopped, Cancelled, Interrupted }
    ItemOutcome { Passed, Failed, Errored, Skipped }
    SignalReason { TimeLimit, Reap, Unknown }
    RequestKind { Stop, Cancel }
    ProcessState { Running, Sleeping, Stopped, Uninterruptible, Zombie, Unknown }
    PromptKind { Confirm, Choice, Input, Acknowledge }
    Activity { Waiting, Streaming, Quiet, Buffered }
}

fn word(value: impl Serialize) -> String {
    serde_json::to_string(&value).expect("a word")
}

/// Reads and writes every line of a golden file; they come out as they went in.
fn messages<M: Wire>(golden: &str) -> Vec<M> {
    let read = |line: &str| {
        let mut decoder = Decoder::<M>::default();
        decoder.push(line.as_bytes());
        decoder.push(b"\n");
        let message = match decoder.next_message() {
            Ok(Some(framed)) => framed.message,
            // The payload of a chunk or an input is not in the file.
            Ok(None) => serde_json::from_str(line).expect("the decoder read it"),
            Err(error) => panic!("{error:?} in {line}"),
        };
        let again = String::from_utf8(encode(&message)).expect("JSON is UTF-8");
        assert_eq!(again, format!("{line}\n"));
        message
    };
    golden.lines().map(read).collect()
}

fn records() -> Vec<Record> {
    let read = |line: &str| Record::from_line(line.as_bytes()).expect(line);
    RECORDS.lines().map(read).collect()
}

fn assert_all<T>(values: &[T], name: fn(&T) -> &'static str, all: &[&'static str]) {
    let got: BTreeSet<_> = values.iter().map(name).collect();
    assert_eq!(got, all.iter().copied().collect());
}

#[test]
fn every_request_has_a_golden_line() {
    let messages = messages::<ClientMessage>(CLIENT);
    let requests: Vec<Request> = messages
        .into_iter()
        .map(|message| message.request)
        .collect();
    assert_all(&requests, request, REQUESTS);
}

#[test]
fn every_host_message_has_a_golden_line() {
    let messages = messages::<HostMessage>(HOST);
    assert_all(&messages, host_message, HOST_MESSAGES);
    let attached = messages.iter().filter_map(|message| match message {
        HostMessage::Attached(attached) => Some(attached.state.phase),
        _ => None,
    });
    assert_all(&attached.collect::<Vec<Phase>>(), phase, PHASES);
}

#[test]
fn every_word_of_the_language_is_in_a_golden_line() {
    let all = [CLIENT, HOST, RECORDS].concat();
    for (of, word) in words() {
        assert!(all.contains(&format!(":{word}")), "{of} {word}");
    }
    for exit in [Exit::Code(0), Exit::Signal(9)] {
        let field = word(exit);
        assert!(RECORDS.contains(field.trim_matches(['{', '}'])), "{field}");
    }
}

#[test]
fn every_kind_has_a_golden_line() {
    let events: Vec<Event> = records().iter().map(Event::read).collect();
    assert_all(&events, event, EVENTS);
    let others: Vec<String> = records()
        .iter()
        .filter(|record| Event::read(record) == Event::Other)
        .map(|record| record.kind.to_string())
        .collect();
    assert_eq!(others, ["artifact.promoted", "solver.converged"]);
}

#[test]
fn a_record_is_written_as_it_was_read() {
    for (line, record) in RECORDS.lines().zip(records()) {
        let again = record.to_line().expect("short");
        assert_eq!(
            String::from_utf8(again).expect("JSON is UTF-8"),
            format!("{line}\n")
        );
    }
}

/// What a host drafts from an event is what stands in the golden line; only fields that the types
/// do not know yet may be missing.
#[test]
fn an_event_is_drafted_as_it_was_read() {
    for record in records() {
        let Some(draft) = Event::read(&record).draft() else {
            continue;
        };
        assert_eq!(draft.kind, record.kind);
        for (name, value) in &draft.fields {
            assert_eq!(
                record.fields.get(name),
                Some(value),
                "{name} of {}",
                record.kind
            );
        }
        let again = draft.number(record.seq, record.at, 0, record.out);
        let line = again.to_line().expect("short");
        let reread = Record::from_line(&line).expect("just written");
        assert_eq!(Event::read(&reread), Event::read(&record));
    }
}

#[test]
fn the_golden_log_folds_to_its_newest_segment() {
    let mut state = RunState::default();
    records().iter().for_each(|record| state.apply(record));
    let identity = state.identity.expect("a segment has started");
    assert_eq!((identity.ordinal, state.health.resumed), (2, 2));
    assert_eq!(
        state.phase,
        Phase::Exited {
            exit: Exit::Signal(9)
        }
    );
}

#[test]
fn what_a_newer_program_says_is_unknown_and_no_error() {
    let request: ClientMessage =
        serde_json::from_str(r#"{"id":3,"type":"dance","tempo":[1,2]}"#).expect("a message");
    assert_eq!((request.id, request.request), (3, Request::Unknown));
    let message: HostMessage =
        serde_json::from_str(r#"{"type":"song","verses":{"a":1}}"#).expect("a message");
    assert_eq!(message, HostMessage::Unknown);
    let refusal = r#"{"type":"error","id":1,"code":"too_early","message":"wait","until":7}"#;
    let message: HostMessage = serde_json::from_str(refusal).expect("a message");
    assert!(matches!(message, HostMessage::Error(refusal) if refusal.code == ErrorCode::Unknown));
}

#[test]
fn the_longest_record_fits_a_chunk() {
    const { assert!(RECORD_BYTES_MAX <= pod_protocol::PAYLOAD_BYTES_MAX) }
}

/// The prose has a word on everything; it cannot fall behind the types unnoticed.
#[test]
fn the_protocol_page_names_everything() {
    let page = include_str!("../../../docs/protocol.md");
    let mut missing = BTreeSet::new();
    let mut need = |name: &str| {
        if !page.contains(&format!("`{name}`")) {
            missing.insert(name.to_owned());
        }
    };
    Event::KINDS.iter().for_each(|kind| need(kind));
    for (_, word) in words() {
        let word = word.trim_matches('"');
        if word != "unknown" {
            need(word);
        }
    }
    for line in CLIENT.lines().chain(HOST.lines()) {
        let message: serde_json::Value = serde_json::from_str(line).expect(line);
        let fields = message.as_object().expect("an object");
        let summary = fields.get("summary").and_then(serde_json::Value::as_object);
        for (name, value) in fields.iter().chain(summary.into_iter().flatten()) {
            match (name.as_str(), value.as_str()) {
                ("type", Some("unknown")) => {}
                ("type", Some(name)) | (name, _) => need(name),
            }
        }
    }
    for record in records()
        .iter()
        .filter(|record| Event::read(record) != Event::Other)
    {
        let draft = Event::read(record).draft().expect("not Other");
        draft.fields.keys().for_each(|field| need(field));
    }
    assert_eq!(missing, BTreeSet::new());
}
