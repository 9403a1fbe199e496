//! The warden process and the host's end of its socket pair.

use std::{
    io::{self, BufReader},
    os::{
        fd::{AsFd, OwnedFd},
        unix::{net::UnixStream, process::ExitStatusExt},
    },
    process::{Child, ExitStatus},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        prctl,
        resource::{UsageWho, getrusage},
        signal::{SigSet, SigmaskHow, Signal},
        signalfd::{SfdFlags, SignalFd},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::{ForkResult, Pid, fork, getpid},
};
use pod_protocol::{Exit, Usage};

use super::{
    CommandPlan,
    message::{Order, Report, receive, send},
    tree,
};

/// The host's end.
#[derive(Debug)]
pub(crate) struct WardenLink {
    /// Orders go out and reports come in here.
    pub(crate) stream: UnixStream,
}

impl WardenLink {
    /// Sends an order.
    pub(crate) fn order(&mut self, order: &Order) -> io::Result<()> {
        send(&mut self.stream, order)
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
pub(crate) fn spawn(
    plan: CommandPlan,
    host_only: Vec<OwnedFd>,
) -> io::Result<(WardenLink, Vec<OwnedFd>)> {
    let (ours, theirs) = UnixStream::pair()?;
    // Should the warden be killed, the tree falls to the host instead of to init.
    prctl::set_child_subreaper(true)?;
    // SAFETY: the host has one thread until this returns, so the child may run any code.
    match unsafe { fork() }? {
        ForkResult::Parent { .. } => Ok((WardenLink { stream: ours }, host_only)),
        ForkResult::Child => {
            drop((ours, host_only));
            let code = match Warden::new(plan, theirs).and_then(Warden::run) {
                Ok(()) => 0,
                Err(_) => 1,
            };
            tree::kill_all(getpid().as_raw());
            std::process::exit(code);
        }
    }
}

struct Warden {
    plan: Option<CommandPlan>,
    orders: BufReader<UnixStream>,
    reports: UnixStream,
    signals: SignalFd,
    /// The mask of the launcher, which is the command's as well.
    launched_with: SigSet,
    child: Option<Child>,
    command_gone: bool,
}

impl Warden {
    fn new(plan: CommandPlan, stream: UnixStream) -> io::Result<Self> {
        detach_standard_streams()?;
        // Like the host it keeps no file system busy.
        std::env::set_current_dir("/")?;
        prctl::set_name(c"tui-warden")?;
        prctl::set_child_subreaper(true)?;
        // Blocked, not ignored: a mask can be given back to the command as it was.
        let launched_with = SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        let mut chld = SigSet::empty();
        chld.add(Signal::SIGCHLD);
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let signals = SignalFd::with_flags(&chld, flags)?;
        let orders = BufReader::new(stream.try_clone()?);
        let plan = Some(plan);
        Ok(Self {
            plan,
            orders,
            reports: stream,
            signals,
            launched_with,
            child: None,
            command_gone: false,
        })
    }

    /// Serves the host until it lets go; an error or the end of the stream means it is gone.
    fn run(mut self) -> io::Result<()> {
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
            Order::Signal { signal } => {
                let below = getpid().as_raw();
                let processes = match Signal::try_from(*signal)? {
                    Signal::SIGKILL => tree::kill_all(below),
                    signal => tree::signal_all(below, signal),
                };
                send(
                    &mut self.reports,
                    &Report::Signalled {
                        signal: *signal,
                        processes,
                    },
                )
            }
            Order::Start { variables } => {
                let plan = self.plan.take().ok_or(io::ErrorKind::AlreadyExists)?;
                let report = match plan.start(variables, self.launched_with) {
                    Ok(child) => {
                        let pid = child.id();
                        self.child = Some(child);
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

    /// Buries every process below that has ended, the command's strays included.
    fn reap(&mut self) -> io::Result<()> {
        let mut buried = false;
        loop {
            let status = match waitpid(Pid::from_raw(-1), Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => break,
                Err(Errno::EINTR) => continue,
                other => other?,
            };
            buried = true;
            let command = self.child.as_ref().map(Child::id);
            let ended = status
                .pid()
                .and_then(|pid| u32::try_from(pid.as_raw()).ok());
            if ended.is_some() && ended == command {
                self.child = None;
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
}

fn left() -> u32 {
    u32::try_from(tree::descendants(getpid().as_raw()).len()).unwrap_or(u32::MAX)
}

fn exit(status: WaitStatus) -> Exit {
    match status {
        WaitStatus::Exited(_, code) => Exit::Code(code),
        WaitStatus::Signaled(_, signal, _) => Exit::Signal(signal as i32),
        // Only an end is waited for, so there is no other status.
        _ => Exit::Code(ExitStatus::from_raw(0).code().unwrap_or_default()),
    }
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
