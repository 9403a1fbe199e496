//! Detach, make the files that a host makes before its command runs, start the command. Written as
//! straight as it can be, so that what a real host adds shows.
//!
//! The process that is called starts a second one in a session of its own and waits for one byte;
//! the second writes, starts the command, says so and waits for its end. Syncs run on a thread
//! beside the start of the command.

use std::{
    env,
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{Read, Write},
    os::unix::{fs::OpenOptionsExt, net::UnixListener, process::CommandExt},
    path::Path,
    process::{Command, Stdio},
    thread,
};

use anyhow::{Context, Result, ensure};
use nix::unistd::setsid;

/// Tells the second process that it is the second.
const SECOND: &str = "BENCH_LAUNCH_FLOOR_SECOND";

/// About as long as the first record of a run.
const RECORD_BYTES: usize = 1_200;
/// About as long as an allocation, a lease text or the metadata of a pod.
const SMALL_BYTES: usize = 300;

/// Holds `command`, keeping its files in `directory`.
pub(crate) fn launch(directory: &Path, command: &[OsString]) -> Result<()> {
    match env::var_os(SECOND) {
        None => first(directory, command),
        Some(_) => second(directory, command),
    }
}

fn first(directory: &Path, command: &[OsString]) -> Result<()> {
    let mut again = Command::new(env::current_exe()?);
    again
        .arg("launch-floor")
        .arg("--log")
        .arg(directory)
        .arg("--")
        .args(command)
        .env(SECOND, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    #[expect(unsafe_code, reason = "a session is made between fork and exec")]
    // SAFETY: one system call that allocates nothing.
    unsafe {
        again.pre_exec(|| Ok(setsid().map(drop)?));
    }
    let mut second = again.spawn().context("cannot detach")?;
    let mut word = [0];
    let told = second.stdout.take().context("asked for")?.read(&mut word)?;
    ensure!(told == 1, "the floor did not start");
    Ok(())
}

fn second(directory: &Path, command: &[OsString]) -> Result<()> {
    fs::create_dir_all(directory)?;
    let in_directory = |name: &str| directory.join(name);
    let lease = new_file(&in_directory("lease"), SMALL_BYTES)?;
    lease.try_lock().context("cannot lock")?;
    let _listener = UnixListener::bind(in_directory("s"))?;
    replace(&in_directory("allocation"), SMALL_BYTES)?;
    let session = new_file(&in_directory("session"), RECORD_BYTES)?;
    let records = new_file(&in_directory("records"), RECORD_BYTES)?;
    let output = new_file(&in_directory("output"), 0)?;
    let _marks = new_file(&in_directory("marks"), 0)?;
    let metadata = in_directory("metadata");
    let syncs = thread::spawn(move || -> Result<()> {
        session.sync_data()?;
        records.sync_data()?;
        replace(&metadata, SMALL_BYTES)?;
        Ok(File::open(&metadata)?.sync_data()?)
    });
    let mut child = Command::new(&command[0])
        .args(&command[1..])
        .env_remove(SECOND)
        .stdin(Stdio::null())
        .stdout(output)
        .spawn()
        .context("cannot start the command")?;
    std::io::stdout().write_all(b"r")?;
    std::io::stdout().flush()?;
    syncs.join().ok().context("the sync panicked")??;
    child.wait()?;
    Ok(())
}

fn new_file(path: &Path, bytes: usize) -> Result<File> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(&vec![b'x'; bytes])?;
    Ok(file)
}

fn replace(path: &Path, bytes: usize) -> Result<()> {
    let draft = path.with_extension("draft");
    new_file(&draft, bytes)?;
    Ok(fs::rename(draft, path)?)
}
