//! What becomes of a host when its user logs out, where systemd's login manager has a say in it.
//!
//! A host that is a child of a login session, even in a session of its own, belongs to the login's
//! control group. The login manager may be set to end everything in there at logout; and the user's
//! service manager goes down with the last logout, and everything below it, unless the user
//! *lingers*. So a user who lingers gets each host in a scope of its own below that manager, and
//! nobody else does.
//!
//! Everything is read from files that exist for the purpose. Absent on purpose: a conversation over
//! D-Bus, which would cost more than the launch.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use nix::unistd::{Uid, User};

use crate::launch::HOST_SUBCOMMAND;

/// Where drop-in files of the login manager are, the weakest first.
const DROP_INS: [&str; 4] = [
    "usr/lib/systemd/logind.conf.d",
    "usr/local/lib/systemd/logind.conf.d",
    "run/systemd/logind.conf.d",
    "etc/systemd/logind.conf.d",
];
/// Its own files, the weakest first.
const MAIN_FILES: [&str; 2] = ["usr/lib/systemd/logind.conf", "etc/systemd/logind.conf"];

/// What a logout does to a host that is started now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logout {
    /// Nothing.
    Harmless,
    /// Nothing, as long as the host is in a scope of the user's service manager.
    NeedsScope,
    /// It ends the host, and nothing but lingering helps.
    EndsHost,
}

/// The part of the system that decides, as found below a root directory.
struct LoginManager<'a> {
    root: &'a Path,
    user: &'a str,
    uid: u32,
}

impl Logout {
    /// Asks the system that this process runs on; tests have `PODS_SYSTEM_ROOT` point to another.
    #[must_use]
    pub fn read() -> Self {
        let named = env::var_os("PODS_SYSTEM_ROOT").filter(|root| !root.is_empty());
        let root = PathBuf::from(named.unwrap_or_else(|| "/".into()));
        // A system without systemd is told by one look.
        if !has_systemd(&root) {
            return Self::Harmless;
        }
        let uid = Uid::current();
        let user = User::from_uid(uid).ok().flatten().map(|user| user.name);
        let manager = LoginManager {
            root: &root,
            user: user.as_deref().unwrap_or_default(),
            uid: uid.as_raw(),
        };
        match manager.logout() {
            // From cron or `su` there may be no way to the service manager. Nothing there ends with
            // a logout, either.
            Self::NeedsScope if !manages_services() => Self::Harmless,
            logout => logout,
        }
    }
}

fn has_systemd(root: &Path) -> bool {
    root.join("run/systemd/system").is_dir()
}

/// Whether the user's service manager can be asked for a scope from here.
fn manages_services() -> bool {
    let Some(runtime) = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from) else {
        return false;
    };
    ["systemd/private", "bus"]
        .iter()
        .any(|socket| runtime.join(socket).exists())
}

impl LoginManager<'_> {
    fn logout(&self) -> Logout {
        if !has_systemd(self.root) {
            return Logout::Harmless;
        }
        if self.lingers() {
            return Logout::NeedsScope;
        }
        match self.unit() {
            Unit::ServiceManager => Logout::EndsHost,
            Unit::Login if self.ends_users_processes() => Logout::EndsHost,
            Unit::Login | Unit::Other => Logout::Harmless,
        }
    }

    fn lingers(&self) -> bool {
        let linger = self.root.join("var/lib/systemd/linger");
        !self.user.is_empty() && linger.join(self.user).exists()
    }

    fn unit(&self) -> Unit {
        let groups = fs::read_to_string(self.root.join("proc/self/cgroup")).unwrap_or_default();
        let manager = format!("/user@{}.service/", self.uid);
        let is_login = |line: &str| {
            line.rsplit('/')
                .any(|part| part.starts_with("session-") && part.ends_with(".scope"))
        };
        if groups.lines().any(|line| line.contains(&manager)) {
            Unit::ServiceManager
        } else if groups.lines().any(is_login) {
            Unit::Login
        } else {
            Unit::Other
        }
    }

    /// `KillUserProcesses=` with its two lists of exceptions.
    fn ends_users_processes(&self) -> bool {
        let settings = self.settings();
        let names = |key: &str| -> Option<Vec<String>> {
            let value = settings.get(key).filter(|value| !value.is_empty())?;
            Some(value.split_whitespace().map(str::to_owned).collect())
        };
        let has = |names: &[String]| names.iter().any(|name| name == self.user);
        let kills = settings
            .get("KillUserProcesses")
            .is_some_and(|value| ["yes", "true", "1", "on"].contains(&value.as_str()));
        let excluded = names("KillExcludeUsers").unwrap_or_else(|| vec!["root".to_owned()]);
        let only = names("KillOnlyUsers");
        kills && !has(&excluded) && only.is_none_or(|only| has(&only))
    }

    /// The login manager's settings. Where nobody sets one, the comment in the shipped file tells
    /// the default that it was built with.
    fn settings(&self) -> BTreeMap<String, String> {
        let mut files: Vec<PathBuf> = MAIN_FILES.iter().map(|file| self.root.join(file)).collect();
        // A drop-in of the same name in a stronger directory takes the place of the weaker one.
        let mut drop_ins = BTreeMap::new();
        for directory in DROP_INS {
            let entries = fs::read_dir(self.root.join(directory))
                .into_iter()
                .flatten();
            for entry in entries.flatten() {
                drop_ins.insert(entry.file_name(), entry.path());
            }
        }
        let is_setting = |path: &PathBuf| path.extension().is_some_and(|end| end == "conf");
        files.extend(drop_ins.into_values().filter(is_setting));
        let texts: Vec<String> = files
            .iter()
            .filter_map(|path| fs::read_to_string(path).ok())
            .collect();
        let defaults = texts.iter().flat_map(|text| pairs(text, Line::Comment));
        let set = texts.iter().flat_map(|text| pairs(text, Line::Setting));
        defaults.chain(set).collect()
    }
}

/// Where in systemd's tree of units this process is.
enum Unit {
    /// Below the user's own service manager.
    ServiceManager,
    /// In the scope of a login.
    Login,
    /// Anywhere else: a system service, a container.
    Other,
}

#[derive(Clone, Copy)]
enum Line {
    Setting,
    Comment,
}

fn pairs(text: &str, wanted: Line) -> impl Iterator<Item = (String, String)> + '_ {
    text.lines().filter_map(move |line| {
        let line = match wanted {
            Line::Setting => line.trim(),
            Line::Comment => line.trim().strip_prefix('#')?,
        };
        let (key, value) = line.split_once('=')?;
        Some((key.trim().to_owned(), value.trim().to_owned()))
    })
}

/// The command that becomes a host: this binary, by way of `systemd-run` where a scope is needed.
/// `systemd-run --scope` asks for the scope and then becomes the command itself, so its standard
/// streams and environment stay those that are given here.
pub(crate) fn host_command(logout: Logout) -> Command {
    use std::os::unix::process::CommandExt;

    match logout {
        Logout::NeedsScope => {
            let mut command = Command::new("systemd-run");
            command.args(["--user", "--scope", "--collect", "--quiet", "--"]);
            // Named through this process: what `systemd-run` calls itself is `systemd-run`.
            command.arg(format!("/proc/{}/exe", std::process::id()));
            command.arg(HOST_SUBCOMMAND);
            command
        }
        Logout::Harmless | Logout::EndsHost => {
            // The running binary, even after its file was replaced by an upgrade.
            let mut command = Command::new("/proc/self/exe");
            command.arg0("tui").arg(HOST_SUBCOMMAND);
            command
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANAGER: &str = "0::/user.slice/user@1000.service/app.slice/vte-spawn-1.scope\n";

    /// What a word of the table puts where.
    const FILES: [(&str, &str, &str); 11] = [
        ("systemd", "run/systemd/system/x", ""),
        ("linger", "var/lib/systemd/linger/ann", ""),
        (
            "login",
            "proc/self/cgroup",
            "0::/user-1000.slice/session-3.scope\n",
        ),
        ("manager", "proc/self/cgroup", MANAGER),
        (
            "service",
            "proc/self/cgroup",
            "0::/system.slice/cron.service\n",
        ),
        (
            "default-no",
            "usr/lib/systemd/logind.conf",
            "#KillUserProcesses=no\n",
        ),
        (
            "default-yes",
            "usr/lib/systemd/logind.conf",
            "#KillUserProcesses=yes\n",
        ),
        (
            "kills",
            "etc/systemd/logind.conf",
            "[Login]\nKillUserProcesses=yes\n",
        ),
        (
            "spares",
            "etc/systemd/logind.conf.d/x.conf",
            "KillUserProcesses = no\n",
        ),
        (
            "weaker",
            "run/systemd/logind.conf.d/x.conf",
            "KillUserProcesses=yes\n",
        ),
        (
            "not-ann",
            "etc/systemd/logind.conf.d/y.conf",
            "KillExcludeUsers=root ann\n",
        ),
    ];

    fn check(system: &str, user: &str, expected: Logout) {
        let root = tempfile::tempdir().expect("a temporary directory");
        for word in system.split(' ') {
            let file = FILES.iter().find(|(name, _, _)| *name == word);
            let (_, path, text) = file.expect("a word of the table");
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("inside the root")).expect("writable");
            fs::write(path, text).expect("writable");
        }
        let manager = LoginManager {
            root: root.path(),
            user,
            uid: 1000,
        };
        assert_eq!(manager.logout(), expected, "{system} for {user}");
    }

    #[test]
    fn what_a_logout_does() {
        use Logout::{EndsHost, Harmless, NeedsScope};

        check("login kills", "ann", Harmless);
        check("systemd linger login", "ann", NeedsScope);
        check("systemd linger login kills", "bob", EndsHost);
        check("systemd manager default-no", "ann", EndsHost);
        check("systemd login default-no", "ann", Harmless);
        check("systemd login default-yes", "ann", EndsHost);
        check("systemd login default-no kills", "ann", EndsHost);
        check("systemd login kills weaker spares", "ann", Harmless);
        check("systemd login kills weaker", "ann", EndsHost);
        check("systemd login kills not-ann", "ann", Harmless);
        check("systemd login kills not-ann", "bob", EndsHost);
        check("systemd login kills", "root", Harmless);
        check("systemd service kills", "ann", Harmless);
    }
}
