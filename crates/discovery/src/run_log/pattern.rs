//! What is searched for, and the lines of a text that have it.

use std::ops::Range;

use memchr::{memchr, memrchr};
use regex::bytes::{Regex, RegexBuilder};
use thiserror::Error;

use super::shown::Shown;

/// The most memory that a compiled pattern may take, in bytes: some ten times what a long pattern
/// of a person takes.
const COMPILED_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A regular expression over lines as they are shown. Case counts only if the pattern has an
/// upper-case letter.
#[derive(Clone, Debug)]
pub struct OutputPattern {
    regex: Regex,
    /// Whether many lines may be searched at once: what matches in a line alone matches there too.
    spans_lines: bool,
}

/// Why a pattern cannot be searched for.
#[derive(Debug, Error)]
pub enum PatternError {
    /// It is not a regular expression.
    #[error("not a regular expression")]
    Invalid(#[source] regex::Error),
    /// It would take too much memory.
    #[error("the pattern is too large")]
    TooLarge,
}

impl PatternError {
    /// What is wrong, in one line.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Invalid(source) => {
                let text = source.to_string();
                let last = text.lines().last().unwrap_or_default();
                last.strip_prefix("error: ").unwrap_or(last).to_owned()
            }
            Self::TooLarge => self.to_string(),
        }
    }
}

/// A line of a text that matches, by positions in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FoundLine {
    /// The line, without its newline.
    pub(super) line: Range<usize>,
    /// The first match in it.
    pub(super) matched: Range<usize>,
}

impl OutputPattern {
    /// The pattern that `text` stands for.
    ///
    /// # Errors
    /// When it is not a regular expression, or one that takes too much memory.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let regex = RegexBuilder::new(text)
            .case_insensitive(!has_upper_case(text))
            .multi_line(true)
            .crlf(true)
            .size_limit(COMPILED_BYTES_MAX)
            .build()
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => PatternError::TooLarge,
                other => PatternError::Invalid(other),
            })?;
        Ok(Self {
            regex,
            spans_lines: knows_lines(text),
        })
    }

    /// The pattern that matches any of these texts exactly.
    pub(super) fn any_of(texts: &[Vec<u8>]) -> Result<Self, PatternError> {
        let escaped: Vec<String> = texts
            .iter()
            .map(|text| regex::escape(&String::from_utf8_lossy(text)))
            .collect();
        let regex = RegexBuilder::new(&escaped.join("|"))
            .size_limit(COMPILED_BYTES_MAX)
            .build();
        Ok(Self {
            regex: regex.map_err(|_| PatternError::TooLarge)?,
            spans_lines: true,
        })
    }

    /// Every match in one line, to be shown in it.
    pub fn matches_in<'a>(&'a self, line: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        self.regex
            .find_iter(line.as_bytes())
            .map(|found| found.range())
    }

    /// Whether it is in the line.
    #[cfg(test)]
    pub(super) fn is_in(&self, line: &[u8]) -> bool {
        self.regex.is_match(line)
    }

    /// Whether it is in what is shown of a line of raw output.
    #[must_use]
    pub fn is_shown_in(&self, raw: &[u8]) -> bool {
        let mut shown = Shown::default();
        shown.take(raw);
        self.find_line(&shown.text, 0).is_some()
    }

    /// The first line of `text` from `from` on, which is the start of a line, that matches.
    pub(super) fn find_line(&self, text: &[u8], from: usize) -> Option<FoundLine> {
        let mut at = from;
        while at < text.len() {
            let candidate = match self.spans_lines {
                true => self.regex.find_at(text, at)?.range(),
                false => at..usize::MAX,
            };
            if candidate.start == text.len() && text.ends_with(b"\n") {
                return None;
            }
            let start = memrchr(b'\n', &text[at..candidate.start]).map_or(at, |n| at + n + 1);
            let rest = &text[candidate.start..];
            let end = memchr(b'\n', rest).map_or(text.len(), |n| candidate.start + n);
            let content = match text[start..end].strip_suffix(b"\r") {
                Some(content) => start..start + content.len(),
                None => start..end,
            };
            // What reaches into the next line may be shorter in this one, or not there at all.
            let matched = match candidate.end <= content.end {
                true => Some(candidate),
                false => self.find_in(text, &content),
            };
            if let Some(matched) = matched {
                return Some(FoundLine {
                    line: start..end,
                    matched,
                });
            }
            at = end + 1;
        }
        None
    }

    fn find_in(&self, text: &[u8], line: &Range<usize>) -> Option<Range<usize>> {
        let found = self.regex.find(&text[line.clone()])?;
        Some(line.start + found.start()..line.start + found.end())
    }
}

/// Whether a pattern asks for upper case. What follows a backslash is a class, not a letter.
fn has_upper_case(pattern: &str) -> bool {
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            let class = chars.next();
            if matches!(class, Some('p' | 'P')) && chars.as_str().starts_with('{') {
                chars.find(|c| *c == '}');
            }
        } else if c.is_uppercase() {
            return true;
        }
    }
    false
}

/// Whether the beginning and end of a line are, in the pattern, those of a text of many lines. Says
/// no where it is not plain that they are.
fn knows_lines(pattern: &str) -> bool {
    let mut groups = pattern.split("(?").skip(1);
    let plain = |group: &str| {
        group.starts_with([':', '<']) || group.starts_with("P<") || group.starts_with("i)")
    };
    !pattern.contains(r"\A") && !pattern.contains(r"\z") && groups.all(plain)
}
