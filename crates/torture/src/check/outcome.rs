//! Which outcomes a segment may have, given what was done to it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{logs::Segment, script::End};

/// How far a request got, as far as its sender knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Asked {
    /// Nobody asked.
    #[default]
    No,
    /// Sent; what became of it was not heard.
    Sent,
    /// The host said that it had taken it.
    Taken,
}

/// What was done to a segment, and what its command did by itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) stop: Asked,
    pub(crate) cancel: Asked,
    pub(crate) host_killed: bool,
    pub(crate) warden_killed: bool,
    pub(crate) command_killed: bool,
    /// How the command said it was about to end.
    pub(crate) end: Option<End>,
    /// The machine may have kept the command from starting.
    pub(crate) launch_broken: bool,
}

impl Facts {
    /// The outcomes that are true to these facts.
    pub(crate) fn allowed(&self) -> BTreeSet<&'static str> {
        if self.cancel == Asked::Taken {
            return BTreeSet::from(["cancelled"]);
        }
        let mut allowed = BTreeSet::new();
        if self.cancel == Asked::Sent {
            allowed.insert("cancelled");
        }
        if self.stop != Asked::No {
            allowed.insert("stopped");
        }
        if self.stop == Asked::Taken {
            return allowed;
        }
        allowed.extend(match self.end {
            Some(End::Pass) => Some("passed"),
            Some(End::Fail) => Some("failed"),
            Some(End::Die) => Some("errored"),
            Some(End::Hold) | None => None,
        });
        if self.host_killed || self.launch_broken {
            allowed.insert("interrupted");
        }
        if self.command_killed || self.warden_killed {
            allowed.insert("errored");
        }
        allowed
    }
}

/// What a log says of its segment's outcome once nobody writes to it any more.
pub(crate) fn of_log(segment: &Segment) -> String {
    let last = segment.last();
    if last["kind"] == "run.closed" {
        return last["outcome"].as_str().unwrap_or("nothing").to_owned();
    }
    let is = |record: &Value, kind: &str| record["kind"] == kind;
    let exited = |record: &&Value| is(record, "child.exited");
    let before: Vec<&Value> = {
        let records = segment.records.iter();
        records.take_while(|record| !exited(record)).collect()
    };
    let asked = |kind: &str| before.iter().any(|record| is(record, kind));
    let outcome = match (asked("cancel.requested"), asked("stop.requested")) {
        (true, _) => "cancelled",
        (_, true) => "stopped",
        _ => "interrupted",
    };
    outcome.to_owned()
}

/// The codes that `wait` may exit with.
pub(crate) fn exit_codes(outcome: &str) -> &'static [i32] {
    match outcome {
        "passed" => &[0],
        "failed" => &[3],
        // By SIGKILL, from itself, from us, or with its warden.
        "errored" => &[137],
        "stopped" | "cancelled" => &[130, 137, 143, 125],
        "interrupted" => &[125],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_allowed_outcomes() {
        let check = |facts: Facts, allowed: &[&str]| {
            let got: Vec<&str> = facts.allowed().into_iter().collect();
            assert_eq!(got, allowed, "{facts:?}");
        };
        let ended = |end, host_killed| Facts {
            end,
            host_killed,
            ..Facts::default()
        };
        let asked = |stop, cancel| Facts {
            stop,
            cancel,
            ..ended(Some(End::Pass), true)
        };
        check(ended(None, false), &[]);
        check(ended(Some(End::Pass), false), &["passed"]);
        check(ended(Some(End::Fail), false), &["failed"]);
        check(ended(Some(End::Die), false), &["errored"]);
        check(ended(None, true), &["interrupted"]);
        check(ended(Some(End::Pass), true), &["interrupted", "passed"]);
        check(asked(Asked::Taken, Asked::No), &["stopped"]);
        check(asked(Asked::No, Asked::Taken), &["cancelled"]);
        check(asked(Asked::Taken, Asked::Sent), &["cancelled", "stopped"]);
        let sent = asked(Asked::Sent, Asked::No);
        check(sent, &["interrupted", "passed", "stopped"]);
        let killed = Facts {
            command_killed: true,
            ..Facts::default()
        };
        check(killed, &["errored"]);
    }
}
