//! A state directory on a file system of its own, which nobody outside sees.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// A mount namespace, held by a process that waits for the end of its standard input.
#[derive(Debug)]
pub(super) struct SmallDisk {
    holder: Child,
    is_own_user: bool,
}

impl SmallDisk {
    /// Mounts a file system of the type `kind` on `directory`. `None` where the machine lets nobody
    /// have a namespace.
    pub(super) fn mount(kind: &str, options: &str, directory: &Path) -> Option<Self> {
        [false, true].into_iter().find_map(|is_own_user| {
            let script = "mkdir -p \"$3\" && mount -t \"$1\" -o \"$2\" \"$1\" \"$3\" && chmod 700 \"$3\" \
                          && echo mounted && exec cat";
            let mut command = Command::new("unshare");
            if is_own_user {
                command.arg("--map-root-user");
            }
            let mut holder = command
                .args(["--mount", "--propagation", "private", "sh", "-c", script, "sh"])
                .args([kind, options])
                .arg(directory)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .ok()?;
            let mut line = String::new();
            let stdout = holder.stdout.take().expect("it is piped");
            let heard = BufReader::new(stdout).read_line(&mut line);
            let disk = Self {
                holder,
                is_own_user,
            };
            (heard.is_ok() && line == "mounted\n").then_some(disk)
        })
    }

    /// What to put in front of a command to run it there.
    pub(super) fn prefix(&self) -> Vec<String> {
        let mut words = vec!["nsenter".to_owned(), "--target".to_owned()];
        words.push(self.holder.id().to_string());
        if self.is_own_user {
            words.extend(["--user", "--preserve-credentials"].map(str::to_owned));
        }
        words.extend(["--mount", "--wd"].map(str::to_owned));
        words
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Gone by itself is gone, too.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
