//! From what was asked for to what is going to run. Made under the lease: of two resumers only one
//! reads these files, and nobody writes them meanwhile.

use std::{collections::BTreeMap, env, path::Path};

use pod_protocol::{
    ExactString, FORMAT_VERSION, Offset, Outcome, RunState, SecretWords, Seq, SessionId,
};
use pod_store::{
    ChildIo, ItemResults, ItemsWanted, SegmentBase, SessionEnd, SessionFile, Store, StoreError,
    StoredRun, Terms, Unrestorable, Variable,
};

use crate::{
    claim::Claim,
    environment,
    request::{LaunchFailure, LaunchRequest, NewRun, Origin, chain},
    restrictions::Restrictions,
    warden::CommandPlan,
};

/// What is going to run.
pub(crate) struct Plan {
    /// Program and arguments; never empty.
    pub(crate) command: Vec<ExactString>,
    pub(crate) cwd: ExactString,
    pub(crate) terms: Terms,
    /// Which variables and arguments are kept out of records.
    pub(crate) secrets: SecretWords,
    /// What is written down of the environment.
    pub(crate) env: Vec<Variable>,
    /// The environment of the command; `None` is the launcher's own.
    pub(crate) restored: Option<Vec<(ExactString, ExactString)>>,
    /// What the command is restricted to, and what is written down of it.
    pub(crate) restrictions: Restrictions,
    pub(crate) lineage: Lineage,
    /// The operator's own labels.
    pub(crate) labels: BTreeMap<String, String>,
}

/// What the run has to do with runs before it.
pub(crate) enum Lineage {
    /// Nothing.
    New,
    /// It goes on with one.
    Resume(Box<Resumed>),
    /// It repeats one.
    Rerun {
        /// Which.
        of: SessionId,
        /// The results of its items, where only some are to be repeated.
        failed_only: Option<ItemResults>,
    },
}

/// The session that is taken up again.
pub(crate) struct Resumed {
    /// Where it ends.
    pub(crate) end: SessionEnd,
    /// The run up to there.
    pub(crate) run: StoredRun,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// Whether nobody asked for it.
    pub(crate) recovered: bool,
    /// The results of its items.
    pub(crate) items: ItemResults,
}

impl Lineage {
    /// The fold of everything before.
    pub(crate) fn state(&self) -> RunState {
        match self {
            Self::Resume(resumed) => resumed.run.state.clone(),
            Self::New | Self::Rerun { .. } => RunState::default(),
        }
    }

    /// The place of the segment among those of its session, from 1.
    pub(crate) fn ordinal(&self) -> u32 {
        match self {
            Self::Resume(resumed) => resumed.end.ordinal,
            Self::New | Self::Rerun { .. } => 1,
        }
    }

    /// Where the segment goes on.
    pub(crate) fn base(&self) -> SegmentBase {
        match self {
            Self::Resume(resumed) => resumed.end.base,
            Self::New | Self::Rerun { .. } => SegmentBase {
                first_seq: Seq::FIRST,
                out_base: Offset(0),
            },
        }
    }
}

/// What the command's streams are: asked before there is a lease, because the command's ends have
/// to be there when the warden is forked. [`Plan::make`] reads it again.
pub(crate) fn child_io(request: &LaunchRequest) -> Result<ChildIo, LaunchFailure> {
    match &request.origin {
        Origin::New(new) => Ok(new.terms.io),
        Origin::Resume { session, .. } | Origin::Rerun { of: session, .. } => {
            Ok(recorded(&Store::new(&request.state_root), *session)?
                .terms
                .io)
        }
    }
}

impl Plan {
    /// What `request` comes to under the lease of `claim`. `own` are the launcher's restrictions.
    pub(crate) fn make(
        request: &LaunchRequest,
        claim: &Claim,
        own: Restrictions,
    ) -> Result<Self, LaunchFailure> {
        let store = claim.store.store();
        match &request.origin {
            Origin::New(new) => Ok(Self::of_new(new.clone(), request.secrets.clone(), own)),
            Origin::Resume {
                session, recovery, ..
            } => {
                let resumed = resume(store, claim, *session, *recovery)?;
                let lineage = Lineage::Resume(Box::new(resumed));
                Self::of_recorded(recorded(store, *session)?, &request.secrets, &own, lineage)
            }
            Origin::Rerun {
                of, failed_only, ..
            } => {
                let mut file = recorded(store, *of)?;
                let mut results = None;
                if *failed_only {
                    let items = store.item_results(*of)?;
                    file.terms.planned = Some(to_repeat(&file, &items)?);
                    results = Some(items);
                }
                let lineage = Lineage::Rerun {
                    of: *of,
                    failed_only: results,
                };
                Self::of_recorded(file, &request.secrets, &own, lineage)
            }
        }
    }

    /// What the warden is told, with `variables` added to the environment.
    pub(crate) fn into_command(self, variables: Vec<(String, ExactString)>) -> CommandPlan {
        // A launcher's own restrictions are the warden's already.
        let restrictions = self.restored.is_some().then_some(self.restrictions);
        CommandPlan {
            command: self.command,
            cwd: self.cwd,
            environment: self.restored,
            variables,
            restrictions,
        }
    }

    fn of_new(new: NewRun, secrets: SecretWords, own: Restrictions) -> Self {
        Self {
            command: new.command,
            cwd: new.cwd,
            terms: new.terms,
            labels: new.labels,
            env: environment::snapshot(&secrets),
            secrets,
            restored: None,
            restrictions: own,
            lineage: Lineage::New,
        }
    }

    /// The same command under the same conditions, or a refusal that names what cannot be had.
    fn of_recorded(
        file: SessionFile,
        secrets: &SecretWords,
        own: &Restrictions,
        lineage: Lineage,
    ) -> Result<Self, LaunchFailure> {
        let restrictions = Restrictions {
            umask: file.umask,
            limits: file.limits,
        };
        let mut out_of_reach = restrictions.out_of_reach(own);
        // Terms of a newer version: without them the run would be allowed more than before.
        out_of_reach.extend(file.unknown.keys().map(|name| format!("{name:?}")));
        if !out_of_reach.is_empty() {
            return Err(LaunchFailure::OutOfReach { what: out_of_reach });
        }
        let restored = environment::restored(&file.env, |name| env::var_os(name))
            .map_err(|names| LaunchFailure::Unrecorded { names })?;
        Ok(Self {
            command: file.command,
            cwd: file.cwd,
            terms: file.terms,
            labels: file.labels,
            env: environment::redacted(file.env, secrets),
            secrets: secrets.clone(),
            restored: Some(restored),
            restrictions: restrictions.within(own),
            lineage,
        })
    }
}

/// How a session was launched, as far as this version can launch it again.
fn recorded(store: &Store, session: SessionId) -> Result<SessionFile, LaunchFailure> {
    let file = match store.session_file(session) {
        Ok(file) => file,
        Err(StoreError::NoSession { .. }) => {
            return Err(LaunchFailure::NotRestorable {
                reason: Unrestorable::NoActiveSession.to_string(),
            });
        }
        Err(error) => {
            return Err(LaunchFailure::NotRestorable {
                reason: chain(&error),
            });
        }
    };
    if file.version > FORMAT_VERSION {
        return Err(StoreError::NewerFormat {
            path: store.layout().session_file(session),
            version: u64::from(file.version),
        }
        .into());
    }
    Ok(file)
}

/// Whether `session` can be taken up again, decided by the same rule that the list shows.
fn resume(
    store: &Store,
    claim: &Claim,
    session: SessionId,
    recovered: bool,
) -> Result<Resumed, LaunchFailure> {
    let refuse = |reason: String| LaunchFailure::NotRestorable { reason };
    let metadata = store
        .metadata(&claim.name)
        .map_err(|_| refuse(Unrestorable::MetadataCorrupt.to_string()))?;
    let file = recorded(store, session)?;
    if file.pod != claim.name {
        return Err(refuse(format!("the session is of the pod {}", file.pod)));
    }
    let run = store
        .restorable(session, metadata.as_ref())
        .map_err(|reason| refuse(reason.to_string()))?;
    let mut end = store.session_end(session)?;
    // Output that was lost at the very end has its offsets and is in no file.
    let lost = run.state.gaps.iter().next_back().map(|gap| gap.end);
    let told = run.state.out.max(lost.unwrap_or_default());
    end.base.out_base = end.base.out_base.max(told);
    let outcome = run
        .state
        .outcome(pod_protocol::Liveness::Free)
        .ok_or_else(|| refuse(Unrestorable::NoActiveSegment.to_string()))?;
    if recovered && outcome != Outcome::Interrupted {
        return Err(refuse(format!("{outcome}: only interrupted runs recover")));
    }
    claim
        .store
        .settle_segment(session, end.last.segment, &run)?;
    let items = store.item_results(session)?;
    Ok(Resumed {
        end,
        run,
        outcome,
        recovered,
        items,
    })
}

/// How many items a rerun of what failed repeats: failed and errored ones, and those without a
/// result, of which only the ones that began have names.
fn to_repeat(file: &SessionFile, items: &ItemResults) -> Result<u64, LaunchFailure> {
    let planned = file.terms.planned.unwrap_or(0);
    let missing = planned.saturating_sub(items.finished());
    let failed = items.count(ItemsWanted::Failed) - items.unfinished();
    match failed + missing.max(items.unfinished()) {
        0 => Err(LaunchFailure::NothingToRepeat {
            done: items.finished(),
        }),
        count => Ok(count),
    }
}

/// A directory that a command can start in.
pub(crate) fn check_directory(cwd: &ExactString) -> Result<(), LaunchFailure> {
    let failure = |reason: String| LaunchFailure::NoDirectory {
        path: cwd.to_text(),
        reason,
    };
    match std::fs::metadata(Path::new(cwd.as_os_str())) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(failure("it is not a directory".to_owned())),
        Err(error) => Err(failure(error.to_string())),
    }
}
