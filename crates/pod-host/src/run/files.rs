//! Whether the run's files are where everybody else looks for them.
//!
//! Logs stay open: a state directory that is removed, moved away or replaced takes nothing from the
//! run. But nobody finds it there, and with the last name of a file goes the file.
//!
//! Absent on purpose: making the directory anew. The beginning of the run is not in it any more, and
//! what stands in its place may be somebody's.

use std::{fs, os::unix::fs::MetadataExt};

use pod_protocol::{Degraded, Event, Recovered};

use super::Run;

const REMOVED: &str = "its files were removed: what is logged now goes with the end of the run";
const MOVED: &str = "its files are not in the state directory any more: they were moved, or it was";

impl Run {
    /// Says it once when the files have gone, and once when they are back.
    pub(super) fn note_files(&mut self) {
        let gone = self.files_gone();
        if gone == self.files_gone {
            return;
        }
        let before = std::mem::replace(&mut self.files_gone, gone).map(str::to_owned);
        self.recorder.record(&match gone {
            Some(reason) => Event::Degraded(Degraded {
                reason: reason.to_owned(),
            }),
            None => Event::Recovered(Recovered { reason: before }),
        });
    }

    /// Why nobody finds the run's files, in words.
    pub(super) fn files_gone(&self) -> Option<&'static str> {
        let log = self.recorder.writer().file().metadata().ok()?;
        if log.nlink() == 0 {
            return Some(REMOVED);
        }
        let layout = self.pod.store.layout();
        let path = layout.records(self.pod.session, self.pod.logs.segment);
        let is_log = |found: fs::Metadata| (found.dev(), found.ino()) == (log.dev(), log.ino());
        let found = fs::symlink_metadata(path);
        (!found.is_ok_and(is_log)).then_some(MOVED)
    }
}
