//! What a failing disk does to a journal, at every byte.

use std::cell::{Cell, RefCell};

use super::*;

/// A disk that fills up, and may then even refuse to shorten a file.
struct Disk {
    content: RefCell<Vec<u8>>,
    room: Cell<usize>,
    shortens: Cell<bool>,
    sets_aside: bool,
}

impl Extend for Disk {
    fn write_all_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        let mut content = self.content.borrow_mut();
        let at = usize::try_from(at).expect("small");
        let fits = bytes.len().min(self.room.get().saturating_sub(at));
        let end = content.len().max(at + fits);
        content.resize(end, 0);
        content[at..at + fits].copy_from_slice(&bytes[..fits]);
        if fits == bytes.len() {
            Ok(())
        } else {
            Err(io::ErrorKind::StorageFull.into())
        }
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        if !self.shortens.get() {
            return Err(io::ErrorKind::Other.into());
        }
        let bytes = usize::try_from(bytes).expect("small");
        self.content.borrow_mut().truncate(bytes);
        Ok(())
    }

    fn set_aside(&self, _from: u64, end: u64) -> io::Result<()> {
        match (self.sets_aside, usize::try_from(end)) {
            (false, _) => Err(io::ErrorKind::Unsupported.into()),
            (true, Ok(end)) if end <= self.room.get() => Ok(()),
            (true, _) => Err(io::ErrorKind::StorageFull.into()),
        }
    }
}

#[test]
fn a_disk_that_fills_at_any_byte_leaves_whole_commits() {
    let first = b"{\"seq\":1}\n{\"seq\":2}\n";
    let second = b"{\"seq\":3,\"long\":\"xxxxxxxx\"}\n{\"seq\":4}\n";
    let third = b"{\"s\":3}\n";
    for room in first.len()..first.len() + second.len() {
        for shortens in [true, false] {
            let disk = Disk {
                content: RefCell::default(),
                room: Cell::new(room),
                shortens: Cell::new(shortens),
                sets_aside: false,
            };
            let mut journal = Journal::new(disk, 0);
            journal.commit(first, 0).expect("there is room");
            journal.commit(second, 0).expect_err("no room");
            let disk = &journal.file;
            if shortens {
                assert_eq!(*disk.content.borrow(), first, "room for {room}");
            }
            // Space is freed, and a shorter batch comes: nothing of the failed one may show.
            disk.room.set(1000);
            if !shortens {
                journal
                    .commit(third, 0)
                    .expect_err("the torn tail is still there");
                journal.file.shortens.set(true);
            }
            journal.commit(third, 0).expect("there is room again");
            let expected = [&first[..], &third[..]].concat();
            assert_eq!(*journal.file.content.borrow(), expected, "room for {room}");
            assert_eq!(journal.committed, expected.len() as u64);
        }
    }
}

#[test]
fn an_ending_fits_on_a_disk_that_has_filled_up() {
    let disk = Disk {
        content: RefCell::default(),
        room: Cell::new(1024 * 1024),
        shortens: Cell::new(true),
        sets_aside: true,
    };
    let mut journal = Journal::new(disk, 0);
    let commit = |journal: &mut Journal<Disk>, weight: Weight| {
        let line = [&[b'x'; 999][..], b"\n"].concat();
        journal.commit(&line, weight.leaves_bytes()).is_ok()
    };
    assert!(commit(&mut journal, Weight::Report));
    // Somebody else takes the rest of the disk, up to what is set aside.
    let set_aside = usize::try_from(journal.room_end).expect("small");
    journal.file.room.set(set_aside);
    let mut count =
        |weight| std::iter::from_fn(|| commit(&mut journal, weight).then_some(())).count();
    assert_eq!(count(Weight::Report), 32, "what was asked for ahead");
    assert_eq!(count(Weight::Notice), 13);
    assert_eq!(count(Weight::Ending), 4);
    journal.file.room.set(1024 * 1024);
    assert!(
        commit(&mut journal, Weight::Report),
        "it recovers by itself"
    );
}
