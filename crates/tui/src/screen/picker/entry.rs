//! A row of the list as the picker shows it.

use discovery::{Primary, Row, RowStatus, Stored};
use pod_protocol::{Exit, PodName, RequestKind, Status, Summary, Timestamp, short_duration};

use super::Action;
use crate::screen::{palette::Mood, pill::Pill};

/// Everything that a row shows and can do. All of its texts are printable.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) name: PodName,
    pub(super) glyph: &'static str,
    pub(super) mood: Mood,
    /// The status in one word.
    pub(super) word: String,
    /// The status and what there is to say about it.
    pub(super) status: String,
    /// One line of news.
    pub(super) preview: String,
    /// What the age counts from.
    pub(super) at: Option<Timestamp>,
    /// Whether it can be attached to.
    pub(super) live: bool,
    /// What Enter does, or why it does nothing.
    pub(super) primary: Result<Action, String>,
    /// Whether there are files to view.
    pub(super) viewable: bool,
    /// What the filter looks in, beside the name.
    pub(super) haystack: String,
}

impl From<&Row> for Entry {
    fn from(row: &Row) -> Self {
        let (glyph, mood) = badge(row);
        let word = row.status().word();
        let live = row.attachable().is_ok();
        Self {
            name: row.name.clone(),
            glyph,
            mood,
            status: status(row, &word, live),
            word,
            preview: preview(row, live),
            at: row.age_from(),
            live,
            primary: primary(row),
            viewable: row.stored.as_ref().and_then(Stored::run).is_some(),
            haystack: haystack(row),
        }
    }
}

fn badge(row: &Row) -> (&'static str, Mood) {
    match row.status() {
        RowStatus::Run(status) => {
            let pill = Pill::of(status, requested(row));
            (pill.glyph, pill.mood)
        }
        RowStatus::Live => ("●", Mood::Active),
        RowStatus::Unreachable => ("◍", Mood::Attention),
        RowStatus::Elsewhere { .. } => ("↗", Mood::Plain),
        RowStatus::Empty => ("·", Mood::Plain),
        RowStatus::Corrupt => ("⌧", Mood::Bad),
    }
}

fn requested(row: &Row) -> Option<RequestKind> {
    match row.summary()?.requested.as_deref()? {
        "cancel" => Some(RequestKind::Cancel),
        "stop" => Some(RequestKind::Stop),
        _ => None,
    }
}

fn status(row: &Row, word: &str, live: bool) -> String {
    let summary = row.summary();
    let more = match (live, summary) {
        (true, Some(summary)) => live_detail(summary, requested(row)),
        (false, _) => row
            .stored
            .as_ref()
            .and_then(Stored::run)
            .and_then(|run| match run.exit {
                Some(Exit::Code(code)) if run.status == Status::Failed => {
                    Some(format!("exit {code}"))
                }
                Some(Exit::Signal(signal)) if run.status == Status::Errored => {
                    Some(format!("signal {signal}"))
                }
                _ => None,
            }),
        _ => None,
    };
    let recovered = row.is_recovered().then(|| "recovered".to_owned());
    let parts = [Some(word.to_owned()), more, recovered].into_iter();
    parts.flatten().collect::<Vec<_>>().join(" · ")
}

fn live_detail(summary: &Summary, requested: Option<RequestKind>) -> Option<String> {
    match (summary.prompts, requested) {
        (_, Some(RequestKind::Cancel)) => Some("cancellation requested".to_owned()),
        (_, Some(RequestKind::Stop)) => Some("stop requested".to_owned()),
        (_, None) if summary.paused => Some("paused".to_owned()),
        (0, None) => summary
            .activity
            .map(|activity| activity.as_str().to_owned()),
        (1, None) => Some("1 prompt".to_owned()),
        (prompts, None) => Some(format!("{prompts} prompts")),
    }
}

/// How far it is, or how long it took, then the newest line. What stands instead of one stands
/// alone.
fn preview(row: &Row, live: bool) -> String {
    let summary = row.summary();
    let percent = summary
        .and_then(|s| s.fraction)
        .map(|share| format!("{:.0}%", share * 100.0));
    let items = row.items_done();
    let run = row.stored.as_ref().and_then(Stored::run).filter(|_| !live);
    let took = run.and_then(|run| run.duration_ms).map(short_duration);
    let lead = if live { percent } else { items.or(took) };
    row.newest().behind(lead)
}

fn primary(row: &Row) -> Result<Action, String> {
    match row.primary() {
        Some(Primary::Attach) => Ok(Action::Attach),
        Some(Primary::Resume) => Ok(Action::Resume),
        Some(Primary::View) => Ok(Action::View),
        None => Err(match (&row.live, row.attachable(), row.restorable()) {
            (Some(_), Err(why), _) => why.to_string(),
            (_, _, Err(why)) => why.to_string(),
            _ => "nothing to view".to_owned(),
        }),
    }
}

/// Command, directory and ids. The name is looked in by itself.
fn haystack(row: &Row) -> String {
    let summary = row.summary();
    let session = row.session().map(|id| id.to_string());
    [
        Some(row.name.to_string()),
        summary.map(|summary| summary.command.clone()),
        summary.map(|summary| summary.cwd.clone()),
        session,
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join(" ")
}
