//! Who takes part on this machine, and who does not and why.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::{
    Options,
    stored::Roots,
    subject::{Abduco, Dtach, Pueue, Screen, Script, Subject, Tmux, installed},
};

/// A subject that takes part.
pub(super) struct Entry {
    pub(super) subject: Box<dyn Subject>,
    pub(super) viewers: usize,
    /// Name of the floor that it is compared with, besides the common baseline.
    pub(super) floor: Option<String>,
    /// Why it takes no part any more.
    pub(super) failed: Option<String>,
}

impl Entry {
    pub(super) fn new(subject: impl Subject + 'static) -> Self {
        Self {
            subject: Box::new(subject),
            viewers: 0,
            floor: None,
            failed: None,
        }
    }

    pub(super) fn against(mut self, floor: &str) -> Self {
        self.floor = Some(floor.to_owned());
        self
    }

    pub(super) fn watched_by(mut self, viewers: usize) -> Self {
        self.viewers = viewers;
        self
    }

    pub(super) fn name(&self) -> String {
        let name = self.subject.name();
        match self.viewers {
            0 => name,
            1 => format!("{name}, 1 viewer"),
            count => format!("{name}, {count} viewers, 1 stuck"),
        }
    }
}

/// The directory that everything is measured in, and who is not there.
pub(super) struct Lineup {
    directory: TempDir,
    fresh: usize,
    pub(super) absent: Vec<String>,
}

impl Lineup {
    pub(super) fn new(options: &Options) -> Result<Self> {
        let mut builder = tempfile::Builder::new();
        // Sockets are made below it, and their paths are short.
        let builder = builder.prefix("b-");
        let directory = match &options.dir {
            // Hosts change their directory.
            Some(parent) => builder.tempdir_in(parent.canonicalize()?),
            None => builder.tempdir(),
        };
        Ok(Self {
            directory: directory.context("cannot make a directory to measure in")?,
            fresh: 0,
            absent: Vec::new(),
        })
    }

    pub(super) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// A new directory, and a name that no other run has.
    pub(super) fn fresh(&mut self) -> Result<(PathBuf, String)> {
        self.fresh += 1;
        let name = format!("r{}", self.fresh);
        let path = self.directory().join(&name);
        fs::create_dir(&path)?;
        Ok((path, name))
    }

    /// Fresh directories for the product.
    pub(super) fn roots(&mut self, binary: &Path) -> Result<Roots> {
        let (directory, _) = self.fresh()?;
        Ok(Roots {
            binary: binary.to_owned(),
            directory,
        })
    }

    /// The product's binary, if it is built.
    pub(super) fn product(&mut self, options: &Options) -> Result<Option<PathBuf>> {
        let beside = || Some(env::current_exe().ok()?.with_file_name("tui"));
        let binary = options
            .tui
            .clone()
            .or_else(beside)
            .filter(|path| path.is_file());
        match binary {
            Some(path) => Ok(Some(path.canonicalize()?)),
            None => {
                self.absent
                    .push("tui (not built beside this binary; see --tui)".into());
                Ok(None)
            }
        }
    }

    /// Whether `program` is installed and wanted. Who is wanted and not there is named.
    pub(super) fn has(&mut self, options: &Options, program: &str) -> bool {
        if !is_wanted(options, program) {
            return false;
        }
        let is_here = installed(program).is_some();
        if !is_here && !self.absent.iter().any(|name| name == program) {
            self.absent.push(program.to_owned());
        }
        is_here
    }

    /// The peers that are installed and wanted. `logs` asks for those that can keep the output.
    pub(super) fn peers(&mut self, options: &Options, logs: bool) -> Vec<Entry> {
        let here = || self.directory.path().to_owned();
        let pueue = || Some(Entry::new(Pueue::new(here().join("pueue")).ok()?));
        let mut peers: Vec<(&str, Option<Entry>)> = Vec::new();
        let mut ask = |program: &'static str, make: &dyn Fn() -> Option<Entry>| {
            if is_wanted(options, program) {
                peers.push((program, installed(program).and_then(|_| make())));
            }
        };
        ask("tmux", &|| {
            Some(Entry::new(Tmux {
                directory: here(),
                logs,
            }))
        });
        ask("dtach", &|| Some(Entry::new(Dtach)));
        ask("abduco", &|| Some(Entry::new(Abduco { directory: here() })));
        ask("pueue", &pueue);
        if logs {
            ask("screen", &|| Some(Entry::new(Screen { directory: here() })));
            ask("script", &|| Some(Entry::new(Script)));
        }
        let mut present = Vec::new();
        for (program, entry) in peers {
            match entry {
                Some(entry) => present.push(entry),
                None => self.absent.push(program.to_owned()),
            }
        }
        present
    }

    /// The sentence below a table.
    pub(super) fn who_is_absent(&self) -> String {
        match self.absent.as_slice() {
            [] => "All that were asked for were there.".into(),
            absent => format!("Not there: {}.", absent.join(", ")),
        }
    }
}

fn is_wanted(options: &Options, program: &str) -> bool {
    options.only.is_empty() || options.only.iter().any(|part| program.contains(part))
}

/// Says who failed, and why.
pub(super) fn failures(entries: &[Entry]) -> String {
    let failed = entries.iter().filter_map(|entry| {
        let why = entry.failed.as_ref()?;
        Some(format!("\nFailed: {}: {why}.", entry.name()))
    });
    failed.collect()
}
