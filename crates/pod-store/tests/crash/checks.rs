//! What must hold on every disk that a power failure leaves.

use std::{error::Error, fs, path::Path};

use pod_protocol::{Draft, Event, GapNoted, Offset, Record, RunState, SegmentId, Timestamp};
use pod_store::{Active, RecordWriter, Stamp, Store, StoreWriter};

use crate::{
    books::{Books, Run},
    disks::Disk,
    timeline::Tree,
};

type Checked<T = ()> = Result<T, String>;

/// Opens the store at `root`, which stands for `disk`. `whole` is the disk without the failure.
pub(crate) fn check(root: &Path, disk: &Disk, books: &Books, whole: &Tree) -> Checked {
    let store = Store::new(root);
    names(&store, books)?;
    removed(&store, books)?;
    for pod in books.names.keys() {
        let metadata = store.metadata(pod).map_err(refused("read metadata"))?;
        if let Some(active) = metadata.and_then(|metadata| metadata.active) {
            leads_to_a_run(&store, books, active)?;
        }
    }
    markers(&store, books)?;
    logs(&store, books, whole)?;
    holes(&store, disk, books)?;
    goes_on(root, books)
}

fn refused<E: Error>(act: impl Into<String>) -> impl FnOnce(E) -> String {
    let act = act.into();
    move |error| {
        let cause = error.source().map(ToString::to_string).unwrap_or_default();
        format!("cannot {act}: {error}: {cause}")
    }
}

/// Each name stands for the newest thing that was promised, or for something newer.
fn names(store: &Store, books: &Books) -> Checked {
    let listed = store.names().map_err(refused("list the names"))?;
    for (pod, allowed) in &books.names {
        let metadata = store.metadata(pod).map_err(refused("read metadata"))?;
        if !allowed.contains(&metadata) {
            return Err(format!("{pod} is {metadata:?}, not one of {allowed:?}"));
        }
        if metadata.is_some() && !listed.contains(pod) {
            return Err(format!("{pod} is not listed"));
        }
        if matches!(allowed[..], [None]) && listed.contains(pod) {
            return Err(format!("{pod} was removed and is listed"));
        }
    }
    if let Some((from, to)) = &books.either {
        let stands = |pod| store.metadata(pod).is_ok_and(|found| found.is_some());
        if !stands(from) && !stands(to) {
            return Err(format!("neither {from} nor {to} is there"));
        }
    }
    for pod in listed.iter().filter(|pod| !books.names.contains_key(*pod)) {
        let metadata = store.metadata(pod).map_err(refused("read metadata"))?;
        if metadata.is_some() {
            return Err(format!("{pod} came from nowhere"));
        }
    }
    Ok(())
}

/// What a name stands for can be shown and taken up again.
fn leads_to_a_run(store: &Store, books: &Books, active: Active) -> Checked {
    let session = active.session_id;
    let file = store.session_file(session);
    let file = file.map_err(refused("read the session that a name stands for"))?;
    let said = books.sessions.get(&session);
    if !said.is_some_and(|said| said.contains(&file)) {
        return Err(format!("not as it was launched: {file:?}"));
    }
    let Some(segment) = active.segment_id else {
        return Ok(());
    };
    let head = store.segment_head(session, segment);
    let head = head.map_err(refused("read the segment that a name stands for"))?;
    let Some(head) = head else {
        return Err(format!("{segment} has a name and no first record"));
    };
    let earlier = store.segments(session).map_err(refused("list segments"))?;
    let before = earlier
        .iter()
        .rfind(|it| it.started.ordinal < head.started.ordinal);
    if before.map(|it| it.segment) != head.started.previous {
        return Err(format!("{segment} has lost the segment before it"));
    }
    Ok(())
}

/// Whatever was removed can be brought back whole, and then stands for what it stood for; what was
/// purged cannot. What follows is asked of the store with everything brought back.
fn removed(store: &Store, books: &Books) -> Checked {
    let found = store.removed().map_err(refused("list what was removed"))?;
    for pod in found.iter().map(|found| &found.pod) {
        if books.purged.contains(pod) {
            return Err(format!("{pod} was purged and is there"));
        }
    }
    for pod in &books.discarded {
        let left = store.sessions_of(pod).map_err(refused("list sessions"))?;
        if !left.is_empty() {
            return Err(format!("{pod} was removed, and {left:?} were not"));
        }
    }
    let writer = StoreWriter::open(store.layout().root()).map_err(refused("open"))?;
    for (pod, before) in &books.removed {
        let stands = store.metadata(pod).map_err(refused("read metadata"))?;
        if stands.is_some() {
            continue;
        }
        let Some(removed) = found.iter().find(|found| found.pod == *pod) else {
            return Err(format!("{pod} is gone, and nothing can be brought back"));
        };
        let back = writer.bring_back(removed);
        back.map_err(refused("bring a name back"))?;
        let stands = store.metadata(pod).map_err(refused("read metadata"))?;
        if stands.as_ref() != Some(before) {
            return Err(format!("{pod} came back as {stands:?}, not as {before:?}"));
        }
    }
    Ok(())
}

/// A run that is to be recovered is found, and one that an operator removed is not.
fn markers(store: &Store, books: &Books) -> Checked {
    let listed = store.marked().map_err(refused("list the markers"))?;
    if let Some(pod) = books.unmarked.iter().find(|pod| listed.contains(pod)) {
        return Err(format!("{pod} was removed and would be recovered"));
    }
    for (pod, session) in &books.markers {
        let marker = store.marker(pod).map_err(refused("read a marker"))?;
        if !listed.contains(pod) || marker.map(|marker| marker.session) != Some(*session) {
            return Err(format!("{pod} is to be recovered, not {marker:?}"));
        }
    }
    Ok(())
}

/// Every log that is there can be read, says nothing that was never written, and has all that was
/// acknowledged.
fn logs(store: &Store, books: &Books, whole: &Tree) -> Checked {
    for session in store.sessions().map_err(refused("list sessions"))? {
        if !books.sessions.contains_key(&session) {
            // It is being removed, and may come back in part.
            continue;
        }
        let mut state = RunState::default();
        let mut sound = true;
        let heads = store.segments(session).map_err(refused("list segments"))?;
        for segment in heads.iter().map(|head| head.segment) {
            sound &= log(store, (session, segment), books, &mut state)?;
            let run = store.run(session, segment).map_err(refused("fold a run"))?;
            if sound && run.state != state {
                return Err(format!("{:?} is not the fold {state:?}", run.state));
            }
            let committed = committed(store, (session, segment))?;
            let written = of_whole(store, (session, segment), whole);
            if sound && !written.starts_with(&committed) {
                return Err(format!("{segment} has records that nobody wrote"));
            }
        }
    }
    for (run, kept) in &books.logs {
        let kept = usize::try_from(*kept).expect("small");
        let written = &of_whole(store, *run, whole)[..kept];
        let found = committed(store, *run)?;
        if !found.starts_with(written) {
            let written = String::from_utf8_lossy(written);
            let found = String::from_utf8_lossy(&found);
            return Err(format!("acknowledged:\n{written}found:\n{found}"));
        }
    }
    Ok(())
}

/// Folds a log line by line. `false` if it is damaged behind what was acknowledged: records that
/// were not synced may be missing before one that happens to be there.
fn log(store: &Store, run: Run, books: &Books, state: &mut RunState) -> Checked<bool> {
    let lines = committed(store, run)?;
    let kept = books.logs.get(&run).copied().unwrap_or(0);
    let (mut byte, mut sound) = (0, true);
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        let record = Record::from_line(line).ok();
        let follows = record.as_ref().is_some_and(|it| it.seq == state.seq.next());
        if !follows && byte < kept {
            return Err(format!("damage at byte {byte} of {kept} acknowledged ones"));
        }
        sound &= follows;
        if let Some(record) = record {
            state.apply(&record);
        }
        byte += line.len() as u64;
    }
    Ok(sound)
}

fn committed(store: &Store, (session, segment): Run) -> Checked<Vec<u8>> {
    let path = store.layout().records(session, segment);
    let mut content = fs::read(&path).map_err(refused(format!("read {}", path.display())))?;
    let end = content.iter().rposition(|byte| *byte == b'\n');
    content.truncate(end.map_or(0, |newline| newline + 1));
    Ok(content)
}

/// A log as it was before the power failed, wherever its session was.
fn of_whole(store: &Store, (session, segment): Run, whole: &Tree) -> Vec<u8> {
    let path = store.layout().records(session, segment);
    let below = path.strip_prefix(store.layout().sessions_dir());
    let below = below.expect("the path of a session");
    let found = whole.iter().find(|(path, _)| path.ends_with(below));
    let (_, content) = found.expect("nobody removed it");
    content.clone().expect("a file")
}

/// Every hole in an output log is explained by its record log.
fn holes(store: &Store, disk: &Disk, books: &Books) -> Checked {
    let top = Path::new(crate::STATE);
    for (output, hole) in &disk.holes {
        let name = |path: &Path| path.file_stem()?.to_str().map(str::to_owned);
        let segment: SegmentId = name(output).expect("a name").parse().expect("an id");
        let session = output.parent().and_then(name).expect("a directory");
        let session = session.parse().expect("an id");
        let place = store.layout().output(session, segment);
        if !place.ends_with(output) || !books.sessions.contains_key(&session) {
            // It is being removed, and may come back in part.
            continue;
        }
        let head = store.segment_head(session, segment);
        let head = head.map_err(refused("read the segment with a hole"))?;
        let base = head.expect("it wrote output").started.out_base;
        let place = |at: usize| base.plus(at as u64);
        let told = committed(store, (session, segment))?
            .split_inclusive(|byte| *byte == b'\n')
            .filter_map(|line| Some(Event::read(&Record::from_line(line).ok()?)))
            .any(|event| {
                matches!(event, Event::Gap(GapNoted { from, to })
                    if from <= place(hole.start) && place(hole.end) <= to)
            });
        if !told {
            let output = output.strip_prefix(top).expect("below").display();
            return Err(format!(
                "{hole:?} of {output} is gone and no record says so"
            ));
        }
    }
    Ok(())
}

/// The next host can write, and what it writes is read.
fn goes_on(root: &Path, books: &Books) -> Checked {
    let writer = StoreWriter::open(root).map_err(refused("open the store to write"))?;
    let store = writer.store();
    for pod in books.names.keys() {
        let metadata = store.metadata(pod).map_err(refused("read metadata"))?;
        let Some(active) = metadata.and_then(|metadata| metadata.active) else {
            continue;
        };
        let (session, segment) = (active.session_id, active.segment_id.expect("named"));
        let before = store.run(session, segment).map_err(refused("fold a run"))?;
        let path = writer.layout().records(session, segment);
        let reopened = RecordWriter::reopen(&path, before.state.seq.next());
        let (mut records, _) = reopened.map_err(refused("reopen a log"))?;
        let draft = Draft::from_line(br#"{"kind":"log","message":"again"}"#).expect("a draft");
        let stamp = Stamp {
            at: Timestamp::from_millis(9_000),
            t_ms: 0,
            out: Offset(0),
        };
        let appended = records.append(draft, stamp);
        let appended = appended.map_err(refused("append to a log"))?;
        let after = store.run(session, segment).map_err(refused("fold a run"))?;
        if appended.seq != before.state.seq.next() || after.state.seq != appended.seq {
            return Err(format!("{:?} follows {:?}", appended.seq, before.state.seq));
        }
    }
    Ok(())
}
