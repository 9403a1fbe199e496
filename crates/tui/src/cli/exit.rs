//! From an error to a sentence, a hint and an exit code. The codes are published in the help and
//! never reused.

use std::{io::Write, process::ExitCode};

use discovery::TargetError;
use keeping::KeepingError;
use pod_client::ClientError;
use pod_host::{LaunchError, LaunchFailure};
use pod_protocol::{ErrorCode, PodName, Timestamp, printable, short_duration};
use pod_store::StoreError;

use super::{config::ConfigError, follow::Unattachable, is_broken_pipe};

/// Anything without a code of its own.
pub(crate) const GENERAL: u8 = 1;
/// The command line makes no sense.
pub(crate) const USAGE: u8 = 2;
/// No such pod.
pub(crate) const NO_SUCH_POD: u8 = 4;
/// Held, read-only, forbidden, not running.
pub(crate) const REFUSED: u8 = 5;
/// Our own time limit ran out.
pub(crate) const TIMED_OUT: u8 = 124;
/// The host of a pod failed.
pub(crate) const HOST_FAILED: u8 = 125;
/// The command cannot be executed.
pub(crate) const NOT_EXECUTABLE: u8 = 126;
/// There is no such command.
pub(crate) const NOT_FOUND: u8 = 127;

/// A signal that took the screen away shows in the code.
pub(crate) fn after_signal(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(GENERAL)
}

/// What to say about an error.
#[derive(Debug, PartialEq, Eq)]
struct Verdict {
    code: u8,
    message: String,
    hint: Option<String>,
}

/// Which pod was to be taken up again, as the context of an error.
#[derive(Debug)]
pub(crate) struct Resuming(pub(crate) PodName);

impl std::fmt::Display for Resuming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot resume {}", self.0)
    }
}

/// Says what went wrong and gives the exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if is_broken_pipe(error) {
        return ExitCode::SUCCESS;
    }
    let verdict = judge(error, super::json::now());
    let mut stderr = std::io::stderr().lock();
    // Nobody reads standard error: the code still says it.
    let _ = writeln!(stderr, "tui: {}", printable(&verdict.message));
    if let Some(hint) = verdict.hint {
        let _ = writeln!(stderr, "  {}", printable(&hint));
    }
    ExitCode::from(verdict.code)
}

fn judge(error: &anyhow::Error, now: Timestamp) -> Verdict {
    let message = format!("{error:#}");
    let general = Verdict {
        code: GENERAL,
        message,
        hint: None,
    };
    for cause in error.chain() {
        if let Some(LaunchError::Failed(failure)) = cause.downcast_ref::<LaunchError>() {
            return launch(failure, error, now);
        }
        if let Some(Unattachable { name, .. }) = cause.downcast_ref::<Unattachable>() {
            return Verdict {
                code: HOST_FAILED,
                hint: Some(format!("tui logs {name} prints what it has logged so far")),
                ..general
            };
        }
        if cause.is::<LaunchError>() {
            return Verdict {
                code: HOST_FAILED,
                ..general
            };
        }
        if let Some(target) = cause.downcast_ref::<TargetError>() {
            return self::target(target);
        }
        if let Some(refusal) = cause.downcast_ref::<KeepingError>() {
            return keeping(refusal, general);
        }
        if let Some(config) = cause.downcast_ref::<ConfigError>() {
            return self::config(config);
        }
        if let Some(client) = cause.downcast_ref::<ClientError>() {
            return Verdict {
                code: client_code(client),
                ..general
            };
        }
    }
    general
}

fn launch(failure: &LaunchFailure, error: &anyhow::Error, now: Timestamp) -> Verdict {
    let (code, message, hint) = match failure {
        LaunchFailure::NotFound { .. } => (
            NOT_FOUND,
            failure.to_string(),
            Some("check the spelling and PATH".to_owned()),
        ),
        LaunchFailure::NotExecutable { program, .. } => (
            NOT_EXECUTABLE,
            failure.to_string(),
            Some(format!("try chmod +x {program}")),
        ),
        LaunchFailure::NoDirectory { .. } => (
            USAGE,
            failure.to_string(),
            Some("give an existing directory with --cwd".to_owned()),
        ),
        LaunchFailure::Live {
            name, pid, since, ..
        } => {
            let pid = pid.map(|pid| format!("pid {pid}"));
            let started = since
                .map(|since| format!("started {} ago", short_duration(now.millis_since(since))));
            let known: Vec<String> = pid.into_iter().chain(started).collect();
            let known = if known.is_empty() {
                String::new()
            } else {
                format!(" ({})", known.join(", "))
            };
            let message = format!("pod {name} is live{known}; attach with: tui attach {name}");
            let hint = "or launch under another --name".to_owned();
            let has_name = error.downcast_ref::<Resuming>().is_some();
            (REFUSED, message, (!has_name).then_some(hint))
        }
        LaunchFailure::NotRestorable { .. } | LaunchFailure::NothingToRepeat { .. } => {
            (REFUSED, format!("{error:#}"), None)
        }
        LaunchFailure::Unrecorded { names } => (
            REFUSED,
            format!("{error:#}"),
            Some(format!("export {} and try again", names.join(" "))),
        ),
        LaunchFailure::OutOfReach { .. } => (
            REFUSED,
            format!("{error:#}"),
            Some("try from a shell with those limits, or launch it anew".to_owned()),
        ),
        LaunchFailure::ForeignDirectory { .. } => {
            let hint = "set PODS_STATE_DIR and PODS_RUNTIME_DIR to directories of your own";
            (REFUSED, failure.to_string(), Some(hint.to_owned()))
        }
        LaunchFailure::Host { .. } => (HOST_FAILED, format!("cannot start a pod: {failure}"), None),
    };
    Verdict {
        code,
        message,
        hint,
    }
}

fn target(error: &TargetError) -> Verdict {
    let (code, hint) = match error {
        TargetError::NotFound {
            nearest: Some(nearest),
            ..
        } => (NO_SUCH_POD, Some(format!("did you mean {nearest}?"))),
        TargetError::NotFound { .. } => {
            (NO_SUCH_POD, Some("tui ls --all shows every pod".to_owned()))
        }
        TargetError::Ambiguous { .. } => (USAGE, Some("give more of it".to_owned())),
    };
    Verdict {
        code,
        message: error.to_string(),
        hint,
    }
}

fn keeping(error: &KeepingError, general: Verdict) -> Verdict {
    let (code, hint) = match error {
        KeepingError::Live { pod, renaming } => {
            (REFUSED, (!renaming).then(|| format!("tui stop {pod}")))
        }
        KeepingError::NotRemoved { .. } => (
            NO_SUCH_POD,
            Some("what was removed can be brought back for 30 days".to_owned()),
        ),
        KeepingError::Store(StoreError::NoPod { .. }) => (NO_SUCH_POD, None),
        KeepingError::Store(StoreError::NameTaken { pod }) => {
            let hint = format!("give that one another name first: tui rename {pod} NEW");
            (REFUSED, Some(hint))
        }
        KeepingError::Store(StoreError::NewerFormat { .. }) => (REFUSED, None),
        KeepingError::NotPassed { .. }
        | KeepingError::ArtifactChanging { .. }
        | KeepingError::Promoted { .. } => (REFUSED, None),
        KeepingError::ArtifactGone { .. }
        | KeepingError::File(_)
        | KeepingError::Store(_)
        | KeepingError::Registry(_) => (GENERAL, None),
    };
    Verdict {
        code,
        hint,
        ..general
    }
}

fn config(error: &ConfigError) -> Verdict {
    let message = match error {
        ConfigError::Read { source, .. } => format!("{error}: {source}"),
        ConfigError::Parse { .. } | ConfigError::UnknownKey { .. } | ConfigError::Keys { .. } => {
            error.to_string()
        }
    };
    let meant = |key: &str| format!("did you mean {key}?");
    let hint = match error {
        ConfigError::UnknownKey { nearest, .. } => nearest.map(meant),
        ConfigError::Keys { source, .. } => source.nearest().map(meant),
        ConfigError::Read { .. } | ConfigError::Parse { .. } => None,
    };
    Verdict {
        code: USAGE,
        message,
        hint,
    }
}

fn client_code(error: &ClientError) -> u8 {
    match error.code() {
        Some(ErrorCode::Forbidden | ErrorCode::ReadOnly | ErrorCode::NotRunning) => REFUSED,
        _ => HOST_FAILED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_launch_failure_has_its_code() {
        let now = Timestamp::from_millis(200_000);
        let check = |failure: LaunchFailure, code, words: &str| {
            let error = anyhow::Error::from(LaunchError::Failed(failure));
            let verdict = judge(&error.context("while launching"), now);
            assert_eq!(verdict.code, code, "{verdict:?}");
            assert!(verdict.message.contains(words), "{verdict:?}");
        };
        let program = || "mkae".to_owned();
        check(
            LaunchFailure::NotFound { program: program() },
            127,
            "mkae: command not found",
        );
        let denied = || "permission denied".to_owned();
        check(
            LaunchFailure::NotExecutable {
                program: program(),
                reason: denied(),
            },
            126,
            "denied",
        );
        check(
            LaunchFailure::NoDirectory {
                path: "/x".into(),
                reason: denied(),
            },
            2,
            "/x",
        );
        let since = Some(Timestamp::from_millis(20_000));
        let name = "train".parse().expect("a name");
        check(
            LaunchFailure::Live {
                name,
                pid: Some(7),
                since,
                machine: None,
            },
            5,
            "pod train is live (pid 7, started 3m 00s ago); attach with: tui attach train",
        );
        check(
            LaunchFailure::ForeignDirectory {
                reason: "not yours".into(),
            },
            5,
            "not yours",
        );
        let failure = LaunchFailure::Host {
            operation: "sync".into(),
            reason: "full".into(),
        };
        check(failure, 125, "sync: full");
    }
}
