//! The Results tab, with a log that the test answers for.

use pod_protocol::Outcome;

use super::{
    super::{
        Found, News, Occasion, Order, Reading,
        model::Model,
        tabs::results::{self, Finding, History, Part},
        update::{Effect, Msg, update},
    },
    fixture::{self, monitor, news, shown},
    press,
};

/// Shows the tab, as if the log before had nothing for it.
pub(super) fn open(model: &mut Model) {
    let effects = press(model, "4");
    answer(model, &effects, Vec::new());
}

fn answer(model: &mut Model, effects: &[Effect], findings: Vec<Finding>) {
    let [Effect::Read(Reading::Results(reading))] = effects else {
        panic!("{effects:?}")
    };
    let number = reading.number;
    for part in [Part::Findings(findings, 100), Part::Done] {
        let found = Found::Results(results::Found { number, part });
        assert_eq!(update(model, Msg::News(News::Found(found))), []);
    }
}

/// Every kind of result.
pub(super) fn many() -> News {
    let drafts = [
        r#"{"kind":"item.finished","item":"test_boot","outcome":"passed","duration_ms":842}"#,
        r#"{"kind":"item.finished","item":"test_flash","outcome":"failed","duration_ms":12500,"detail":"CRC mismatch in sector 7\nexpected 0x1f2e\nfound 0x0000"}"#,
        r#"{"kind":"item.finished","item":"test_rtc","outcome":"skipped","detail":"no battery"}"#,
        r#"{"kind":"item.finished","item":"test_can","outcome":"errored","duration_ms":3,"detail":"no such bus"}"#,
        r#"{"kind":"table.row","table":"sweep","row":{"name":"baseline","epochs":10,"loss":0.51234,"lr":0.00003,"best":null,"tags":["a","b"]}}"#,
        r#"{"kind":"table.row","table":"sweep","row":{"name":"wide","epochs":20,"loss":0.25,"lr":0.001,"best":true,"tags":{}}}"#,
        r#"{"kind":"table.row","table":"sweep","row":{"name":"deep","epochs":5,"loss":1.75,"lr":1,"extra":"late"}}"#,
        r#"{"kind":"artifact","path":"out/model.bin","label":"weights"}"#,
        r#"{"kind":"artifact","path":"report.html"}"#,
    ];
    let drafts: Vec<(u64, &str)> = drafts.iter().map(|draft| (722_000, *draft)).collect();
    fixture::records(&drafts, 11)
}

/// More rows than are held.
pub(super) fn long_table() -> News {
    let drafts: Vec<String> = (0..21_000)
        .map(|n| format!(r#"{{"kind":"table.row","table":"steps","row":{{"step":{n}}}}}"#))
        .collect();
    let drafts: Vec<(u64, &str)> = drafts
        .iter()
        .map(|draft| (722_000, draft.as_str()))
        .collect();
    fixture::records(&drafts, 11)
}

#[test]
fn nothing_is_gathered_before_anybody_looks() {
    let mut model = monitor(Occasion::Visit);
    news(&mut model, many());
    assert_eq!(model.results.history, History::Unread);
    let effects = press(&mut model, "4");
    assert!(shown(&model).contains("reading the log"));
    answer(&mut model, &effects, Vec::new());
    assert_eq!(press(&mut model, "14"), [], "once is enough");
}

#[test]
fn what_comes_while_the_log_is_read_comes_behind_it() {
    let mut model = monitor(Occasion::Visit);
    let effects = press(&mut model, "4");
    let again = r#"{"kind":"item.finished","item":"epoch-2","outcome":"passed"}"#;
    news(&mut model, fixture::records(&[(722_000, again)], 11));
    let before = r#"{"seq":8,"at":"2026-11-20T10:00:00Z","out":0,"kind":"item.finished","item":"epoch-2","outcome":"failed"}"#;
    let record = pod_protocol::Record::from_line(before.as_bytes()).expect("a record");
    let findings = Finding::of(&record).into_iter().collect();
    answer(&mut model, &effects, findings);
    assert!(
        shown(&model).contains("✓ passed   epoch-2"),
        "{}",
        shown(&model)
    );
    assert!(!shown(&model).contains("✗ failed   epoch-2"));
}

#[test]
fn failures_come_first_and_a_filter_leaves_only_them() {
    let mut model = monitor(Occasion::Visit);
    open(&mut model);
    news(&mut model, many());
    let order = |model: &Model| -> Vec<usize> {
        let screen = shown(model);
        let names = ["test_flash", "test_can", "test_rtc", "test_boot"];
        names.iter().filter_map(|name| screen.find(name)).collect()
    };
    let places = order(&model);
    assert!(places.len() == 4 && places.is_sorted(), "{}", shown(&model));
    press(&mut model, "f");
    assert_eq!(order(&model).len(), 2);
    assert!(shown(&model).contains("filtered: failed · 2 shown"));
    press(&mut model, "<esc>/sector<enter>");
    assert_eq!(order(&model).len(), 1);
    press(&mut model, "<enter>");
    assert!(
        shown(&model).contains("expected 0x1f2e"),
        "{}",
        shown(&model)
    );
    press(&mut model, "<esc>");
    assert_eq!(order(&model).len(), 4);
}

#[test]
fn a_table_is_sorted_from_the_keyboard() {
    let mut model = monitor(Occasion::Visit);
    open(&mut model);
    news(&mut model, many());
    press(&mut model, "n<right><right>o");
    let order = |model: &Model| -> String {
        let screen = shown(model);
        let mut names = ["baseline", "wide", "deep"].map(|name| (screen.find(name), name));
        names.sort_unstable();
        names.map(|(_, name)| &name[..1]).concat()
    };
    assert!(shown(&model).contains("loss▼"), "{}", shown(&model));
    assert_eq!(order(&model), "dbw");
    press(&mut model, "o");
    assert!(shown(&model).contains("loss▲"), "{}", shown(&model));
    assert_eq!(order(&model), "wbd");
    press(&mut model, "o");
    assert_eq!(order(&model), "bwd");
    let more = r#"{"kind":"table.row","table":"sweep","row":{"name":"last","loss":9}}"#;
    press(&mut model, "o");
    news(&mut model, fixture::records(&[(722_100, more)], 20));
    let screen = shown(&model);
    assert!(
        screen.find("last") < screen.find("deep"),
        "live rows are sorted in:\n{screen}"
    );
}

#[test]
fn only_an_artifact_of_a_passed_run_is_promoted() {
    let mut model = monitor(Occasion::Visit);
    open(&mut model);
    news(&mut model, many());
    let why = |model: &mut Model| {
        assert_eq!(press(model, "p"), []);
        model
            .notice
            .take()
            .map(|notice| notice.text)
            .unwrap_or_default()
    };
    assert!(why(&mut model).contains("press n"));
    press(&mut model, "N<down>");
    assert!(why(&mut model).contains("passed run"));
    model.run.closed = Some(Outcome::Failed);
    assert!(why(&mut model).contains("passed run"));
    model.run.closed = Some(Outcome::Passed);
    let order = Order::Promote("out/model.bin".to_owned());
    assert_eq!(press(&mut model, "p"), [Effect::Order(order)]);
    let digest = "0123456789abcdef".to_owned();
    news(
        &mut model,
        News::Promoted(Ok(("/state/promoted/x".into(), digest))),
    );
    assert!(shown(&model).contains("promoted · sha256 0123456789ab… · /state/promoted/x"));
    news(
        &mut model,
        News::Promoted(Err("promoted already: /x".to_owned())),
    );
    assert!(shown(&model).contains("cannot promote: promoted already: /x"));
}

#[test]
fn keys_that_come_before_there_are_results_are_obeyed_when_there_are() {
    let finding = |line: &str| {
        let draft = pod_protocol::Draft::from_line(line.as_bytes()).expect(line);
        let at = fixture::at(0);
        let record = draft.number(pod_protocol::Seq(2), at, 0, pod_protocol::Offset(0));
        Finding::of(&record).expect("a result")
    };
    let findings = vec![
        finding(r#"{"kind":"item.finished","item":"boot","outcome":"passed"}"#),
        finding(
            r#"{"kind":"table.row","table":"sweep","row":{"loss":0.987654321,"n":12345678901234567890}}"#,
        ),
    ];
    let mut model = monitor(Occasion::Visit);
    let effects = press(&mut model, "4");
    assert_eq!(press(&mut model, "n<enter>"), []);
    answer(&mut model, &effects, findings);
    let screen = shown(&model);
    assert!(screen.contains("0.9877"), "{screen}");
    assert!(screen.contains("loss: 0.987654321"), "exactly:\n{screen}");
    assert!(screen.contains("n: 12345678901234567890"), "{screen}");
}
