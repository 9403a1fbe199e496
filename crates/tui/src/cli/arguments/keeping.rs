//! What can be typed about pods that do not run, and about the whole installation.

use clap::Args;
use discovery::RowStatus;
use pod_protocol::{PodName, Status};

use super::parse_size;

#[derive(Debug, Args)]
pub(crate) struct RemoveOptions {
    /// Names, ids, unique beginnings or ends of ids, or latest.
    #[arg(required = true, value_name = "POD")]
    pub(crate) pods: Vec<String>,
    /// Bring the pods back that were last removed under these names.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) undo: bool,
    /// Only say what would be removed.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print JSON, one object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PruneOptions {
    /// Only say what would be removed.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How much all runs together may take, such as 20G; a tenth of the file system if not given.
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub(crate) cap: Option<u64>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RenameOptions {
    /// Name, id, unique beginning or end of an id, or latest.
    #[arg(value_name = "POD")]
    pub(crate) pod: String,
    /// Its new name.
    #[arg(value_name = "NEW")]
    pub(crate) name: PodName,
}

#[derive(Debug, Args)]
pub(crate) struct PinOptions {
    /// Names, ids, unique beginnings or ends of ids, or latest.
    #[arg(required = true, value_name = "POD")]
    pub(crate) pods: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PromoteOptions {
    /// Name, id, unique beginning or end of an id, or latest.
    pub(crate) pod: String,
    /// The artifact, as the run named it; all of them if not given.
    pub(crate) path: Option<String>,
    /// Print JSON, one object a line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorOptions {
    /// Put right what can be put right without losing anything.
    #[arg(long)]
    pub(crate) fix: bool,
    /// Print every setting with its default, as a configuration file.
    #[arg(long, conflicts_with_all = ["fix", "json"])]
    pub(crate) print_config: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Reads `KEY=VALUE`.
pub(super) fn parse_label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!("{text:?} is not a label: try dataset=cifar")),
    }
}

/// Reads a word of the status column.
pub(super) fn parse_status(text: &str) -> Result<String, String> {
    let word = text.to_ascii_lowercase();
    let mut words: Vec<String> = Status::ALL.iter().map(ToString::to_string).collect();
    let others = [
        RowStatus::Live,
        RowStatus::Unreachable,
        RowStatus::Empty,
        RowStatus::Corrupt,
    ];
    words.extend(others.iter().map(RowStatus::word));
    match words.contains(&word) {
        true => Ok(word),
        false => Err(format!("no status {text:?}: try {}", words.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_have_a_key() {
        let label = |text| parse_label(text).ok();
        let pair = |key: &str, value: &str| Some((key.to_owned(), value.to_owned()));
        assert_eq!(label("a=b"), pair("a", "b"));
        assert_eq!(label("a="), pair("a", ""));
        assert_eq!(label("a=b=c"), pair("a", "b=c"));
        assert_eq!(label("a"), None);
        assert_eq!(label("=b"), None);
    }

    #[test]
    fn a_status_is_a_word_of_the_column() {
        for word in ["failed", "Running", "interrupted", "live", "corrupt"] {
            assert_eq!(parse_status(word), Ok(word.to_ascii_lowercase()));
        }
        let refusal = parse_status("fialed").expect_err("unknown");
        assert!(refusal.contains("failed"), "{refusal}");
    }
}
