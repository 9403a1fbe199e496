//! Asking hosts whether they are there, all at once, under one deadline.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use pod_client::{ClientError, Endpoint};
use pod_protocol::{Hello, PodName, SegmentId, SessionId, Timestamp};
use pod_registry::Holder;
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{Live, Reach, Unreachable, warning::with_causes};

/// A host that has let a client in and has said nothing for most of the time there is, at most for this
/// long, is *silent*.
pub(crate) const SILENT_AFTER_MAX: Duration = Duration::from_millis(1_600);
/// A host that holds its lease for less than this long may still be on its way to its socket, in
/// milliseconds.
pub(crate) const STARTING_MS: u64 = 5_000;
/// How long a host gets to make its socket anew, again and again. Together less than a list may take.
const AGAIN_AFTER: [Duration; 3] = [
    Duration::from_millis(5),
    Duration::from_millis(15),
    Duration::from_millis(40),
];
/// How many hosts are asked at the same time: each is a descriptor, and 1,024 is a common limit.
const PROBES_MAX: usize = 400;

/// A pod whose lease is held on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) pid: Option<u32>,
    pub(crate) since: Option<Timestamp>,
    pub(crate) session: Option<SessionId>,
    pub(crate) segment: Option<SegmentId>,
    /// Where its host listens.
    pub(crate) endpoint: Endpoint,
    /// What is wrong with its allocation: a better reason than what the socket says.
    pub(crate) trouble: Option<Unreachable>,
    /// What its lease says of it.
    pub(crate) holder: Option<Holder>,
}

/// Asks all of them.
pub(crate) async fn probe(
    held: BTreeMap<PodName, Held>,
    deadline: Duration,
    now: Timestamp,
) -> BTreeMap<PodName, Live> {
    let silent_after = (deadline * 4 / 5).min(SILENT_AFTER_MAX);
    let deadline = Instant::now() + deadline;
    let slots = Arc::new(Semaphore::new(PROBES_MAX));
    let mut probes = JoinSet::new();
    for (name, host) in held.clone() {
        let slots = Arc::clone(&slots);
        probes.spawn(async move { (name, ask(&host, &slots, silent_after).await) });
    }
    let mut answers = BTreeMap::new();
    while let Ok(Some(joined)) = tokio::time::timeout_at(deadline, probes.join_next()).await {
        let (name, answer) = joined.expect("a probe does not panic");
        answers.insert(name, answer);
    }
    // Dropping the rest hangs up on hosts that have not answered in time.
    let judge_one = |(name, host): (PodName, Held)| {
        let answer = answers.remove(&name);
        let live = judge(&name, host, answer, now);
        (name, live)
    };
    held.into_iter().map(judge_one).collect()
}

/// One connect and one line. A host whose socket is gone is told so, and asked again: it makes it
/// anew as soon as it hears of it.
async fn ask(host: &Held, slots: &Semaphore, silent_after: Duration) -> Result<Hello, ClientError> {
    let hello = async || {
        let _slot = slots.acquire().await;
        pod_client::hello(&host.endpoint, silent_after).await
    };
    let mut answer = hello().await;
    let Some(holder) = &host.holder else {
        return answer;
    };
    for wait in AGAIN_AFTER {
        match &answer {
            Err(ClientError::NoSocket { .. } | ClientError::NobodyListens { .. })
                if holder.poke() => {}
            _ => break,
        }
        sleep(wait).await;
        answer = hello().await;
    }
    answer
}

/// The live half of a pod whose lease is held, by what its socket said; `None` if that did not come
/// before the deadline.
pub(crate) fn judge(
    name: &PodName,
    host: Held,
    answer: Option<Result<Hello, ClientError>>,
    now: Timestamp,
) -> Live {
    let Held {
        pid,
        since,
        session,
        segment,
        endpoint,
        trouble,
        ..
    } = host;
    let young = since.is_none_or(|since| now.millis_since(since) < STARTING_MS);
    let reach = match answer {
        Some(Ok(hello)) if hello.pod == *name => Reach::Answering {
            endpoint,
            hello: Box::new(hello),
        },
        Some(Ok(hello)) => Reach::Unreachable(Unreachable::OtherPod { answers: hello.pod }),
        Some(Err(error @ ClientError::UnsupportedProtocol { .. })) => unreachable(&error),
        // Nobody could be asked on a machine that is this busy. The lease says that it is alive.
        None | Some(Err(ClientError::Silent { .. })) => Reach::Silent { endpoint },
        Some(Err(_)) if young => Reach::Starting,
        Some(Err(ClientError::NoSocket { .. })) => {
            Reach::Unreachable(trouble.unwrap_or(Unreachable::NoSocket))
        }
        Some(Err(ClientError::NobodyListens { .. })) => {
            Reach::Unreachable(Unreachable::NobodyListens)
        }
        Some(Err(error)) => unreachable(&error),
    };
    Live {
        reach,
        pid,
        since,
        session,
        segment,
    }
}

fn unreachable(error: &ClientError) -> Reach {
    let message = with_causes(error);
    Reach::Unreachable(Unreachable::Failed { message })
}

#[cfg(test)]
mod tests;
