//! Fuzzy matching, behind two functions of our own.
//!
//! A crate of its own because the matcher is generic code for every lane width: compiled here once,
//! it costs nothing when a screen changes. It is much code all the same, and the library's ways to
//! match a whole list are as much again: they would make a list a tenth faster, and the build of this
//! crate more than twice as long.

use frizbee::{Config, Matcher};

/// A longer filter is cut: nobody types it, and the matcher's cost grows with it.
const QUERY_BYTES_MAX: usize = 128;

fn matcher(query: &str) -> Matcher {
    let query = &query[..query.floor_char_boundary(QUERY_BYTES_MAX)];
    Matcher::from_query(query, &Config::default().max_typos(Some(0)))
}

/// The scores of those `texts` that `query` matches, in the order of the texts. Words of the query
/// must all match, in any order.
#[must_use]
pub fn scores(query: &str, texts: &[&str]) -> Vec<Option<u16>> {
    let mut matcher = matcher(query);
    texts
        .iter()
        .map(|text| Some(matcher.match_one(*text, 0)?.score))
        .collect()
}

/// The byte positions of `text` that `query` matched, in ascending order; none where it does not
/// match.
#[must_use]
pub fn positions(query: &str, text: &str) -> Vec<usize> {
    let found = matcher(query).match_one_indices(text, 0);
    // They come in reverse.
    let mut positions: Vec<usize> = found
        .iter()
        .flat_map(|found| found.indices.iter().rev())
        .filter_map(|index| usize::try_from(*index).ok())
        .collect();
    positions.sort_unstable();
    positions.dedup();
    positions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_fuzzy_and_marked_in_order() {
        assert_eq!(positions("trn", "train"), [0, 1, 4]);
        assert_eq!(positions("", "train"), [0; 0]);
        assert_eq!(positions("xyz", "train"), [0; 0]);
    }

    #[test]
    fn all_words_must_match() {
        let found = scores("res tra", &["train-resnet", "train", "resnet"]);
        let matched: Vec<bool> = found.iter().map(Option::is_some).collect();
        assert_eq!(matched, [true, false, false]);
    }

    #[test]
    fn no_filter_is_too_long_or_too_odd() {
        for query in [
            "x".repeat(100_000),
            "ü".repeat(1_000),
            "!".into(),
            "^$ ' \\".into(),
        ] {
            assert_eq!(scores(&query, &["train", ""]).len(), 2);
            drop(positions(&query, "train"));
        }
    }
}
