//! Writing the store. Who may write what is settled elsewhere: the files of a pod and its sessions
//! belong to whoever holds the pod's lease.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use pod_files::{
    Durability, FileError, Presence, check_writable, create_private, disk, durable_dir,
    private_dir, read_small, replace_file, sync_dir,
};
use pod_protocol::{
    FORMAT_VERSION, Offset, PodName, RunState, SegmentId, Seq, SessionId, Timestamp,
};
use serde::Serialize;

use crate::{
    Active, Layout, MarkWriter, Metadata, OutputHoles, OutputWriter, RecordWriter, SessionFile,
    Store, StoreError, StoredRun, checkpoint, metadata::METADATA_BYTES_MAX, store::version_of,
};

/// The store, for writers.
#[derive(Clone, Debug)]
pub struct StoreWriter {
    store: Store,
}

/// Where a segment goes on in its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentBase {
    /// The number of its first record.
    pub first_seq: Seq,
    /// The session-wide offset of its first byte of output.
    pub out_base: Offset,
}

/// The files of a new segment, each with its one writer.
#[derive(Debug)]
pub struct SegmentFiles {
    /// What happens.
    pub records: RecordWriter,
    /// What the command writes.
    pub output: OutputWriter,
    /// When it wrote it.
    pub marks: MarkWriter,
    /// For giving back what a cap does not keep.
    pub holes: OutputHoles,
}

impl StoreWriter {
    /// Makes sure that the state directory `root` exists, is this user's and can be written to.
    ///
    /// # Errors
    /// When it does not, is not or cannot.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let store = Store::new(root);
        let layout = store.layout();
        let root = layout.root().to_owned();
        durable_dir(&root)?;
        check_writable(&root)?;
        let mut complete = true;
        for directory in [
            layout.pods_dir(),
            layout.leases_dir(),
            layout.sessions_dir(),
        ] {
            complete &= private_dir(&directory)? == Presence::Present;
            check_writable(&directory)?;
        }
        if !complete {
            sync_dir(&root)?;
        }
        Ok(Self { store })
    }

    /// The same store, for reading.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Where everything is.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        self.store.layout()
    }

    /// Writes down how a session is launched. Not synced: see [`StoreWriter::activate`].
    ///
    /// # Errors
    /// When the session exists already or cannot be written. Nothing of it stays then.
    pub fn create_session(&self, file: &SessionFile) -> Result<(), StoreError> {
        let directory = self.layout().session_dir(file.session);
        disk::make_dir(&directory).map_err(FileError::io("create directory", &directory))?;
        let path = self.layout().session_file(file.session);
        write_json(&path, file, Durability::Cached)
            .inspect_err(|_| drop(disk::remove_dir(&directory)))
    }

    /// Lets `pod` stand for a segment whose first record is in `records`: on disk when this returns,
    /// and nothing that the name leads to reaches the disk later than the name. `now` is when the
    /// name was first used, if this is the first time.
    ///
    /// Takes milliseconds: meant to run beside the command's start, not before it.
    ///
    /// # Errors
    /// As for [`StoreWriter::write_metadata`]. The name then stands for what it stood for.
    pub fn activate(
        &self,
        pod: &PodName,
        (session, segment): (SessionId, SegmentId),
        records: &RecordWriter,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let before = self.store.metadata(pod)?;
        records.sync()?;
        sync_dir(&self.layout().session_dir(session))?;
        let known = before.as_ref().and_then(|before| before.active);
        // A session that the name stands for already was synced then and does not change.
        if known.is_none_or(|active| active.session_id != session) {
            self.sync_session_file(session)?;
        }
        let active = Some(Active {
            session_id: session,
            segment_id: Some(segment),
        });
        self.change_metadata(pod, |before| {
            let metadata = before.unwrap_or_else(|| Metadata::new(pod.clone(), now));
            Some(Metadata { active, ..metadata })
        })
        .map(drop)
    }

    /// Lets `pod` stand for a session that has no segment yet, if the name stands for none: on disk
    /// when this returns. Says whether it does. A name that stands for a run keeps it until the new
    /// one has begun, so that nothing is lost if it never does.
    ///
    /// # Errors
    /// As for [`StoreWriter::activate`].
    pub fn introduce(
        &self,
        pod: &PodName,
        session: SessionId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        if self
            .store
            .metadata(pod)?
            .is_some_and(|it| it.active.is_some())
        {
            return Ok(false);
        }
        sync_dir(&self.layout().session_dir(session))?;
        self.sync_session_file(session)?;
        let active = Some(Active {
            session_id: session,
            segment_id: None,
        });
        self.change_metadata(pod, |before| {
            let metadata = before.unwrap_or_else(|| Metadata::new(pod.clone(), now));
            Some(Metadata { active, ..metadata })
        })?;
        Ok(true)
    }

    fn sync_session_file(&self, session: SessionId) -> Result<(), StoreError> {
        let path = self.layout().session_file(session);
        File::open(&path)
            .and_then(|file| disk::sync_data(&file))
            .map_err(FileError::io("sync", &path))?;
        Ok(sync_dir(&self.layout().sessions_dir())?)
    }

    /// Removes `session` and all its files. One that does not exist is removed already.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn remove_session(&self, session: SessionId) -> Result<(), StoreError> {
        remove_dir(&self.layout().session_dir(session))
    }

    /// Remembers `metadata` under its pod's name; on disk when this returns.
    ///
    /// # Errors
    /// When what is there, or `metadata` itself, is of a newer version, or it cannot be written.
    pub fn write_metadata(&self, metadata: &Metadata) -> Result<(), StoreError> {
        let pod = &metadata.pod_name;
        let path = self.layout().metadata(pod);
        refuse_newer(&path, u64::from(metadata.version))?;
        self.refuse_newer_metadata(pod)?;
        let directory = self.layout().pod_dir(pod);
        private_dir(&directory)?;
        let is_new = !path.exists();
        if is_new {
            // Before the file, so that a file that is there says that its directory is on disk,
            // whenever its writer was killed.
            sync_dir(&self.layout().pods_dir())?;
        }
        write_json(&path, metadata, Durability::Synced).inspect_err(|_| {
            if is_new {
                // A name with nothing under it would be a row with nothing to say.
                drop(disk::remove_dir(&directory));
            }
        })
    }

    /// Changes what is remembered under the name `pod`, and returns what was written; on disk when
    /// this returns. `change` gets what is there and returns what shall be, or nothing to leave it.
    /// Two changes at once follow one upon the other, so that neither is lost: an operator pins a
    /// pod while its host moves on to the next session.
    ///
    /// # Errors
    /// As for [`Store::metadata`] and [`StoreWriter::write_metadata`].
    pub fn change_metadata(
        &self,
        pod: &PodName,
        change: impl FnOnce(Option<Metadata>) -> Option<Metadata>,
    ) -> Result<Option<Metadata>, StoreError> {
        let directory = self.layout().pod_dir(pod);
        let lock = match File::open(&directory) {
            // The first change makes the directory, and its maker holds the lease.
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            opened => Some(opened.map_err(FileError::io("open", &directory))?),
        };
        if let Some(lock) = &lock {
            // Held for as long as one small file takes to reach the disk.
            lock.lock().map_err(FileError::io("lock", &directory))?;
        }
        let changed = change(self.store.metadata(pod)?);
        if let Some(metadata) = &changed {
            self.write_metadata(metadata)?;
        }
        Ok(changed)
    }

    /// Forgets everything under the name `pod`; its sessions stay. The caller holds its lease.
    ///
    /// # Errors
    /// When it is of a newer version or cannot be removed.
    pub fn remove_pod(&self, pod: &PodName) -> Result<(), StoreError> {
        self.refuse_newer_metadata(pod)?;
        remove_dir(&self.layout().pod_dir(pod))?;
        Ok(sync_dir(&self.layout().pods_dir())?)
    }

    pub(crate) fn refuse_newer_metadata(&self, pod: &PodName) -> Result<(), StoreError> {
        let path = self.layout().metadata(pod);
        let content = read_small(&path, METADATA_BYTES_MAX)?;
        let version = content.as_deref().and_then(version_of).unwrap_or(0);
        refuse_newer(&path, version)
    }

    /// Creates the files of a new segment. Until its first record is appended, readers see no
    /// segment.
    ///
    /// # Errors
    /// When one of them exists already or cannot be created. None of them stays then.
    pub fn create_segment(
        &self,
        session: SessionId,
        segment: SegmentId,
        base: SegmentBase,
    ) -> Result<SegmentFiles, StoreError> {
        let layout = self.layout();
        let output = NewFile::create(layout.output(session, segment))?;
        let marks = NewFile::create(layout.marks(session, segment))?;
        let records = NewFile::create(layout.records(session, segment))?;
        let own = output.reopen()?;
        let ((output, output_path), (marks, marks_path)) = (output.keep(), marks.keep());
        let (records, records_path) = records.keep();
        let holes = OutputHoles::new(
            self.store.clone(),
            (session, segment),
            (own, output_path.clone()),
            base.out_base,
        );
        Ok(SegmentFiles {
            holes,
            records: RecordWriter::new(records, records_path, base.first_seq),
            output: OutputWriter::new(output, output_path, base.out_base),
            marks: MarkWriter::new(marks, marks_path),
        })
    }

    /// Removes the files of a segment that came to nothing; the session's others stay.
    ///
    /// # Errors
    /// What the operating system has against it.
    pub fn remove_segment(&self, session: SessionId, segment: SegmentId) -> Result<(), StoreError> {
        let layout = self.layout();
        // The record log first: without it the others are no segment.
        for path in [
            layout.records(session, segment),
            layout.output(session, segment),
            layout.marks(session, segment),
            layout.checkpoint(session, segment),
            layout.done_items(session, segment),
            layout.failed_items(session, segment),
        ] {
            match disk::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(FileError::io("remove", &path)(error).into());
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Leaves the log of a segment whose host is gone as a host would have: its torn tail cut, what
    /// is committed on disk, a checkpoint beside it. The caller holds the pod's lease.
    ///
    /// # Errors
    /// When the log is missing or cannot be cut or synced.
    pub fn settle_segment(
        &self,
        session: SessionId,
        segment: SegmentId,
        run: &StoredRun,
    ) -> Result<(), StoreError> {
        let path = self.layout().records(session, segment);
        let (log, _) = RecordWriter::reopen(&path, Seq::FIRST)?;
        log.sync()?;
        if run.damage.is_none() {
            // Derived: without it the next reader folds the whole log.
            let _ = self.write_checkpoint(session, segment, run.records_bytes, &run.state);
        }
        Ok(())
    }

    /// Writes down the fold of a segment's log up to `records_bytes`, so that opening it later need
    /// not start at its beginning. `state` holds the segments before it too.
    ///
    /// # Errors
    /// When it cannot be written. Nothing depends on it.
    pub fn write_checkpoint(
        &self,
        session: SessionId,
        segment: SegmentId,
        records_bytes: u64,
        state: &RunState,
    ) -> Result<(), StoreError> {
        let path = self.layout().checkpoint(session, segment);
        Ok(checkpoint::write(&path, records_bytes, state)?)
    }
}

/// A file that is removed again unless it is kept.
struct NewFile {
    created: Option<(File, PathBuf)>,
}

impl NewFile {
    fn create(path: PathBuf) -> Result<Self, FileError> {
        let file = create_private(&path)?;
        let created = Some((file, path));
        Ok(Self { created })
    }

    /// A second descriptor of the same file.
    fn reopen(&self) -> Result<File, FileError> {
        let (file, path) = self.created.as_ref().expect("not kept yet");
        file.try_clone().map_err(FileError::io("open", path))
    }

    fn keep(mut self) -> (File, PathBuf) {
        self.created.take().expect("kept once")
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some((_, path)) = &self.created {
            // Best effort on the way out of an error: an empty log is no segment.
            let _ = disk::remove_file(path);
        }
    }
}

pub(crate) fn refuse_newer(path: &Path, version: u64) -> Result<(), StoreError> {
    if version <= u64::from(FORMAT_VERSION) {
        return Ok(());
    }
    let path = path.to_owned();
    Err(StoreError::NewerFormat { path, version })
}

pub(crate) fn write_json(
    path: &Path,
    value: &impl Serialize,
    durability: Durability,
) -> Result<(), StoreError> {
    let mut content = serde_json::to_vec(value).expect("our own files have string keys only");
    content.push(b'\n');
    Ok(replace_file(path, &content, durability)?)
}

pub(crate) fn remove_dir(path: &Path) -> Result<(), StoreError> {
    match disk::remove_tree(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FileError::io("remove", path)(error).into())
        }
        _ => Ok(()),
    }
}
