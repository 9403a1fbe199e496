//! The queue of a group: tickets that their owners lock for as long as they live.
//!
//! A ticket is a file named by its number. Whoever comes takes the next number; whoever has fewer
//! than `limit` living tickets before its own may run. Nobody tells anybody anything: an owner that
//! dies takes its lock along, and those behind it, who sleep on that lock, count again.
//!
//! Invariants:
//! - A ticket is made and locked under the lock of the directory. Whoever holds that lock, or a later
//!   ticket, may remove a file that is not locked: it belongs to nobody.
//! - No number below a living ticket is ever given out again.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use pod_files::{Access, FileError, create_private, open_existing, private_dir};

use crate::{
    RegistryError,
    lock::{self, Part},
};

/// The file that is locked for the moment in which a number is given out. No ticket has this name.
const COUNTER: &str = ".lock";
/// As many digits as the longest number has, so that a listing of the directory is in order.
const NUMBER_DIGITS: usize = 20;

/// The queue of one group.
#[derive(Clone, Debug)]
pub struct Group {
    directory: PathBuf,
}

/// A place in the queue. It is given up with the value, or with the process.
#[derive(Debug)]
pub struct Ticket {
    group: Group,
    number: u64,
    file: File,
}

/// A living ticket before one's own.
#[derive(Debug)]
pub struct Earlier {
    /// Its number.
    pub number: u64,
    file: File,
    path: PathBuf,
}

impl Group {
    /// The group whose tickets are in `directory`.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
        }
    }

    /// Takes the next ticket, and removes those of the dead. Creates the directory if need be.
    ///
    /// # Errors
    /// When the directory or a ticket cannot be made, read or locked.
    pub fn queue(&self) -> Result<Ticket, RegistryError> {
        if let Some(parent) = self.directory.parent() {
            private_dir(parent)?;
        }
        private_dir(&self.directory)?;
        let counter = self.directory.join(COUNTER);
        let counting = match create_private(&counter) {
            Err(error) if error.os_kind() == Some(io::ErrorKind::AlreadyExists) => {
                open_existing(&counter, Access::ReadWrite)?.ok_or_else(|| gone(&counter))?
            }
            created => created?,
        };
        lock::lock(&counting, Part::Whole).map_err(RegistryError::io("lock", &counter))?;
        let numbers = self.numbers()?;
        let number = numbers.last().map_or(1, |last| last + 1);
        for number in numbers {
            self.sweep(number)?;
        }
        let path = self.path(number);
        let file = create_private(&path)?;
        match lock::try_lock(&file, Part::Whole) {
            Ok(true) => Ok(Ticket {
                group: self.clone(),
                number,
                file,
            }),
            Ok(false) => Err(gone(&path)),
            Err(source) => Err(RegistryError::io("lock", &path)(source)),
        }
    }

    /// Removes a ticket that nobody holds.
    fn sweep(&self, number: u64) -> Result<(), RegistryError> {
        let path = self.path(number);
        let Some(file) = open_existing(&path, Access::Read)? else {
            return Ok(());
        };
        if is_held(&file, &path)? {
            return Ok(());
        }
        remove(&path)
    }

    /// All numbers that have a file, in order.
    fn numbers(&self) -> Result<Vec<u64>, RegistryError> {
        let failed = |source| RegistryError::io("read directory", &self.directory)(source);
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.directory).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let number = name.to_str().filter(|name| name.len() == NUMBER_DIGITS);
            numbers.extend(number.and_then(|number| number.parse::<u64>().ok()));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn path(&self, number: u64) -> PathBuf {
        self.directory.join(format!("{number:020}"))
    }
}

impl Ticket {
    /// The living tickets before this one, oldest first. Removes those of the dead.
    ///
    /// # Errors
    /// When the directory cannot be read or a ticket cannot be asked.
    pub fn before(&self) -> Result<Vec<Earlier>, RegistryError> {
        let numbers = self.group.numbers()?;
        let mut before = Vec::new();
        for number in numbers.into_iter().take_while(|it| *it < self.number) {
            let path = self.group.path(number);
            let Some(file) = open_existing(&path, Access::Read)? else {
                continue;
            };
            if is_held(&file, &path)? {
                before.push(Earlier { number, file, path });
            } else {
                // No such number is given out as long as ours lives.
                remove(&path)?;
            }
        }
        Ok(before)
    }

    /// How many tickets there are before this one, those of the dead that nobody has removed yet
    /// included: for a screen.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn count_before(&self) -> Result<usize, RegistryError> {
        let numbers = self.group.numbers()?;
        Ok(numbers.into_iter().filter(|it| *it < self.number).count())
    }
}

impl Drop for Ticket {
    /// The file goes first: whoever finds it must find it locked.
    fn drop(&mut self) {
        // What stays is a ticket of the dead, which the next one to come removes.
        let _ = remove(&self.group.path(self.number));
        let _ = lock::unlock(&self.file);
    }
}

impl Earlier {
    /// Sleeps until its owner has given it up or is gone. Blocks the thread in the kernel.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn wait(&self) -> Result<(), RegistryError> {
        lock::wait(&self.file, Part::Whole).map_err(RegistryError::io("wait for", &self.path))
    }
}

fn is_held(file: &File, path: &Path) -> Result<bool, RegistryError> {
    let ask = RegistryError::io("ask for the lock of", path);
    lock::is_locked(file, Part::Whole).map_err(ask)
}

fn remove(path: &Path) -> Result<(), RegistryError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FileError::io("remove", path)(error).into())
        }
        _ => Ok(()),
    }
}

/// Somebody removes what only we touch.
fn gone(path: &Path) -> RegistryError {
    RegistryError::Replaced {
        path: path.to_owned(),
    }
}

#[cfg(test)]
mod tests;
