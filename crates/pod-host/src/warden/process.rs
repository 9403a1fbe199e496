//! The warden process and the host's end of its socket pair.

use std::{
    io::{self, BufReader},
    os::{
        fd::AsFd,
        unix::{net::UnixStream, process::ExitStatusExt},
    },
    process::ExitStatus,
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        prctl,
        resource::{UsageWho, getrusage},
        signal::{SigSet, Signal},
        signalfd::{SfdFlags, SignalFd},
        wait::waitpid,
    },
    unistd::{ForkResult, Pid, fork, getpid},
};
use pod_protocol::{Exit, Usage};

use crate::connect::HostEnds;

use super::{
    ChildEnds,
    message::{Order, Report, receive, send},
    tree,
};

/// How often everything below is looked for and killed once the host is gone. What is left then
/// sleeps in the kernel and dies when that lets it.
const LAST_PASSES_MAX: usize = 250;
const LAST_PASS_EVERY_MS: u8 = 20;

/// The host's end.
#[derive(Debug)]
pub(crate) struct WardenLink {
    /// Orders go out and reports come in here.
    pub(crate) stream: UnixStream,
    pid: Pid,
}

impl WardenLink {
    /// The warden.
    pub(crate) const fn pid(&self) -> Pid {
        self.pid
    }

    /// Sends an order.
    pub(crate) fn order(&mut self, order: &Order) -> io::Result<()> {
        send(&mut self.stream, order)
    }

    /// Lets the warden end everything below itself and waits until it has.
    pub(crate) fn end(self) {
        drop(self.stream);
        // Somebody else may have buried it; then it is gone as well.
        let _ = waitpid(self.pid, None);
    }

    /// Waits for the next report; only before the runtime exists.
    pub(crate) fn next_report(&mut self) -> io::Result<Option<Report>> {
        receive(&mut BufReader::with_capacity(1, self.stream.try_clone()?))
    }
}

/// Forks the warden. `host_only` are descriptors that it must not keep.
#[expect(
    unsafe_code,
    reason = "the warden is a fork, so that it shares the binary's memory"
)]
pub(crate) fn spawn(ends: ChildEnds, host_only: HostEnds) -> io::Result<(WardenLink, HostEnds)> {
    let (ours, theirs) = UnixStream::pair()?;
    // Should the warden be killed, the tree falls to the host instead of to init.
    prctl::set_child_subreaper(true)?;
    // SAFETY: the host has one thread until this returns, so the child may run any code.
    match unsafe { fork() }? {
        ForkResult::Parent { child: pid } => Ok((WardenLink { stream: ours, pid }, host_only)),
        ForkResult::Child => {
            drop((ours, host_only));
            if let Ok(mut warden) = Warden::new(ends, theirs) {
                // An error and the end of the stream both mean that the host is gone.
                let _ = warden.run();
                warden.end_everything();
            }
            std::process::exit(1);
        }
    }
}

struct Warden {
    /// Until the command has them.
    ends: Option<ChildEnds>,
    orders: BufReader<UnixStream>,
    reports: UnixStream,
    signals: SignalFd,
    /// The command while it lives.
    command: Option<i32>,
    command_gone: bool,
    /// Whether everything below was told to stop where it is, and not to go on since.
    held: bool,
}

impl Warden {
    fn new(ends: ChildEnds, stream: UnixStream) -> io::Result<Self> {
        detach_standard_streams()?;
        // Like the host it keeps no file system busy.
        std::env::set_current_dir("/")?;
        prctl::set_name(c"tui-warden")?;
        prctl::set_child_subreaper(true)?;
        // Blocked, not ignored: what is ignored stays ignored in the command, a mask is taken back.
        SigSet::all().thread_block()?;
        let mut chld = SigSet::empty();
        chld.add(Signal::SIGCHLD);
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let signals = SignalFd::with_flags(&chld, flags)?;
        let orders = BufReader::new(stream.try_clone()?);
        let ends = Some(ends);
        Ok(Self {
            ends,
            orders,
            reports: stream,
            signals,
            command: None,
            command_gone: false,
            held: false,
        })
    }

    /// Serves the host and returns when it is gone. A host that lets go ends the process.
    fn run(&mut self) -> io::Result<()> {
        loop {
            let mut fds = [
                PollFd::new(self.reports.as_fd(), PollFlags::POLLIN),
                PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
            ];
            match poll(&mut fds, PollTimeout::NONE) {
                Err(Errno::EINTR) => continue,
                other => other?,
            };
            let ready = |fd: &PollFd<'_>| fd.revents().is_some_and(|events| !events.is_empty());
            let (order, signal) = (ready(&fds[0]), ready(&fds[1]));
            if signal {
                while self.signals.read_signal()?.is_some() {}
                self.reap()?;
            }
            // One order can bring several: the reader buffers what the poll cannot see.
            while order || !self.orders.buffer().is_empty() {
                match receive(&mut self.orders)? {
                    None => return Err(io::ErrorKind::UnexpectedEof.into()),
                    // Whatever is still alive is left in peace: no killing on the way out.
                    Some(Order::Release) => std::process::exit(0),
                    Some(order) => self.obey(&order)?,
                }
                if self.orders.buffer().is_empty() {
                    break;
                }
            }
        }
    }

    fn obey(&mut self, order: &Order) -> io::Result<()> {
        match order {
            Order::Release => Ok(()),
            Order::Signal { signal } => self.signal(Signal::try_from(*signal)?),
            Order::Start(plan) => {
                let ends = self.ends.take().ok_or(io::ErrorKind::AlreadyExists)?;
                let report = match plan.start(ends) {
                    Ok(child) => {
                        let pid = child.id();
                        self.command = i32::try_from(pid).ok();
                        Report::Started { pid }
                    }
                    Err(error) => Report::NotStarted {
                        errno: error.raw_os_error().unwrap_or(libc::EIO),
                    },
                };
                send(&mut self.reports, &report)
            }
        }
    }

    /// Signals everything below. What is stopped hears nothing but a kill, so it goes on behind any
    /// other signal, whoever stopped it.
    fn signal(&mut self, signal: Signal) -> io::Result<()> {
        let below = getpid().as_raw();
        let processes = match signal {
            Signal::SIGKILL => tree::kill_all(below),
            Signal::SIGSTOP => tree::stop_all(below),
            Signal::SIGCONT => tree::continue_all(below),
            signal => tree::signal_all(below, signal),
        };
        self.report_signal(signal, processes)?;
        match signal {
            Signal::SIGSTOP => self.held = true,
            Signal::SIGCONT | Signal::SIGKILL => self.held = false,
            _ if std::mem::take(&mut self.held) || tree::is_any_stopped(below) => {
                self.report_signal(Signal::SIGCONT, tree::continue_all(below))?;
            }
            _ => {}
        }
        Ok(())
    }

    fn report_signal(&mut self, signal: Signal, processes: u32) -> io::Result<()> {
        let signal = signal as i32;
        send(&mut self.reports, &Report::Signalled { signal, processes })
    }

    /// Buries every process below that has ended, the command's strays included.
    fn reap(&mut self) -> io::Result<()> {
        let mut buried = false;
        while let Some((pid, status)) = bury()? {
            buried = true;
            if Some(pid) == self.command {
                self.command = None;
                self.command_gone = true;
                let report = Report::Exited {
                    exit: exit(status),
                    usage: usage()?,
                    left: left(),
                };
                send(&mut self.reports, &report)?;
                buried = false;
            }
        }
        if buried && self.command_gone {
            send(&mut self.reports, &Report::Left { left: left() })?;
        }
        Ok(())
    }

    /// The host is gone: nothing below may stay. One pass can miss what changes its parent while it
    /// is looked for, so this goes on until nothing is found, or only what not even a kill ends.
    fn end_everything(&self) {
        for _ in 0..LAST_PASSES_MAX {
            tree::kill_all(getpid().as_raw());
            if left() == 0 {
                return;
            }
            let mut fds = [PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
            // Woken by an end or by the clock, the next pass is the same.
            let _ = poll(&mut fds, PollTimeout::from(LAST_PASS_EVERY_MS));
            while let Ok(Some(_)) = self.signals.read_signal() {}
            while let Ok(Some(_)) = bury() {}
        }
    }
}

/// Buries one process that has ended, if there is one. Not through nix, which takes an end by a
/// real-time signal for an error after the process is buried.
#[expect(unsafe_code, reason = "the status has to be read as it is")]
fn bury() -> io::Result<Option<(i32, ExitStatus)>> {
    loop {
        let mut status = 0;
        // SAFETY: the kernel writes one integer to the pointer.
        let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) };
        return match Errno::result(pid) {
            Ok(0) | Err(Errno::ECHILD) => Ok(None),
            Ok(pid) => Ok(Some((pid, ExitStatus::from_raw(status)))),
            Err(Errno::EINTR) => continue,
            Err(error) => Err(error.into()),
        };
    }
}

fn left() -> u32 {
    u32::try_from(tree::descendants(getpid().as_raw()).len()).unwrap_or(u32::MAX)
}

fn exit(status: ExitStatus) -> Exit {
    let signal = || Exit::Signal(status.signal().unwrap_or_default());
    status.code().map_or_else(signal, Exit::Code)
}

fn usage() -> io::Result<Usage> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let millis = |time: nix::sys::time::TimeVal| {
        u64::try_from(time.tv_sec() * 1000 + time.tv_usec() / 1000).unwrap_or(0)
    };
    Ok(Usage {
        user_ms: millis(usage.user_time()),
        system_ms: millis(usage.system_time()),
        memory_peak_kib: u64::try_from(usage.max_rss()).unwrap_or(0),
    })
}

/// The launcher waits for the end of its pipe: only the host may hold it.
fn detach_standard_streams() -> io::Result<()> {
    crate::process::null_standard_streams()
}
