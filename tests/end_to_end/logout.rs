//! What the login manager of a system would do to a run. The system is a made-up one: a directory
//! with the files that say so, and a `systemd-run` that notes its arguments.

use std::{env, fs, path::PathBuf};

use nix::unistd::{Uid, User};

use crate::support::{Done, Pods, Verb, make_program};

/// A system under a service manager, below the roots of a test.
struct System<'a> {
    pods: &'a Pods,
}

impl System<'_> {
    fn new(pods: &Pods) -> System<'_> {
        let system = System { pods };
        system.write("system/run/systemd/system/x", "");
        // Below the user's service manager, which ends with the last logout of who does not linger.
        let unit = format!("0::/user.slice/user@{}.service/app.scope\n", Uid::current());
        system.write("system/proc/self/cgroup", &unit);
        system.write("runtime/systemd/private", "");
        system
    }

    fn path(&self, path: &str) -> PathBuf {
        self.pods.root().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("inside the root")).expect("writable");
        fs::write(path, text).expect("writable");
    }

    fn linger(&self) {
        let user = User::from_uid(Uid::current()).expect("users").expect("us");
        self.write(&format!("system/var/lib/systemd/linger/{}", user.name), "");
    }

    fn service_manager(&self, script: &str) {
        let path = self.path("bin/systemd-run");
        fs::create_dir_all(path.parent().expect("inside the root")).expect("writable");
        make_program(&path, script);
    }

    fn run(&self, words: &[&str]) -> Done {
        let mut command = self.pods.command(words);
        let paths = env::var_os("PATH").unwrap_or_default();
        let paths = [self.path("bin")]
            .into_iter()
            .chain(env::split_paths(&paths));
        command
            .env("PODS_SYSTEM_ROOT", self.path("system"))
            .env("XDG_RUNTIME_DIR", self.path("runtime"))
            .env("PATH", env::join_paths(paths).expect("no colons"));
        Verb::start(command).finish()
    }
}

fn passes(pods: &Pods, name: &str) -> bool {
    pods.run(&["wait", name]).code == 0 && pods.text(&["logs", name]).contains("hello")
}

#[test]
fn who_does_not_linger_is_told_which_command_keeps_the_run() {
    let pods = Pods::new();
    let system = System::new(&pods);
    let done = system.run(&["run", "-d", "--name", "told", "--", "echo", "hello"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(done.text(), "told\n");
    assert!(done.stderr.contains("loginctl enable-linger"), "{done:?}");
    assert_eq!(done.stderr.lines().count(), 1, "{done:?}");
    assert!(passes(&pods, "told"));
}

#[test]
fn who_lingers_gets_a_host_in_a_scope() {
    let pods = Pods::new();
    let system = System::new(&pods);
    system.linger();
    let note = system.path("asked");
    system.service_manager(&format!(
        "#!/bin/sh\necho \"$@\" > {}\nwhile [ \"$1\" != -- ]; do shift; done; shift; exec \"$@\"\n",
        note.display()
    ));
    let done = system.run(&["run", "-d", "--name", "scoped", "--", "echo", "hello"]);
    assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{done:?}");
    let asked = fs::read_to_string(&note).expect("systemd-run was asked");
    assert!(asked.starts_with("--user --scope"), "{asked}");
    assert!(passes(&pods, "scoped"));
}

#[test]
fn a_service_manager_that_refuses_does_not_keep_a_run_from_starting() {
    let pods = Pods::new();
    let system = System::new(&pods);
    system.linger();
    system.service_manager("#!/bin/sh\nexit 1\n");
    let done = system.run(&["run", "-d", "--name", "plain", "--", "echo", "hello"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(passes(&pods, "plain"));
}
