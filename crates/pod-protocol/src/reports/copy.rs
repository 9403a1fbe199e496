//! JSON from text to text: as if it had been read into a map and written again, without the map.
//!
//! One pass checks a line, copies what stands in it as it would be written anyway, and notes where
//! its fields are. Space is left out; numbers and texts that may be written in another way go through
//! `serde_json`, each for itself.
//!
//! Whatever is out of the ordinary is left to a map, whose word counts: what is no JSON, a name with
//! an escape, and a name that comes twice in one object (a map keeps the last value in the first
//! place).

mod literal;

use std::ops::Range;

use self::literal::{is_as_written, number_bytes, plain_bytes};
use super::fields::{Field, Shape};
use crate::Kind;

/// Objects with more fields are left to a map: each name is compared with all before it.
const NAMES_MAX: usize = 32;
/// Deeper values are left to a map, which has a limit of its own.
const DEPTH_MAX: usize = 32;

/// The names of the objects at hand, as they stand in the line, the innermost last.
pub(super) type Names = Vec<Range<usize>>;

/// Where a report is copied to.
pub(super) struct Target<'a> {
    /// Gets its kind.
    pub(super) kinds: &'a mut String,
    /// Gets the rest of it, as an object.
    pub(super) payloads: &'a mut String,
    /// Gets the fields of that object, which starts at `start` of `payloads`.
    pub(super) fields: &'a mut Vec<Field>,
    /// Room to work in.
    pub(super) names: &'a mut Names,
}

/// Copies a report. `None` when that is left to a map; then something may have been added.
pub(super) fn copy_fields(line: &[u8], target: Target<'_>) -> Option<()> {
    let Target {
        kinds,
        payloads,
        fields,
        names,
    } = target;
    // Once for the line is less than once for each text in it.
    let line = std::str::from_utf8(line).ok()?;
    names.clear();
    let start = payloads.len();
    payloads.push('{');
    let mut copy = Copy {
        line,
        at: 0,
        taken: 0,
        to: payloads,
        names,
    };
    let has_kind = copy.report(start, kinds, fields)?;
    copy.pass_space();
    if copy.at < line.len() || !has_kind {
        return None;
    }
    payloads.push('}');
    Some(())
}

/// On its way through a line.
struct Copy<'a> {
    line: &'a str,
    at: usize,
    /// Up to here the line is copied, or left out on purpose.
    taken: usize,
    to: &'a mut String,
    names: &'a mut Names,
}

impl Copy<'_> {
    fn next(&self) -> Option<u8> {
        self.line.as_bytes().get(self.at).copied()
    }

    /// Goes past `byte`, which must come next.
    fn pass(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then(|| self.at += 1)
    }

    /// Copies everything up to here.
    fn catch_up(&mut self) {
        self.to.push_str(&self.line[self.taken..self.at]);
        self.taken = self.at;
    }

    /// Goes past space, which says nothing of whether it is copied.
    fn pass_space(&mut self) {
        while matches!(self.next(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Leaves space out of the copy.
    fn skip_space(&mut self) {
        let from = self.at;
        self.pass_space();
        if self.at > from {
            self.replace(from, "");
        }
    }

    /// Where the next byte gets to in the copy.
    const fn place(&self) -> usize {
        self.to.len() + self.at - self.taken
    }

    /// The whole report but for its braces. Returns whether it has a kind.
    fn report(
        &mut self,
        start: usize,
        kinds: &mut String,
        fields: &mut Vec<Field>,
    ) -> Option<bool> {
        let mut has_kind = false;
        let mut separator = "";
        self.pass_space();
        self.pass(b'{')?;
        self.pass_space();
        while self.next()? != b'}' {
            let from = self.at;
            let name = self.text_as_written()?;
            match &self.line.as_bytes()[name.clone()] {
                b"kind" if has_kind => return None,
                b"kind" => {
                    self.pass_space();
                    self.pass(b':')?;
                    self.pass_space();
                    let kind = self.text_as_written()?;
                    let kind = &self.line[kind];
                    if !Kind::is_valid(kind) {
                        return None;
                    }
                    kinds.push_str(kind);
                    has_kind = true;
                }
                b"seq" | b"at" | b"t" | b"out" => return None,
                _ => {
                    self.to.push_str(separator);
                    separator = ",";
                    self.taken = from;
                    fields.push(self.field(start, name)?);
                }
            }
            self.pass_space();
            if self.next()? == b'}' {
                break;
            }
            self.pass(b',')?;
            self.pass_space();
            if self.next()? == b'}' {
                return None;
            }
        }
        self.at += 1;
        Some(has_kind)
    }

    /// The rest of a field of the report, behind its `name`; all of it is copied.
    fn field(&mut self, start: usize, name: Range<usize>) -> Option<Field> {
        let name_end = self.place() - 1;
        let name_start = name_end - name.len();
        self.add_name(name, 0)?;
        self.colon()?;
        let value_start = self.place();
        let shape = self.value(0)?;
        self.catch_up();
        let value_end = self.to.len();
        Field::new(start, name_start..name_end, value_start..value_end, shape)
    }

    fn colon(&mut self) -> Option<()> {
        self.skip_space();
        self.pass(b':')?;
        self.skip_space();
        Some(())
    }

    /// A name of the object whose names begin at `outer`, which must be the first of its kind.
    fn add_name(&mut self, name: Range<usize>, outer: usize) -> Option<()> {
        let before = &self.names[outer..];
        let line = self.line.as_bytes();
        let text = &line[name.clone()];
        let is_text =
            |known: &Range<usize>| known.len() == text.len() && line[known.clone()] == *text;
        let is_known = before.iter().any(is_text);
        (before.len() < NAMES_MAX && !is_known).then(|| self.names.push(name))
    }

    /// Goes past a text without escapes. Returns where it stands between its quotes.
    fn text_as_written(&mut self) -> Option<Range<usize>> {
        self.pass(b'"')?;
        let start = self.at;
        self.at += plain_bytes(&self.line.as_bytes()[start..]);
        let end = self.at;
        self.pass(b'"')?;
        Some(start..end)
    }

    fn value(&mut self, depth: usize) -> Option<Shape> {
        match self.next()? {
            b'"' => self.text(),
            b'-' | b'0'..=b'9' => self.number(),
            b'{' if depth < DEPTH_MAX => self.object(depth),
            b'[' if depth < DEPTH_MAX => self.array(depth),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => None,
        }
    }

    fn word(&mut self, word: &str) -> Option<Shape> {
        let rest = &self.line.as_bytes()[self.at..];
        self.at += word.len();
        rest.starts_with(word.as_bytes()).then_some(Shape::Word)
    }

    fn text(&mut self) -> Option<Shape> {
        let from = self.at;
        if self.text_as_written().is_some() {
            return Some(Shape::Plain);
        }
        while self.next()? != b'"' {
            self.pass(b'\\')?;
            // The character may be any; a wrong one is found below.
            self.at += 1;
            self.at += plain_bytes(self.line.as_bytes().get(self.at..)?);
        }
        self.at += 1;
        // Others choose which escapes they use.
        let text: String = serde_json::from_str(self.line.get(from..self.at)?).ok()?;
        self.replace(from, &serde_json::to_string(&text).ok()?);
        Some(Shape::Other)
    }

    fn number(&mut self) -> Option<Shape> {
        let from = self.at;
        self.at += number_bytes(&self.line.as_bytes()[from..]);
        let text = &self.line[from..self.at];
        if !is_as_written(text.as_bytes()) {
            let number: serde_json::Number = serde_json::from_str(text).ok()?;
            self.replace(from, &number.to_string());
        }
        Some(Shape::Number)
    }

    /// Writes `text` for what stands in the line from `from` to here.
    fn replace(&mut self, from: usize, text: &str) {
        self.to.push_str(&self.line[self.taken..from]);
        self.to.push_str(text);
        self.taken = self.at;
    }

    fn array(&mut self, depth: usize) -> Option<Shape> {
        self.at += 1;
        self.skip_space();
        if self.next()? == b']' {
            self.at += 1;
            return Some(Shape::Other);
        }
        loop {
            self.value(depth + 1)?;
            if self.ends(b']')? {
                return Some(Shape::Other);
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Shape> {
        let outer = self.names.len();
        self.at += 1;
        self.skip_space();
        if self.next()? == b'}' {
            self.at += 1;
            return Some(Shape::Other);
        }
        loop {
            let name = self.text_as_written()?;
            self.add_name(name, outer)?;
            self.colon()?;
            self.value(depth + 1)?;
            if self.ends(b'}')? {
                self.names.truncate(outer);
                return Some(Shape::Other);
            }
        }
    }

    /// Behind a value: whether `end` comes, or else a comma and the next value.
    fn ends(&mut self, end: u8) -> Option<bool> {
        self.skip_space();
        let next = self.next()?;
        self.at += 1;
        match next {
            b',' => {
                self.skip_space();
                Some(false)
            }
            next => (next == end).then_some(true),
        }
    }
}
