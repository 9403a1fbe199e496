//! Open-file-description locks over parts of a file.
//!
//! They belong to the open file, not to the process: a second open of the same file in the same
//! process conflicts, closing some other descriptor of the file releases nothing, and the kernel
//! releases the lock when the last descriptor of the open file is gone. `flock` locks are another
//! kind that these do not see, so nothing else may lock these files.

use std::{fs::File, io};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, fcntl},
};

/// What of a file is locked. The bytes need not be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The permission: held by whoever may act. Only ever tried, asked for and given up.
    Permission,
    /// The presence: held by whoever has the permission, so that others can sleep until it is given
    /// up without ever standing in the way of the permission.
    Presence,
    /// All of it.
    Whole,
}

impl Part {
    const fn range(self) -> (libc::off_t, libc::off_t) {
        match self {
            Self::Permission => (0, 1),
            Self::Presence => (1, 1),
            Self::Whole => (0, 0),
        }
    }

    fn lock(self, kind: libc::c_int) -> libc::flock {
        let (start, length) = self.range();
        libc::flock {
            l_type: kind as libc::c_short,
            l_whence: libc::SEEK_SET as libc::c_short,
            l_start: start,
            l_len: length,
            l_pid: 0,
        }
    }
}

/// Takes the exclusive lock if nobody has it; `false` if somebody does. The file must be open for
/// writing.
pub(crate) fn try_lock(file: &File, part: Part) -> io::Result<bool> {
    match fcntl(file, FcntlArg::F_OFD_SETLK(&part.lock(libc::F_WRLCK))) {
        Ok(_) => Ok(true),
        Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

/// Takes the exclusive lock, however long that takes.
pub(crate) fn lock(file: &File, part: Part) -> io::Result<()> {
    set_and_wait(file, &part.lock(libc::F_WRLCK))
}

/// Sleeps until nobody has the exclusive lock, and keeps nothing.
pub(crate) fn wait(file: &File, part: Part) -> io::Result<()> {
    set_and_wait(file, &part.lock(libc::F_RDLCK))?;
    unlock(file)
}

fn set_and_wait(file: &File, lock: &libc::flock) -> io::Result<()> {
    loop {
        match fcntl(file, FcntlArg::F_OFD_SETLKW(lock)) {
            Ok(_) => return Ok(()),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Gives all locks of this open file up, for every copy of the descriptor, in one step.
pub(crate) fn unlock(file: &File) -> io::Result<()> {
    fcntl(
        file,
        FcntlArg::F_OFD_SETLK(&Part::Whole.lock(libc::F_UNLCK)),
    )?;
    Ok(())
}

/// Whether anybody else has the exclusive lock. Acquires nothing, and does not see those who wake up
/// from [`wait`]; the file may be open for reading only.
pub(crate) fn is_locked(file: &File, part: Part) -> io::Result<bool> {
    let mut question = part.lock(libc::F_RDLCK);
    fcntl(file, FcntlArg::F_OFD_GETLK(&mut question))?;
    Ok(i32::from(question.l_type) != libc::F_UNLCK)
}
