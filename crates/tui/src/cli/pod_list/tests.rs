//! What `tui ls` prints of rows of every kind.

use serde_json::Value;

use super::{
    halves::{LIVE, STORED, every_row, now},
    *,
};
use crate::cli::json::ListDocument;

fn document(list: &PodList) -> Value {
    serde_json::to_value(ListDocument::of(list)).expect("our own shapes")
}

#[test]
fn every_combination_has_a_row_but_those_of_nothing() {
    let list = every_row();
    assert_eq!(list.rows.len(), STORED.len() * LIVE.len() - 2);
    let nothing = ["none-none", "none-stale"];
    assert!(
        !list
            .rows
            .iter()
            .any(|row| nothing.contains(&row.name.as_str()))
    );
}

#[test]
fn every_kind_of_row_as_text() {
    let list = every_row();
    for columns in [40, 80, 120] {
        let text = text(&list, now(), Some(columns));
        for line in text.lines() {
            assert!(line.width() <= columns, "{line:?}");
        }
        insta::assert_snapshot!(format!("text-{columns}"), text);
    }
}

#[test]
fn every_kind_of_row_as_json() {
    let document = document(&every_row());
    let rows = document["rows"].as_array().expect("rows");
    let mut text = String::new();
    for row in rows {
        let cells = [
            "status",
            "attachable",
            "not_attachable",
            "restorable",
            "not_restorable",
        ]
        .map(|key| row[key].to_string());
        let tail = |key: &str| row[key].as_str().map_or("null", |id| &id[28..]).to_owned();
        writeln!(
            text,
            "{} {} session …{} segment …{} {}",
            row["name"].as_str().expect("a name"),
            cells.join(" "),
            tail("session"),
            tail("segment"),
            row["preview"],
        )
        .expect("writing to a String cannot fail");
    }
    insta::assert_snapshot!("json", text);
    let whole = |name: &str| rows.iter().find(|row| row["name"] == name).expect("a row");
    insta::assert_snapshot!("json-live", format!("{:#}", whole("good-reachable")));
    insta::assert_snapshot!("json-stored", format!("{:#}", whole("good-none")));
}

#[test]
fn a_segment_that_only_the_registry_knows_is_shown() {
    let document = document(&every_row());
    let rows = document["rows"].as_array().expect("rows");
    let segment = |name: &str| {
        let row = rows.iter().find(|row| row["name"] == name).expect("a row");
        row["segment"].as_str().map(str::to_owned)
    };
    for live in ["reachable", "silent", "refusing"] {
        let shown = segment(&format!("pending-{live}"));
        assert!(shown.is_some_and(|id| id.ends_with("93f7")), "{live}");
    }
    assert_eq!(segment("pending-none"), None);
}

#[test]
fn nothing_suggests_to_restore_what_cannot_be() {
    let list = every_row();
    for row in list.rows.iter().filter(|row| row.restorable().is_err()) {
        let one = PodList {
            rows: vec![row.clone()],
            ..PodList::default()
        };
        let line = text(&one, now(), None);
        assert!(
            !line.contains("resum") && !line.contains("restor"),
            "{line}"
        );
        assert_eq!(document(&one)["rows"][0]["restorable"], false);
    }
}

/// Previews go first, then what stands beside the status, then ages, then the status.
#[test]
fn a_narrow_list_loses_columns_and_never_a_part_of_a_name() {
    let mut list = every_row();
    list.rows
        .retain(|row| row.name.as_str() == "good-reachable");
    let shown = |columns| text(&list, now(), Some(columns)).trim_end().to_owned();
    for (columns, expected) in [
        (
            80,
            "good-reachable  running · streaming  epoch 27/50  2.0s ago",
        ),
        (
            55,
            "good-reachable  running · streaming  epoch 2…  2.0s ago",
        ),
        (54, "good-reachable  running · streaming  2.0s ago"),
        (44, "good-reachable  running  epoch 27…  2.0s ago"),
        (42, "good-reachable  running  2.0s ago"),
        (32, "good-reachable  running"),
        (20, "good-reachable"),
        (5, "good-reachable"),
    ] {
        assert_eq!(shown(columns), expected, "{columns} columns");
    }
}

#[test]
fn a_damaged_file_is_named_by_its_end() {
    let mut list = every_row();
    list.rows.retain(|row| row.name.as_str() == "corrupt-none");
    let line = text(&list, now(), Some(60));
    assert_eq!(
        line,
        "corrupt-none  corrupt  [corrupt: …0/log.jsonl:1]  1d 03h ago\n"
    );
}

#[test]
fn what_the_limit_cuts_off_is_counted() {
    let mut list = every_row();
    list.cut(10);
    let text = text(&list, now(), Some(80));
    assert_eq!(text.lines().count(), 11);
    assert!(text.ends_with("\n+36 more (tui ls --all)\n"), "{text}");
    assert_eq!(document(&list)["hidden"], 36);
}

/// A stop that was asked for is over with the run it was asked of.
#[test]
fn a_row_that_does_not_answer_shows_no_request_of_an_earlier_run() {
    let list = every_row();
    let text = text(&list, now(), None);
    assert!(!text.contains("requested"), "{text}");
}

#[test]
fn what_has_just_happened_is_now() {
    let list = every_row();
    let row = list.rows.iter().find(|row| row.age_from().is_some());
    let row = row.expect("most rows have an age");
    let from = row.age_from().expect("it was looked for");
    for (later_ms, expected) in [(0, "now"), (8, "now"), (999, "now"), (1_000, "1.0s ago")] {
        let now = Timestamp::from_millis(from.as_millis() + later_ms);
        assert_eq!(age(row, now), expected, "{later_ms} ms");
    }
}
