//! Which machine this is, for homes that several machines share.

use std::fs;

use crate::Holder;

/// A machine, from one boot to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The installation. Clones of one image share it.
    pub machine_id: String,
    /// The boot. Containers on one kernel share it.
    pub boot_id: String,
    /// Its name, for people.
    pub host_name: String,
}

impl Machine {
    /// Asks the operating system. An id that it does not have is the empty string.
    #[must_use]
    pub fn read() -> Self {
        Self {
            machine_id: first_of(&["/etc/machine-id", "/var/lib/dbus/machine-id"]),
            boot_id: first_of(&["/proc/sys/kernel/random/boot_id"]),
            host_name: nix::unistd::gethostname()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
        }
    }

    /// Whether `holder` holds its lease on this machine. Both ids must fit: a lock does not survive
    /// a reboot, so another boot id under a held lease means another kernel.
    #[must_use]
    pub fn has(&self, holder: &Holder) -> bool {
        self.machine_id == holder.machine_id && self.boot_id == holder.boot_id
    }
}

fn first_of(files: &[&str]) -> String {
    let mut texts = files
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok());
    texts
        .find(|text| !text.trim().is_empty())
        .map(|text| text.trim().to_owned())
        .unwrap_or_default()
}
