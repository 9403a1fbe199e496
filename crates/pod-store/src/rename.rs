//! Another name for a pod that is not live, and its pin.

use std::io;

use pod_files::{Durability, FileError, disk, sync_dir};
use pod_protocol::PodName;

use crate::{
    Metadata, StoreError, StoreWriter,
    store_writer::{refuse_newer, write_json},
};

impl StoreWriter {
    /// Gives the pod `from` the name `to`, with all of its sessions. The caller holds the leases of
    /// both. A rename that a crash cut short is completed by doing it again: the sessions change
    /// hands first, then the new name appears, then the old one goes.
    ///
    /// # Errors
    /// When there is no pod `from`, there is another one called `to`, something is of a newer
    /// version or cannot be written.
    pub fn rename_pod(&self, from: &PodName, to: &PodName) -> Result<(), StoreError> {
        let store = self.store();
        let Some(metadata) = store.metadata(from)? else {
            return Err(StoreError::NoPod { pod: from.clone() });
        };
        if let Some(there) = store.metadata(to)? {
            // The same run under both names is what an interrupted rename leaves.
            let begun = there.active.is_some() && there.active == metadata.active;
            if !begun || from == to {
                return Err(StoreError::NameTaken { pod: to.clone() });
            }
        }
        for session in store.sessions_of(from)? {
            let mut file = store.session_file(session)?;
            let path = self.layout().session_file(session);
            refuse_newer(&path, u64::from(file.version))?;
            file.pod = to.clone();
            write_json(&path, &file, Durability::Synced)?;
        }
        self.move_marker(from, to)?;
        self.write_metadata(&Metadata {
            pod_name: to.clone(),
            ..metadata
        })?;
        self.remove_pod(from)
    }

    /// A run that is to be taken up again is so under its new name.
    fn move_marker(&self, from: &PodName, to: &PodName) -> Result<(), StoreError> {
        let layout = self.layout();
        for (directory, from, to) in [
            (layout.recover_dir(), layout.marker(from), layout.marker(to)),
            (
                layout.given_up_dir(),
                layout.given_up(from),
                layout.given_up(to),
            ),
        ] {
            match disk::rename(&from, &to) {
                Ok(()) => sync_dir(&directory)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(FileError::io("move", &from)(error).into()),
            }
        }
        Ok(())
    }

    /// Exempts the sessions of `pod` from pruning, or takes that back. Needs no lease: see
    /// [`StoreWriter::change_metadata`]. `false` if it was so already.
    ///
    /// # Errors
    /// When there is no such pod, or its metadata cannot be read or written.
    pub fn set_pinned(&self, pod: &PodName, pinned: bool) -> Result<bool, StoreError> {
        let mut found = false;
        let changed = self.change_metadata(pod, |metadata| {
            let metadata = metadata?;
            found = true;
            (metadata.pinned != pinned).then_some(Metadata { pinned, ..metadata })
        })?;
        match found {
            true => Ok(changed.is_some()),
            false => Err(StoreError::NoPod { pod: pod.clone() }),
        }
    }
}
