//! Floors of the list: what has to be read for it, and nothing else. Each is a process of its own,
//! so that starting one counts on both sides.

use std::{
    fs,
    io::{Read, Seek, SeekFrom},
    os::unix::{fs::MetadataExt, net::UnixStream},
    path::Path,
};

use anyhow::{Context, Result};
use serde::Deserialize;

/// How much of an index holds what fits on a screen, in bytes.
const TAIL_BYTES: u64 = 64 * 1024;
/// Rows that are parsed of it.
const TAIL_ROWS: usize = 10;

/// What a row shows.
#[derive(Deserialize)]
struct Line {
    pod: Option<String>,
    known: Option<Known>,
}

#[derive(Deserialize)]
struct Known {
    session: String,
    segment: String,
    run: Run,
}

#[derive(Deserialize)]
struct Run {
    status: String,
    summary: Summary,
}

#[derive(Deserialize)]
struct Summary {
    updated_at: Option<String>,
    command: String,
    cwd: String,
    preview: String,
}

impl Line {
    fn bytes(&self) -> usize {
        let known = self.known.as_ref().map_or(0, |known| {
            let summary = &known.run.summary;
            known.session.len()
                + known.segment.len()
                + known.run.status.len()
                + summary.updated_at.as_ref().map_or(0, String::len)
                + summary.command.len()
                + summary.cwd.len()
                + summary.preview.len()
        });
        known + self.pod.as_ref().map_or(0, String::len)
    }
}

/// Reads the end of an index.
pub(crate) fn index_tail(state: &Path) -> Result<()> {
    let mut file = fs::File::open(state.join("recent.jsonl"))?;
    let from = file.metadata()?.len().saturating_sub(TAIL_BYTES);
    file.seek(SeekFrom::Start(from))?;
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    let newest = lines.iter().rev().filter(|line| !line.is_empty());
    let parsed = newest
        .take(TAIL_ROWS)
        .map(|line| serde_json::from_slice(line));
    let parsed: Result<Vec<Line>, _> = parsed.collect();
    println!("{}", parsed?.iter().map(Line::bytes).sum::<usize>());
    Ok(())
}

/// Lists all pods, looks at one file of each, and parses the whole index.
pub(crate) fn whole_list(state: &Path) -> Result<()> {
    let mut bytes = 0;
    for entry in fs::read_dir(state.join("pods"))? {
        let path = entry?.path().join("metadata.json");
        bytes += fs::symlink_metadata(path)?.size();
    }
    let text = fs::read(state.join("recent.jsonl"))?;
    let lines = text.split(|byte| *byte == b'\n');
    let lines = lines.filter(|line| !line.is_empty());
    let parsed: Result<Vec<Line>, _> = lines.map(serde_json::from_slice).collect();
    println!("{} {bytes}", parsed?.iter().map(Line::bytes).sum::<usize>());
    Ok(())
}

/// Connects to every socket in a directory.
pub(crate) fn connect_all(directory: &Path) -> Result<()> {
    let mut open = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "sock") {
            open.push(UnixStream::connect(&path).with_context(|| path.display().to_string())?);
        }
    }
    println!("{}", open.len());
    Ok(())
}
