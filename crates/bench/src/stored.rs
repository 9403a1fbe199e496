//! A state directory with many runs: one real run, multiplied.
//!
//! What a run leaves is copied with other ids, another name and another day, all of the same length,
//! so that every position within the files stays right. Copies are not synced.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

/// The name of the run that is multiplied, as long as those of its copies.
const TEMPLATE: &str = "pod-xxxxxx";
/// Endings of files that are text; the others are copied as they are.
const TEXT: [&str; 4] = ["json", "jsonl", "state", "out"];

/// Where the product keeps everything.
pub(crate) struct Roots {
    pub(crate) binary: PathBuf,
    pub(crate) directory: PathBuf,
}

/// What the real run left.
pub(crate) struct Template {
    metadata: String,
    session: String,
    segment: String,
    day: String,
    files: Vec<(String, Vec<u8>)>,
}

impl Roots {
    pub(crate) fn state(&self) -> PathBuf {
        self.directory.join("state")
    }

    /// The binary, in these directories.
    pub(crate) fn tui(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(words)
            .current_dir(&self.directory)
            .env("PODS_STATE_DIR", self.state())
            .env("PODS_RUNTIME_DIR", self.directory.join("run"))
            .env("PODS_CONFIG_DIR", self.directory.join("config"))
            .env("TERM", "xterm-256color")
            .env("LC_ALL", "C.UTF-8");
        command
    }

    /// Runs a verb that has to succeed.
    pub(crate) fn run(&self, words: &[&str]) -> Result<String> {
        let output = self.tui(words).stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "tui {words:?}: {}", said.trim());
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Makes the run that is multiplied, and takes it away again.
    pub(crate) fn template(&self) -> Result<Template> {
        let name = ["run", "-d", "--pipe", "--name", TEMPLATE, "--"];
        self.run(&[&name[..], &["echo", "epoch 12  loss 0.213"]].concat())?;
        self.run(&["wait", TEMPLATE])?;
        let pod = self.state().join("pods").join(TEMPLATE);
        let metadata = fs::read_to_string(pod.join("metadata.json"))?;
        let id = |key: &str| -> Result<String> {
            let (_, behind) = metadata.split_once(key).context("no ids in the metadata")?;
            Ok(behind[3..39].to_owned())
        };
        let (session, segment) = (id("session_id")?, id("segment_id")?);
        let directory = self.state().join("sessions").join(&session);
        let mut files = Vec::new();
        for entry in fs::read_dir(&directory)? {
            let path = entry?.path();
            let name = path.file_name().context("a file has a name")?;
            let name = name.to_string_lossy().into_owned();
            files.push((name, fs::read(&path)?));
        }
        let day = metadata
            .split_once("created_at\":\"")
            .map(|(_, day)| day[..10].to_owned())
            .context("no day in the metadata")?;
        fs::remove_dir_all(&directory)?;
        fs::remove_dir_all(pod)?;
        fs::remove_file(self.state().join("leases").join(TEMPLATE))?;
        Ok(Template {
            metadata,
            session,
            segment,
            day,
            files,
        })
    }

    /// Makes copies until there are `count`, and has the product index them.
    pub(crate) fn fill(&self, template: &Template, from: usize, count: usize) -> Result<()> {
        for number in from..count {
            template.copy(&self.state(), number)?;
        }
        self.run(&["doctor", "--fix"]).map(drop)
    }
}

impl Template {
    fn copy(&self, state: &Path, number: usize) -> Result<()> {
        let name = format!("pod-{number:06}");
        // The first digits of an id are its time: the higher the number the newer.
        let (high, low) = (number >> 16, number & 0xffff);
        let id = |kind: u32| format!("019e{high:04x}-{low:04x}-7000-8000-{kind:012x}");
        let (session, segment) = (id(1), id(2));
        debug_assert_eq!(session.len(), self.session.len());
        let (year, month, day) = (
            2000 + number / 336 % 26,
            number / 28 % 12 + 1,
            number % 28 + 1,
        );
        let date = format!("{year}-{month:02}-{day:02}");
        let changed = |text: &str| {
            text.replace(&self.session, &session)
                .replace(&self.segment, &segment)
                .replace(TEMPLATE, &name)
                .replace(&self.day, &date)
        };
        let directory = state.join("sessions").join(&session);
        fs::create_dir(&directory)?;
        for (file, content) in &self.files {
            let path = directory.join(changed(file));
            match TEXT.iter().any(|ending| file.ends_with(ending)) {
                true => fs::write(path, changed(&String::from_utf8_lossy(content)))?,
                false => fs::write(path, content)?,
            }
        }
        let pod = state.join("pods").join(&name);
        fs::create_dir(&pod)?;
        fs::write(pod.join("metadata.json"), changed(&self.metadata))?;
        Ok(fs::write(state.join("leases").join(name), "")?)
    }
}
