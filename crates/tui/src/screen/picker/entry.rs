//! A row of the list as the picker shows it.

use std::path::PathBuf;

use discovery::{Primary, Row, RowStatus, Stored};
use pod_protocol::{
    Exit, PodName, RequestKind, SegmentId, SessionId, Status, Summary, Timestamp, short_duration,
};

use super::Action;
use crate::screen::{palette::Mood, pill::Pill};

/// Everything that a row shows and can do. All of its texts are printable.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) name: PodName,
    /// Where it is in the order of the list.
    pub(super) place: usize,
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
    /// Whether somebody holds it, who may not be talked to.
    pub(super) held: bool,
    /// Whether it is exempt from pruning; `None` where nothing is stored that could be.
    pub(super) pinned: Option<bool>,
    /// The run shown.
    pub(super) session: Option<SessionId>,
    /// Its newest segment.
    pub(super) segment: Option<SegmentId>,
    /// Where its command runs or ran.
    pub(super) directory: Option<PathBuf>,
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
            place: 0,
            glyph,
            mood,
            status: status(row, &word, live),
            word,
            preview: preview(row, live),
            at: row.age_from(),
            live,
            held: row.live.is_some(),
            pinned: row.stored.as_ref().map(|stored| stored.pinned),
            session: row.session(),
            segment: row.segment(),
            directory: row
                .summary()
                .map(|summary| PathBuf::from(&summary.cwd))
                .filter(|directory| directory.is_absolute()),
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
        (0, None) => {
            let waiting_for = summary.waiting_for.as_ref().map(ToString::to_string);
            waiting_for.or_else(|| {
                summary
                    .activity
                    .map(|activity| activity.as_str().to_owned())
            })
        }
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
    let newest = row.newest();
    // The last record says by itself how long it took.
    let took = took.filter(|took| !newest.to_string().ends_with(&format!(" after {took}")));
    let lead = if live { percent } else { items.or(took) };
    newest.behind(lead)
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

/// Command, directory, labels and ids. The name is looked in by itself, too.
fn haystack(row: &Row) -> String {
    let summary = row.summary();
    let run = row.stored.as_ref().and_then(Stored::run);
    let labels = run.into_iter().flat_map(|run| &run.labels);
    [
        Some(row.name.to_string()),
        summary.map(|summary| summary.command.clone()),
        summary.map(|summary| summary.cwd.clone()),
        row.session().map(|id| id.to_string()),
        row.segment().map(|id| id.to_string()),
    ]
    .into_iter()
    .flatten()
    .chain(labels.map(|(label, value)| format!("{label}={value}")))
    .collect::<Vec<_>>()
    .join(" ")
}
