//! `tui doctor`: what is wrong with the installation, and which command helps. Each finding is one
//! line; with `--fix`, what can be put right without losing anything is.

mod checks;

use anyhow::Result;
use serde::Serialize;

use super::{
    arguments::DoctorOptions, config, exit, json, outlook::Outlook, print, roots::Roots, runtime,
};

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    /// What.
    check: &'static str,
    /// `ok`, `note`, `wrong` or `fixed`.
    state: State,
    /// What was found.
    message: String,
    /// What helps.
    help: Option<String>,
}

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ok,
    /// Worth knowing.
    Note,
    Wrong,
    /// It was wrong until now.
    Fixed,
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    version: u32,
    tool: &'static str,
    findings: &'a [Finding],
}

impl Finding {
    fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self {
            check,
            state: State::Ok,
            message: message.into(),
            help: None,
        }
    }

    fn wrong(check: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            state: State::Wrong,
            help: Some(help.into()),
            ..Self::ok(check, message)
        }
    }

    fn note(check: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            state: State::Note,
            ..Self::wrong(check, message, help)
        }
    }

    fn fixed(check: &'static str, message: impl Into<String>) -> Self {
        Self {
            state: State::Fixed,
            ..Self::ok(check, message)
        }
    }
}

pub(crate) fn doctor(roots: &Roots, outlook: &Outlook, options: &DoctorOptions) -> Result<u8> {
    if options.print_config {
        return print(config::DEFAULTS.as_bytes()).map(|()| 0);
    }
    let list = runtime()?.block_on(discovery::list(
        &roots.for_discovery(),
        discovery::PROBE_DEADLINE,
    ));
    let mut findings = checks::directories(roots);
    findings.extend(checks::index(roots, options.fix));
    findings.extend(checks::leftovers(roots, options.fix));
    findings.push(checks::logout());
    findings.push(checks::terminal(outlook));
    findings.extend(checks::list(&list));
    let is_wrong = findings.iter().any(|it| it.state == State::Wrong);
    if options.json {
        print(&json::line(&Document {
            version: json::VERSION,
            tool: env!("CARGO_PKG_VERSION"),
            findings: &findings,
        }))?;
    } else {
        let lines: String = findings.iter().map(line).collect();
        print(lines.as_bytes())?;
    }
    Ok(if is_wrong { exit::GENERAL } else { 0 })
}

fn line(finding: &Finding) -> String {
    let state = match finding.state {
        State::Ok => "ok",
        State::Note => "note",
        State::Wrong => "WRONG",
        State::Fixed => "fixed",
    };
    let help = finding.help.as_ref().map(|help| format!(": {help}"));
    let Finding { check, message, .. } = finding;
    format!(
        "{state:5}  {check:11}  {message}{}\n",
        help.unwrap_or_default()
    )
}
