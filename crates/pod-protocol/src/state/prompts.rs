//! Questions that wait for an answer.

use serde::{Deserialize, Serialize};

use super::clip;
use crate::{PromptAsked, PromptId, PromptKind, Timestamp};

/// The most open prompts that are listed; more are only counted.
const PROMPTS_MAX: usize = 64;

/// A question that nobody has answered yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingPrompt {
    /// Its id.
    pub prompt: PromptId,
    /// What answer it takes.
    pub kind: PromptKind,
    /// One line.
    pub title: String,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When it stops waiting.
    pub deadline: Option<Timestamp>,
}

/// All open prompts of a run, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompts {
    /// At most 64 of them.
    pub open: Vec<PendingPrompt>,
    /// How many more there are.
    pub more: u64,
}

impl Prompts {
    /// How many wait.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.open.len() as u64 + self.more
    }

    pub(super) fn ask(&mut self, asked: &PromptAsked, at: Timestamp) {
        if self.open.len() == PROMPTS_MAX {
            self.more += 1;
            return;
        }
        self.open.push(PendingPrompt {
            prompt: asked.prompt,
            kind: asked.prompt_kind,
            title: clip(&asked.title),
            asked_at: at,
            deadline: asked.deadline,
        });
    }

    pub(super) fn settle(&mut self, prompt: PromptId) {
        let before = self.open.len();
        self.open.retain(|open| open.prompt != prompt);
        if self.open.len() == before {
            self.more = self.more.saturating_sub(1);
        }
    }
}
