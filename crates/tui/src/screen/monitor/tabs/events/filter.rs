//! Which records are shown.

use pod_protocol::Tone;

use super::Entry;

/// The longest filter that can be typed, in characters.
pub(crate) const FILTER_CHARS_MAX: usize = 200;

/// What feels how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tones {
    /// Everything.
    #[default]
    All,
    /// What went wrong.
    Bad,
    /// What went wrong or wants a look.
    Trouble,
    /// What went well.
    Good,
    /// What began or goes on.
    Active,
}

impl Tones {
    /// The next one of the cycle.
    pub(crate) const fn next(self) -> Self {
        match self {
            Self::All => Self::Bad,
            Self::Bad => Self::Trouble,
            Self::Trouble => Self::Good,
            Self::Good => Self::Active,
            Self::Active => Self::All,
        }
    }

    /// The word for it; none for everything.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Bad => "bad",
            Self::Trouble => "caution+bad",
            Self::Good => "good",
            Self::Active => "active",
        }
    }

    const fn has(self, tone: Tone) -> bool {
        match self {
            Self::All => true,
            Self::Bad => matches!(tone, Tone::Bad),
            Self::Trouble => matches!(tone, Tone::Bad | Tone::Caution),
            Self::Good => matches!(tone, Tone::Good),
            Self::Active => matches!(tone, Tone::Active),
        }
    }
}

/// Which records are shown: those that all of it holds for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// By how they feel.
    pub(crate) tones: Tones,
    /// Any of these kinds; `item` and `item.*` also mean every kind that begins with `item.`.
    kinds: Vec<String>,
    /// Texts that kind, summary or payload have; without regard to case if they have no capitals.
    words: Vec<String>,
    /// As it was typed.
    typed: String,
}

impl Filter {
    /// What was typed, and the tones as they were: `kind:` says a kind, all else is text. A stretch
    /// in quotation marks is one text with its blanks.
    pub(crate) fn typed(text: &str, tones: Tones) -> Self {
        let (mut kinds, mut words) = (Vec::new(), Vec::new());
        for word in split(text) {
            match word.strip_prefix("kind:") {
                Some("") => {}
                Some(kind) => kinds.push(kind.trim_end_matches(".*").to_owned()),
                None => words.push(word),
            }
        }
        Self {
            tones,
            kinds,
            words,
            typed: text.trim().to_owned(),
        }
    }

    /// The same with other tones.
    pub(crate) fn with_tones(&self, tones: Tones) -> Self {
        Self {
            tones,
            ..self.clone()
        }
    }

    /// What stands in the field.
    pub(crate) fn text(&self) -> &str {
        &self.typed
    }

    /// Whether everything is shown.
    pub(crate) fn is_empty(&self) -> bool {
        self.tones == Tones::All && self.kinds.is_empty() && self.words.is_empty()
    }

    /// Whether `entry` is shown.
    pub(crate) fn wants(&self, entry: &Entry) -> bool {
        self.tones.has(entry.tone)
            && (self.kinds.is_empty() || self.kinds.iter().any(|kind| is_kind(&entry.kind, kind)))
            && self.words.iter().all(|word| {
                has(&entry.kind, word) || has(&entry.summary, word) || has(entry.payload(), word)
            })
    }

    /// Whether a line may hold what is shown, told without reading it. Only the words can tell.
    pub(crate) fn may_want(&self, line: &[u8]) -> bool {
        self.words
            .iter()
            // A summary has units of its own: `12 MiB`.
            .filter(|word| is_exact(word) && !word.ends_with("iB"))
            .filter(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric()))
            .all(|word| memchr::memmem::find(line, word.as_bytes()).is_some())
    }

    /// In words.
    pub(crate) fn describe(&self) -> String {
        let parts = [self.tones.word(), &self.typed];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(" · ")
    }
}

fn is_kind(kind: &str, wanted: &str) -> bool {
    let rest = kind.strip_prefix(wanted);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn is_exact(word: &str) -> bool {
    word.chars().any(char::is_uppercase)
}

/// Smart case: capitals are meant.
pub(crate) fn has(text: &str, word: &str) -> bool {
    if is_exact(word) {
        return text.contains(word);
    }
    if word.is_ascii() {
        let (text, word) = (text.as_bytes(), word.as_bytes());
        return text
            .windows(word.len().max(1))
            .any(|window| window.eq_ignore_ascii_case(word));
    }
    text.to_lowercase().contains(word)
}

/// Words, and stretches in quotation marks, without them. A mark that is not closed goes to the end.
pub(crate) fn split(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use pod_protocol::Record;

    use super::{super::Origin, *};

    fn entry(draft: &str) -> Entry {
        let line = format!(
            r#"{{"seq":41,"at":"2026-11-20T10:00:00.123Z","t":9,"out":183422,{}"#,
            &draft[1..]
        );
        let record = Record::from_line(line.as_bytes()).expect(draft);
        Entry::of(&record, line.as_bytes(), Origin::default())
    }

    #[test]
    fn what_is_typed_is_what_is_found() {
        let failed = r#"{"kind":"item.finished","item":"t_Flash","outcome":"failed","detail":"CRC 0x1F","n":{"deep":"über"}}"#;
        for (typed, expected) in [
            ("", true),
            ("flash", true),
            ("Flash", true),
            ("FLASH", false),
            ("ÜBER", false),
            ("über", true),
            ("deep", true),
            ("finished", true),
            ("\"crc 0x1f\"", true),
            ("crc flash", true),
            ("crc nothing", false),
            ("2026", false),
            ("183422", false),
            ("kind:item", true),
            ("kind:item.*", true),
            ("kind:item.finished", true),
            ("kind:ite", false),
            ("kind:log kind:item", true),
            ("kind:log", false),
            ("kind:", true),
            ("kind:item crc", true),
        ] {
            let filter = Filter::typed(typed, Tones::All);
            assert_eq!(filter.wants(&entry(failed)), expected, "{typed}");
            let may = filter.may_want(entry(failed).line.as_bytes());
            assert!(may || !expected, "{typed} would have been passed over");
        }
    }

    #[test]
    fn tones_cycle_through_all() {
        let log = |level: &str| {
            entry(&format!(
                r#"{{"kind":"log","level":"{level}","message":"x"}}"#
            ))
        };
        let started = entry(r#"{"kind":"item.started","item":"a"}"#);
        let passed = entry(r#"{"kind":"item.finished","item":"a","outcome":"passed"}"#);
        let all = [
            &log("error"),
            &log("warning"),
            &log("info"),
            &started,
            &passed,
        ];
        let mut tones = Tones::All;
        let mut shown = Vec::new();
        loop {
            let filter = Filter::typed("", tones);
            let wanted = all.map(|entry| if filter.wants(entry) { '#' } else { '.' });
            shown.push((tones.word(), wanted.iter().collect::<String>()));
            tones = tones.next();
            if tones == Tones::All {
                break;
            }
        }
        let expected = [
            ("", "#####"),
            ("bad", "#...."),
            ("caution+bad", "##..."),
            ("good", "....#"),
            ("active", "...#."),
        ];
        assert_eq!(
            shown,
            expected.map(|(word, wanted)| (word, wanted.to_owned()))
        );
    }
}
