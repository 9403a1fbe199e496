//! What can be typed.

mod keeping;

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
pub(crate) use keeping::{
    DoctorOptions, PinOptions, PromoteOptions, PruneOptions, RemoveOptions, RenameOptions,
};
use pod_protocol::{GroupName, PodName, short_bytes};
use pod_store::{Cap, GroupTerms};

/// Start any long-running command, walk away, come back and watch it live.
#[derive(Debug, Parser)]
#[command(
    name = "tui",
    version,
    args_conflicts_with_subcommands = true,
    after_help = EXIT_CODES,
)]
pub(crate) struct Arguments {
    /// Pick a run from the list, or open POD at once.
    #[arg(short, long, value_name = "POD", num_args = 0..=1)]
    #[expect(
        clippy::option_option,
        reason = "absent, `-r` and `-r POD` are three cases"
    )]
    pub(crate) resume: Option<Option<String>>,
    /// When to colour: auto, always or never.
    #[arg(
        long,
        hide_possible_values = true,
        value_enum,
        value_name = "WHEN",
        default_value = "auto",
        global = true,
        display_order = 100
    )]
    pub(crate) color: ColorChoice,
    /// Lines instead of screens, for a screen reader; also with ACCESSIBLE=1.
    #[arg(long, global = true, display_order = 101)]
    pub(crate) plain: bool,
    #[command(subcommand)]
    pub(crate) verb: Option<Verb>,
}

const EXIT_CODES: &str = "\
Exit codes:
  0 success                     5 refused (held, read-only, forbidden)
  1 general                   124 time limit of the verb or of the run
  2 usage                     125 pod host failed, or the run was interrupted
  4 no such pod               126 not executable     127 not found
otherwise the run's own code, or 128 + signal.";

/// When to colour. `Auto` asks the environment and the terminal.
// The variants are not described on their own: that would stretch every option of every verb's
// help over several lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    Auto,
    Always,
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
// Every start would else make the options of all verbs, to read those of one.
#[command(defer = true)]
pub(crate) enum Verb {
    /// Launch a command as a pod and watch it; it goes on when you leave.
    #[command(override_usage = "tui run [OPTIONS] -- CMD...")]
    Run(RunOptions),
    /// List pods, live ones first.
    Ls(ListOptions),
    /// Watch a pod; without a terminal its output follows as text.
    Attach(AttachOptions),
    /// Print everything known about a pod.
    Show(ReadOptions),
    /// Print what a pod's command wrote.
    Logs(LogsOptions),
    /// Print a pod's records, one JSON object a line.
    Events(EventsOptions),
    /// Stop pods: SIGINT, then SIGTERM, then SIGKILL after the grace time.
    Stop(StopOptions),
    /// Abandon pods: like stop, but a cancelled run is never resumed.
    Cancel(StopOptions),
    /// Kill pods at once.
    Kill(KillOptions),
    /// Hold pods where they are.
    Pause(HoldOptions),
    /// Let held pods go on.
    Continue(HoldOptions),
    /// Type text, or standard input, into a pod's terminal.
    Send(SendOptions),
    /// Take a stopped or interrupted run up again where it was.
    Resume(ResumeOptions),
    /// Take up every run that was launched with --recover and has lost its host.
    Recover(RecoverOptions),
    /// Repeat a run: the same command, directory and environment.
    Rerun(RerunOptions),
    /// Wait until pods have finished, and exit as they did.
    Wait(WaitOptions),
    /// Remove pods that do not run, with all of their runs; --undo brings one back.
    Rm(RemoveOptions),
    /// Remove what the retention policy does not keep: the oldest runs, when there are too many.
    Prune(PruneOptions),
    /// Give a pod another name.
    Rename(RenameOptions),
    /// Keep pods from being pruned.
    Pin(PinOptions),
    /// Let pods be pruned again.
    Unpin(PinOptions),
    /// Copy what a passed run made, with its digest, to where nothing is pruned.
    Promote(PromoteOptions),
    /// Check directories, index, logout and terminal, and say what helps.
    Doctor(DoctorOptions),
}

impl Verb {
    /// Whether the verb lists runs or opens one: then what has lost its host is looked after first.
    pub(crate) const fn is_about_runs(&self) -> bool {
        matches!(
            self,
            Self::Ls(_)
                | Self::Attach(_)
                | Self::Show(_)
                | Self::Logs(_)
                | Self::Events(_)
                | Self::Wait(_)
        )
    }
}

#[derive(Debug, Args)]
pub(crate) struct RunOptions {
    /// Do not watch: print the pod's name and return.
    #[arg(short, long)]
    pub(crate) detach: bool,
    /// Name of the pod; made from the command if not given.
    #[arg(long)]
    pub(crate) name: Option<PodName>,
    /// Give the command two pipes instead of a terminal.
    #[arg(long)]
    pub(crate) pipe: bool,
    /// How many items the run means to finish.
    #[arg(long, value_name = "N")]
    pub(crate) planned: Option<u64>,
    /// End the run after this time, such as 90s or 2h, with exit code 124.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// End what the command leaves behind when it ends by itself.
    #[arg(long)]
    pub(crate) reap: bool,
    /// After the loss of its host, let the next tui command take the run up again.
    #[arg(long)]
    pub(crate) recover: bool,
    /// Begin when this pod has ended, however it ends; may be given several times.
    #[arg(long, value_name = "POD")]
    pub(crate) after: Vec<String>,
    /// Take turns with all runs of this group, in the order of their launches.
    #[arg(long)]
    pub(crate) group: Option<GroupName>,
    /// How many runs of the group may run at once.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        requires = "group",
        value_parser = clap::value_parser!(u64).range(1..=GroupTerms::LIMIT_MAX)
    )]
    pub(crate) limit: u64,
    /// Keep at most so much output, such as 500M; the beginning and the newest stay. 0: no limit.
    #[arg(long, value_name = "SIZE", default_value = "8G", value_parser = parse_cap)]
    pub(crate) cap: Cap,
    /// Label the run, to find it with tui ls --label.
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = keeping::parse_label)]
    pub(crate) labels: Vec<(String, String)>,
    /// Run in this directory.
    #[arg(long, value_name = "DIR")]
    pub(crate) cwd: Option<PathBuf>,
    /// With --detach: print JSON.
    #[arg(long, requires = "detach")]
    pub(crate) json: bool,
    /// The command and its arguments.
    #[arg(required = true, trailing_var_arg = true, value_name = "CMD")]
    pub(crate) command: Vec<std::ffi::OsString>,
}

#[derive(Debug, Default, Args)]
pub(crate) struct ListOptions {
    /// Show all rows.
    #[arg(long)]
    pub(crate) all: bool,
    /// Show at most this many rows.
    #[arg(long, value_name = "N", default_value_t = 50, conflicts_with = "all")]
    pub(crate) limit: usize,
    /// Only rows with this status, such as failed; live stands for all that run.
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = keeping::parse_status)]
    pub(crate) status: Vec<String>,
    /// Only runs with this label.
    #[arg(long = "label", value_name = "KEY[=VALUE]")]
    pub(crate) labels: Vec<String>,
    /// Show every run of this pod instead, newest first.
    #[arg(long, value_name = "POD", conflicts_with_all = ["all", "limit", "status", "labels", "watch"])]
    pub(crate) runs: Option<String>,
    /// Go on: print the list again whenever it changes.
    #[arg(long)]
    pub(crate) watch: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AttachOptions {
    /// Name, id, unique beginning or end of an id, or latest.
    pub(crate) pod: String,
    /// Watch without being able to act.
    #[arg(long)]
    pub(crate) read_only: bool,
    /// Exit with the run's code instead of 0.
    #[arg(long)]
    pub(crate) exit_status: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReadOptions {
    /// Name, id, unique beginning or end of an id, or latest.
    pub(crate) pod: String,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LogsOptions {
    /// Name, id, unique beginning or end of an id, or latest.
    pub(crate) pod: String,
    /// Go on until the run has ended.
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Only the last lines.
    #[arg(long, value_name = "LINES")]
    pub(crate) tail: Option<u64>,
    /// Only lines with this regular expression, as they are shown. Upper and lower case are the same
    /// unless it has upper case.
    #[arg(long, value_name = "PATTERN", conflicts_with = "tail", value_parser = super::grep::pattern)]
    pub(crate) grep: Option<discovery::OutputPattern>,
    /// The exact bytes, escape sequences included.
    #[arg(long)]
    pub(crate) raw: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EventsOptions {
    /// Name, id, unique beginning or end of an id, or latest.
    pub(crate) pod: String,
    /// Go on until the run has ended.
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Start at this record.
    #[arg(long, value_name = "SEQ", default_value_t = 1)]
    pub(crate) from: u64,
    /// Print at most this many records.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
    /// Print only this kind of record, or all that start with it and a dot.
    #[arg(long)]
    pub(crate) kind: Option<String>,
    /// Print JSON; records are JSON always.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StopOptions {
    /// Names, ids, unique beginnings or ends of ids, or latest.
    #[arg(required = true, value_name = "POD")]
    pub(crate) pods: Vec<String>,
    /// How long the command gets to end before it is killed.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_duration)]
    pub(crate) grace: Duration,
    /// Return as soon as the request is recorded.
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Print JSON, one object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct KillOptions {
    /// Names, ids, unique beginnings or ends of ids, or latest.
    #[arg(required = true, value_name = "POD")]
    pub(crate) pods: Vec<String>,
    /// Return as soon as the request is recorded.
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Print JSON, one object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct HoldOptions {
    /// Names, ids, unique beginnings or ends of ids, or latest.
    #[arg(required = true, value_name = "POD")]
    pub(crate) pods: Vec<String>,
    /// Print JSON, one object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = SEND_EXAMPLES)]
pub(crate) struct SendOptions {
    /// Name, id, unique beginning or end of an id, or latest.
    pub(crate) pod: String,
    /// What to type, joined by spaces; without it, standard input up to its end.
    #[arg(value_name = "TEXT")]
    pub(crate) text: Vec<std::ffi::OsString>,
    /// Press Enter behind it.
    #[arg(short, long)]
    pub(crate) enter: bool,
}

const SEND_EXAMPLES: &str = "\
Everything is typed as it is; let the shell make control characters:
  tui send -e POD 'print(1 + 1)'    a line
  tui send POD $'\\003'             Ctrl-C
  tui send POD < script.sql         a file";

#[derive(Debug, Args)]
pub(crate) struct ResumeOptions {
    /// Name, id, unique beginning or end of an id, or latest; ids of earlier sessions count.
    pub(crate) pod: String,
    /// Do not watch: print the pod's name and return.
    #[arg(short, long)]
    pub(crate) detach: bool,
    /// With --detach: print JSON.
    #[arg(long, requires = "detach")]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RecoverOptions {
    /// Print JSON, one object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RerunOptions {
    /// Name, id, unique beginning or end of an id, or latest; ids of earlier sessions count.
    pub(crate) pod: String,
    /// Only what failed, errored or has no result.
    #[arg(long)]
    pub(crate) failed: bool,
    /// Name of the new pod; the same if not given.
    #[arg(long)]
    pub(crate) name: Option<PodName>,
    /// Do not watch: print the pod's name and return.
    #[arg(short, long)]
    pub(crate) detach: bool,
    /// With --detach: print JSON.
    #[arg(long, requires = "detach")]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct WaitOptions {
    /// Names, ids, unique beginnings or ends of ids, or latest.
    #[arg(required = true, value_name = "POD")]
    pub(crate) pods: Vec<String>,
    /// Give up after this time with exit code 124, such as 30s or 2h.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// Return when the first of them has finished.
    #[arg(long)]
    pub(crate) any: bool,
    /// Print JSON, one object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Reads `500ms`, `10s`, `2m`, `1h` or a bare number of seconds.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: f64 = digits
        .parse()
        .map_err(|_| format!("{text:?} is not a time: try 10s"))?;
    let seconds = match &text[digits.len()..] {
        "ms" => number / 1000.0,
        "" | "s" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        "d" => number * 86_400.0,
        unit => return Err(format!("unknown unit {unit:?}: use ms, s, m, h or d")),
    };
    Duration::try_from_secs_f64(seconds).map_err(|_| format!("{text:?} is out of range"))
}

/// Reads an amount of output as [`parse_size`] does, but not one that keeps nothing useful.
fn parse_cap(text: &str) -> Result<Cap, String> {
    let least = short_bytes(Cap::BYTES_MIN);
    Cap::new(parse_size(text)?).ok_or_else(|| format!("{text:?} is too small: at least {least}"))
}

/// Reads `64K`, `500M`, `1.5GiB`, `8G` or a bare number of bytes. All units are binary.
fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: f64 = digits
        .parse()
        .map_err(|_| format!("{text:?} is not a size: try 500M"))?;
    let unit = text[digits.len()..].to_ascii_lowercase();
    let power = match unit.trim_end_matches('b').trim_end_matches('i') {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return Err(format!("unknown unit {unit:?}: use K, M, G or T")),
    };
    let bytes = number * 1024_f64.powi(power);
    if !(0.0..=MAX_SIZE).contains(&bytes) {
        return Err(format!("{text:?} is out of range"));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within the range of the type, and a fraction of a byte is none"
    )]
    Ok(bytes as u64)
}

/// No file is longer than this.
const MAX_SIZE: f64 = (1_u64 << 62) as f64;

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn times_are_read_with_their_unit() {
        let check = |text, millis| {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_millis(millis)),
                "{text}"
            );
        };
        check("500ms", 500);
        check("10s", 10_000);
        check("10", 10_000);
        check("1.5m", 90_000);
        check("2h", 7_200_000);
        for bad in ["", "s", "10 s", "10y", "-1s", "nan", "inf"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_are_read_with_their_unit() {
        let check = |text, bytes| assert_eq!(parse_size(text), Ok(bytes), "{text}");
        check("0", 0);
        check("4096", 4_096);
        check("64K", 65_536);
        check("64kB", 65_536);
        check("1.5MiB", 1_572_864);
        check("8g", 8 << 30);
        check("1T", 1 << 40);
        for bad in ["", "M", "1 M", "1X", "-1M", "nan", "inf", "9999999T"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
        assert!(parse_cap("1K").is_err());
        assert_eq!(parse_cap("0").map(Cap::bytes), Ok(None));
        assert_eq!(parse_cap("8G"), Ok(Cap::default()));
    }
}
