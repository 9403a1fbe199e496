//! What tells an idle host that its socket has lost its name: the kernel, or somebody who looked for
//! it in vain. Nothing here wakes up by itself.

use std::{
    io,
    os::{
        fd::{AsFd, AsRawFd, RawFd},
        unix::fs::MetadataExt,
    },
    path::Path,
};

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use pod_registry::POKE;
use tokio::{
    io::unix::AsyncFd,
    signal::unix::{Signal, SignalKind, signal},
};

/// A user has few inotify instances (128 is common), and an editor or a desktop needs some of them.
/// So a host takes one only where no more hosts than this are in its runtime directory; the others
/// are told by those.
const WATCHERS_MAX: usize = 32;

/// An inotify instance, as the runtime takes it.
#[derive(Debug)]
struct Events(Inotify);

impl AsRawFd for Events {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

/// Waits for word that the host cannot be found.
#[derive(Debug)]
pub(crate) struct Watch {
    pokes: Option<Signal>,
    inotify: Option<AsyncFd<Events>>,
    /// Device and inode of the socket that was watched last.
    socket: Option<(u64, u64)>,
}

impl Watch {
    /// Watches `socket` in `directory`, where so many hosts are. What cannot be had is done without.
    /// Needs the runtime.
    pub(crate) fn start(socket: &Path, directory: &Path, hosts: usize) -> Self {
        let mut watch = Self {
            pokes: signal(SignalKind::from_raw(POKE as i32)).ok(),
            inotify: match hosts {
                0..=WATCHERS_MAX => inotify(),
                _ => None,
            },
            socket: None,
        };
        watch.renew(socket, directory);
        watch
    }

    /// Goes on with the socket that is there now.
    pub(crate) fn renew(&mut self, socket: &Path, directory: &Path) {
        self.socket = identity(socket);
        let Some(inotify) = &self.inotify else {
            return;
        };
        // The socket itself tells when a name of it goes, so other pods that come and go wake
        // nobody here. What cannot be watched is found out by who looks for it.
        let _ = inotify.get_ref().0.add_watch(
            socket,
            AddWatchFlags::IN_ATTRIB | AddWatchFlags::IN_MOVE_SELF,
        );
        let _ = inotify.get_ref().0.add_watch(
            directory,
            AddWatchFlags::IN_MOVE_SELF | AddWatchFlags::IN_DELETE_SELF,
        );
    }

    /// Whether `socket` is still the one that is listened on.
    pub(crate) fn is_in_place(&self, socket: &Path) -> bool {
        let found = identity(socket);
        found.is_some() && found == self.socket
    }

    /// Resolves when something may have happened, with whether nobody else has been told.
    pub(crate) async fn stirred(&mut self) -> bool {
        let Self { pokes, inotify, .. } = self;
        tokio::select! {
            Some(()) = async { pokes.as_mut()?.recv().await } => false,
            Ok(()) = heard(inotify.as_ref()) => true,
            else => std::future::pending().await,
        }
    }
}

#[expect(unsafe_code, reason = "the runtime cannot check who owns a descriptor")]
fn inotify() -> Option<AsyncFd<Events>> {
    let flags = InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK;
    let events = Events(Inotify::init(flags).ok()?);
    // SAFETY: the descriptor is the instance's own, always the same one, and is closed with it.
    unsafe { AsyncFd::register(events) }.ok()
}

/// Waits for events and takes them; what they say is looked up afterwards.
async fn heard(inotify: Option<&AsyncFd<Events>>) -> io::Result<()> {
    let Some(inotify) = inotify else {
        return std::future::pending().await;
    };
    let mut ready = inotify.readable().await?;
    let read = ready.try_io(|inotify| Ok(inotify.get_ref().0.read_events()?));
    drop(read);
    Ok(())
}

fn identity(socket: &Path) -> Option<(u64, u64)> {
    let found = std::fs::symlink_metadata(socket).ok()?;
    Some((found.dev(), found.ino()))
}
