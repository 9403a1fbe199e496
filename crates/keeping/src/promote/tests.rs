use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

const SESSION: &str = "019e5bc6-c3f3-7000-8000-00000000a001";
const SEGMENT: &str = "019e5bc6-c3f3-7000-8000-00000000b001";

struct World {
    directory: TempDir,
    keeper: Keeper,
}

impl World {
    /// A run that has ended so, in a directory with files.
    fn new(outcome: &str) -> Self {
        let directory = TempDir::new().expect("a directory");
        let root = directory.path();
        let keeper = Keeper::open(&root.join("state"), &root.join("run")).expect("new");
        let work = root.join("work");
        fs::create_dir_all(work.join("b")).expect("new");
        fs::write(work.join("model.bin"), b"abc").expect("written");
        fs::write(work.join("b/model.bin"), b"other").expect("written");
        let session = keeper.writer().layout().session_dir(session());
        fs::create_dir_all(&session).expect("new");
        let cwd = work.display();
        let snapshot = format!(
            r#"{{"version":1,"session":"{SESSION}","pod":"p","command":["true"],"cwd":"{cwd}","io":"pipe","created_at":"2026-11-20T10:00:00Z"}}"#
        );
        fs::write(session.join("session.json"), snapshot).expect("written");
        let log = [
            format!(
                r#""kind":"segment.started","session":"{SESSION}","segment":"{SEGMENT}","ordinal":1,"first_seq":1,"out_base":0,"pod":"p","command":["true"],"cwd":"{cwd}","host":"h","tool":"0.1.0""#
            ),
            format!(r#""kind":"run.closed","outcome":"{outcome}""#),
        ];
        let line = |(seq, rest): (usize, &String)| {
            let seq = seq + 1;
            format!("{{\"seq\":{seq},\"at\":\"2026-11-20T10:00:00.000Z\",\"out\":0,{rest}}}\n")
        };
        let log: String = log.iter().enumerate().map(line).collect();
        fs::write(session.join(format!("{SEGMENT}.jsonl")), log).expect("written");
        fs::write(session.join(format!("{SEGMENT}.out")), "").expect("written");
        Self { directory, keeper }
    }

    fn promote(&self, path: &str) -> Result<Promoted, KeepingError> {
        let pod = PodName::new("p").expect("a name");
        let now = Timestamp::from_millis(1_800_000_000_000);
        self.keeper.promote(&pod, session(), path, now)
    }

    fn work(&self) -> PathBuf {
        self.directory.path().join("work")
    }

    /// What is there, drafts included.
    fn places(&self) -> Vec<String> {
        let place = self.directory.path().join("state/promoted/p");
        let entries = fs::read_dir(place).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

fn session() -> SessionId {
    SESSION.parse().expect("a UUID")
}

#[test]
fn a_copy_comes_with_its_digest_and_the_snapshot() {
    let world = World::new("passed");
    let promoted = world.promote("model.bin").expect("promoted");
    // Of "abc", from FIPS 180-2.
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!((&*promoted.digest, promoted.bytes), (digest, 3));
    assert_eq!(fs::read(&promoted.file).expect("the copy"), b"abc");
    let snapshot = world.keeper.writer().layout().session_file(session());
    assert_eq!(
        fs::read(promoted.directory.join("session.json")).expect("there"),
        fs::read(snapshot).expect("there")
    );
    let note = fs::read(promoted.directory.join("artifact.json")).expect("there");
    let note: Note = serde_json::from_slice(&note).expect("a note");
    assert_eq!((&*note.kind, &*note.sha256), ("artifact.promoted", digest));
}

#[test]
fn nothing_is_overwritten() {
    let world = World::new("passed");
    world.promote("model.bin").expect("promoted");
    let again = world.promote("model.bin");
    assert!(
        matches!(again, Err(KeepingError::Promoted { .. })),
        "{again:?}"
    );
    world
        .promote("b/model.bin")
        .expect("another file of the same name");
    let tail = "0000a001";
    let names = [format!("{tail}-model.bin"), format!("{tail}-model.bin.2")];
    assert_eq!(world.places(), names, "and no draft is left");
}

#[test]
fn only_files_of_passed_runs_are_promoted() {
    let refused = World::new("failed").promote("model.bin");
    assert!(
        matches!(refused, Err(KeepingError::NotPassed { .. })),
        "{refused:?}"
    );
    let world = World::new("passed");
    let gone = world.promote("gone.bin");
    assert!(
        matches!(gone, Err(KeepingError::ArtifactGone { .. })),
        "{gone:?}"
    );
    symlink("model.bin", world.work().join("link")).expect("a link");
    for path in ["link", "b"] {
        let refused = world.promote(path);
        assert!(matches!(refused, Err(KeepingError::File(_))), "{refused:?}");
    }
    assert_eq!(world.places(), [""; 0]);
}
