//! Open-file-description locks over a whole file.
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

/// Takes the exclusive lock if nobody has it; `false` if somebody does. The file must be open for
/// writing.
pub(crate) fn try_lock(file: &File) -> io::Result<bool> {
    match fcntl(file, FcntlArg::F_OFD_SETLK(&whole_file(libc::F_WRLCK))) {
        Ok(_) => Ok(true),
        Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

/// Gives the lock up, for every copy of the descriptor.
pub(crate) fn unlock(file: &File) -> io::Result<()> {
    fcntl(file, FcntlArg::F_OFD_SETLK(&whole_file(libc::F_UNLCK)))?;
    Ok(())
}

/// Whether anybody else has the lock. Acquires nothing; the file may be open for reading only.
pub(crate) fn is_locked(file: &File) -> io::Result<bool> {
    let mut question = whole_file(libc::F_WRLCK);
    fcntl(file, FcntlArg::F_OFD_GETLK(&mut question))?;
    Ok(i32::from(question.l_type) != libc::F_UNLCK)
}

fn whole_file(kind: libc::c_int) -> libc::flock {
    libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}
