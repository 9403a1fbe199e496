//! A viewer that is cut off at random, again and again, ends with exactly the log's records and
//! bytes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use discovery::{Feed, Source};
use pod_client::{Endpoint, LinkEvent, LinkOptions, Start};
use pod_protocol::{Liveness, Mode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    runtime,
    time::timeout,
};

use crate::support::{DEADLINE, Launched, Pods, noise};

/// How often the command writes a record and a piece of output.
const PIECES: usize = 300;
const PIECE_BYTES: usize = 20_000;
/// How often the line is cut. Each costs half a second, which is when a link tries again.
const CUTS: usize = 12;
/// How often the viewer leaves by itself and comes back.
const DEPARTURES: usize = 40;

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).expect("below a usize")
    }
}

/// Stands between viewer and host, and cuts the line after some number of bytes.
async fn unreliable_line(listener: UnixListener, host: PathBuf, mut dice: Dice) {
    for cut in 0.. {
        let Ok((mut viewer, _)) = listener.accept().await else {
            return;
        };
        // A host that is gone hangs up, and so does the line.
        let Ok(mut host) = UnixStream::connect(&host).await else {
            continue;
        };
        let budget = if cut < CUTS {
            dice.below(600_000)
        } else {
            usize::MAX
        };
        tokio::spawn(async move { pass(&mut viewer, &mut host, budget).await });
    }
}

/// Passes bytes both ways until the host has said `budget` bytes.
async fn pass(viewer: &mut UnixStream, host: &mut UnixStream, mut budget: usize) -> Option<()> {
    let (mut up, mut down) = (vec![0; 4_096], vec![0; 65_536]);
    while budget > 0 {
        tokio::select! {
            count = viewer.read(&mut up) => {
                let count = count.ok().filter(|count| *count > 0)?;
                host.write_all(&up[..count]).await.ok()?;
            }
            count = host.read(&mut down) => {
                let count = count.ok().filter(|count| *count > 0)?.min(budget);
                budget -= count;
                viewer.write_all(&down[..count]).await.ok()?;
            }
        }
    }
    None
}

/// What a viewer has.
#[derive(Default)]
struct Seen {
    records: Vec<u8>,
    output: Vec<u8>,
    ended: bool,
}

impl Seen {
    fn take(&mut self, event: LinkEvent) -> bool {
        match event {
            LinkEvent::Records { from, bytes } => {
                let lines = self.records.iter().filter(|byte| **byte == b'\n').count();
                assert_eq!(from.0, lines as u64 + 1, "records join");
                self.records.extend_from_slice(&bytes);
            }
            LinkEvent::Output { from, bytes, .. } => {
                assert_eq!(from.0, self.output.len() as u64, "output joins");
                self.output.extend_from_slice(&bytes);
            }
            LinkEvent::Closed(_) => self.ended = true,
            LinkEvent::Lost { .. } => return false,
            _ => {}
        }
        !self.ended
    }

    fn options(&self) -> LinkOptions {
        let lines = self.records.iter().filter(|byte| **byte == b'\n').count();
        LinkOptions {
            mode: Mode::ReadOnly,
            client: "gapless".to_owned(),
            who: "a test".to_owned(),
            records: Some(Start::At(lines as u64 + 1)),
            output: Some(Start::At(self.output.len() as u64)),
        }
    }
}

/// Watches the run over `line` until its end, and reads the rest from the files if the host is
/// quicker.
async fn watch(pods: &Pods, pod: &Launched, line: &Path) -> Seen {
    let (mut seen, mut dice) = (Seen::default(), Dice(0x2545_f491_4f6c_dd1d));
    let mut departures = 0;
    while !seen.ended {
        let source = match pod.socket.exists() {
            true => Source::Live {
                endpoint: Endpoint::Socket(line.to_owned()),
                state: pods.state(),
            },
            false => Source::Stored {
                state: pods.state(),
                session: pod.session,
                segment: pod.segment,
                liveness: Liveness::Free,
            },
        };
        let opened = Feed::open(source, seen.options()).await;
        let (_feed, mut events) = opened.expect("the run can be followed");
        let patience = match departures {
            DEPARTURES.. => usize::MAX,
            _ => dice.below(40),
        };
        departures += 1;
        for _ in 0..=patience {
            let Some(event) = events.recv().await else {
                break;
            };
            if !seen.take(event) {
                break;
            }
        }
    }
    seen
}

#[test]
fn a_viewer_that_is_cut_off_again_and_again_misses_nothing() {
    let pods = Pods::new();
    let written = noise(PIECES * PIECE_BYTES);
    let file = pods.root().join("noise");
    fs::write(&file, &written).expect("room for the noise");
    let mut gate = pods.gate("gate");
    let script = format!(
        "read go < {}; i=0; while [ $i -lt {PIECES} ]; do \
         echo \"{{\\\"kind\\\":\\\"log\\\",\\\"message\\\":\\\"m$i\\\"}}\" >> \"$POD_EVENTS\"; \
         dd if={} bs={PIECE_BYTES} skip=$i count=1 2>/dev/null; i=$((i + 1)); done",
        gate.path(),
        file.display()
    );
    let pod = pods.launch_piped("train", &script);
    let line = pods.root().join("line");
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let seen = runtime.expect("a runtime").block_on(async {
        let listener = UnixListener::bind(&line).expect("a socket");
        let unreliable = unreliable_line(listener, pod.socket.clone(), Dice(0x9e37_79b9));
        tokio::spawn(unreliable);
        gate.open();
        let watched = timeout(DEADLINE, watch(&pods, &pod, &line)).await;
        watched.expect("the run ends and is seen to")
    });
    assert!(seen.output == written, "{} bytes seen", seen.output.len());
    let log = pods
        .session_dir(pod.session)
        .join(format!("{}.jsonl", pod.segment));
    let kept = fs::read(log).expect("the record log");
    assert!(
        seen.records == kept,
        "{} bytes of records",
        seen.records.len()
    );
    let said = kept.split(|byte| *byte == b'\n').filter(|line| {
        let line = String::from_utf8_lossy(line);
        line.contains("\"kind\":\"log\"") && line.contains("\"message\":\"m")
    });
    assert_eq!(said.count(), PIECES);
}
