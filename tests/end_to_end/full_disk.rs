//! A disk that fills up: on a file system of four megabytes, and where nobody may mount one, by a
//! limit on the size of the host's files.

use std::{fs, path::PathBuf};

use serde_json::Value;

use crate::support::{Gate, Launched, Pods, noise};

/// More than the disk holds.
const OUTPUT_BYTES: usize = 8 * 1024 * 1024;
/// What the disk keeps of a limited file, in bytes.
const FILE_BYTES: &str = "1048576";
const EXIT_CODE: i32 = 7;

/// A run that fills its disk, says so, and goes on when it is let.
struct Filling {
    pods: Pods,
    written: Vec<u8>,
    gate: Gate,
    told: Gate,
    pod: Launched,
}

impl Filling {
    fn start(pods: Pods, before: impl FnOnce(&Pods, &Launched)) -> Self {
        let written = noise(OUTPUT_BYTES);
        let noise = pods.root().join("noise");
        fs::write(&noise, &written).expect("room for the noise");
        let (mut begin, gate, told) = (pods.gate("begin"), pods.gate("gate"), pods.gate("told"));
        let script = format!(
            "read go < {}; cat {}; echo > {}; read go < {}; echo; echo the end; exit {EXIT_CODE}",
            begin.path(),
            noise.display(),
            told.path(),
            gate.path(),
        );
        let pod = pods.launch_piped("full", &script);
        before(&pods, &pod);
        begin.open();
        Self {
            pods,
            written,
            gate,
            told,
            pod,
        }
    }

    /// Waits until the command has written all of it, which a full disk must not keep it from.
    fn wait_until_written(&mut self) {
        self.told.wait();
    }

    fn say_degraded(&self) {
        let show = self.pods.show("full");
        assert_eq!(show["status"], "running");
        let degraded = show["degraded"].as_str().expect("it says what is wrong");
        assert!(degraded.contains("lost"), "{degraded}");
        let said = kinds(&self.pods);
        assert!(said.contains(&"host.degraded".to_owned()), "{said:?}");
    }

    fn finish(&mut self) {
        self.gate.open();
        assert_eq!(self.pods.run(&["wait", "full"]).code, EXIT_CODE);
        assert!(crate::support::wait_gone(self.pod.host_pid));
        let show = self.pods.show("full");
        assert_eq!(show["status"], "failed", "{show}");
    }

    /// What is kept is what was written, but for the gap.
    fn check_logs(&self) {
        let records = self.pods.events("full");
        let gaps: Vec<&Value> = records.iter().filter(|r| r["kind"] == "gap").collect();
        let [gap] = gaps[..] else {
            panic!("one gap, not {gaps:?}")
        };
        let offset = |name: &str| usize::try_from(gap[name].as_u64().expect("an offset"));
        let (from, to) = (offset("from").expect("small"), offset("to").expect("small"));
        let written = [&self.written[..], b"\nthe end\n"].concat();
        let logs = self.pods.run(&["logs", "--raw", "full"]);
        let kept = [&written[..from], &written[to..]].concat();
        assert!(
            logs.stdout == kept,
            "{from}..{to}, {} kept",
            logs.stdout.len()
        );
        assert!(logs.stderr.contains("no longer kept"), "{}", logs.stderr);
    }
}

fn kinds(pods: &Pods) -> Vec<String> {
    let records = pods.events("full");
    let kind = |record: &Value| record["kind"].as_str().expect("a kind").to_owned();
    records.iter().map(kind).collect()
}

fn small_disk() -> Option<Pods> {
    let pods = Pods::on("tmpfs", "size=4m");
    if pods.is_none() {
        eprintln!("no namespace to mount a small disk in: only the limited files are tested here");
    }
    pods
}

/// Makes a file that takes a megabyte.
fn ballast(pods: &Pods) -> PathBuf {
    let path = pods.state().join("ballast");
    let of = format!("of={}", path.display());
    let dd = pods.within(
        "dd",
        ["if=/dev/zero", &of, "bs=1M", "count=1", "status=none"],
    );
    assert_eq!(crate::support::Verb::start(dd).finish().code, 0);
    path
}

fn limit_files(pods: &Pods, pod: &Launched, bytes: &str) {
    let (pid, size) = (pod.host_pid.to_string(), format!("--fsize={bytes}:"));
    let limit = pods.within("prlimit", ["--pid", &pid, &size]);
    let done = crate::support::Verb::start(limit).finish();
    assert_eq!(done.code, 0, "{done:?}");
}

#[test]
fn logging_recovers_when_a_full_disk_has_room_again() {
    let Some(pods) = small_disk() else { return };
    let ballast = ballast(&pods);
    let mut run = Filling::start(pods, |_, _| ());
    run.wait_until_written();
    run.say_degraded();
    let rm = run.pods.within("rm", [&ballast]);
    assert_eq!(crate::support::Verb::start(rm).finish().code, 0);
    run.finish();
    run.check_logs();
    assert!(kinds(&run.pods).contains(&"host.recovered".to_owned()));
    assert_eq!(run.pods.show("full")["degraded"], Value::Null);
}

#[test]
fn the_outcome_fits_on_a_disk_that_stays_full() {
    let Some(pods) = small_disk() else { return };
    let mut run = Filling::start(pods, |_, _| ());
    run.wait_until_written();
    run.say_degraded();
    run.finish();
    run.check_logs();
    let degraded = run.pods.show("full")["degraded"].clone();
    let degraded = degraded.as_str().expect("nothing has recovered");
    assert!(degraded.contains("No space left"), "{degraded}");
    let last = kinds(&run.pods).pop();
    assert_eq!(last.as_deref(), Some("run.closed"));

    // And nothing half-made is left of a launch for which there is no room.
    let files = |pods: &Pods| {
        let find = pods.within("find", [pods.state(), pods.runtime()]);
        crate::support::Verb::start(find).finish().text()
    };
    let of = format!("of={}", run.pods.state().join("rest").display());
    let dd = run.pods.within("dd", ["if=/dev/zero", &of, "bs=4k"]);
    assert_eq!(
        crate::support::Verb::start(dd).finish().code,
        1,
        "it is full"
    );
    let before = files(&run.pods);
    let done = run
        .pods
        .run(&["run", "-d", "--name", "other", "--", "true"]);
    done.failed_with(125, &["No space left"]);
    assert_eq!(files(&run.pods), before);
}

#[test]
fn logging_recovers_when_a_limit_on_files_is_lifted() {
    let mut run = Filling::start(Pods::new(), |pods, pod| limit_files(pods, pod, FILE_BYTES));
    run.wait_until_written();
    run.say_degraded();
    limit_files(&run.pods, &run.pod, "unlimited");
    run.finish();
    run.check_logs();
    assert_eq!(run.pods.show("full")["degraded"], Value::Null);
}

#[test]
fn output_stops_at_the_cap_where_nothing_can_be_given_back() {
    let Some(pods) = Pods::on("ramfs", "mode=700") else {
        return eprintln!("no namespace to mount a file system without holes in: not tested here");
    };
    let written = noise(OUTPUT_BYTES);
    let noise = pods.root().join("noise");
    fs::write(&noise, &written).expect("room for the noise");
    let noise = noise.to_str().expect("text");
    let words = [
        "run", "--pipe", "--cap", "1M", "--name", "full", "--", "cat", noise,
    ];
    let done = pods.run(&words);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(
        done.stderr.contains("7 MiB no longer kept"),
        "{}",
        done.stderr
    );
    let logs = pods.run(&["logs", "--raw", "full"]);
    assert!(logs.stdout == written[..1024 * 1024]);
    let degraded = pods.show("full")["degraded"].clone();
    assert!(
        degraded
            .as_str()
            .is_some_and(|it| it.contains("cap of 1 MiB"))
    );
}
