//! Running times as a screen shows them: whole seconds, then minutes, then hours, so that a clock
//! changes no more often than it is read.

const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// `42s`, `12m 04s`, `3h 07m`, `2d 04h`.
pub(crate) fn text(millis: u64) -> String {
    match millis {
        0..MINUTE_MS => format!("{}s", millis / SECOND_MS),
        MINUTE_MS..HOUR_MS => {
            format!(
                "{}m {:02}s",
                millis / MINUTE_MS,
                millis % MINUTE_MS / SECOND_MS
            )
        }
        HOUR_MS..DAY_MS => format!("{}h {:02}m", millis / HOUR_MS, millis % HOUR_MS / MINUTE_MS),
        _ => format!("{}d {:02}h", millis / DAY_MS, millis % DAY_MS / HOUR_MS),
    }
}

/// `42s`, `12m`, `3h`, `2d`: for narrow columns.
pub(crate) fn short(millis: u64) -> String {
    match millis {
        0..MINUTE_MS => format!("{}s", millis / SECOND_MS),
        MINUTE_MS..HOUR_MS => format!("{}m", millis / MINUTE_MS),
        HOUR_MS..DAY_MS => format!("{}h", millis / HOUR_MS),
        _ => format!("{}d", millis / DAY_MS),
    }
}

/// In how many milliseconds [`text`] changes.
pub(crate) const fn next_change_ms(millis: u64) -> u64 {
    let unit = match millis {
        0..HOUR_MS => SECOND_MS,
        HOUR_MS..DAY_MS => MINUTE_MS,
        _ => HOUR_MS,
    };
    unit - millis % unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_coarse_as_they_are_long() {
        for (millis, expected, narrow) in [
            (0, "0s", "0s"),
            (59_999, "59s", "59s"),
            (724_000, "12m 04s", "12m"),
            (11_220_000, "3h 07m", "3h"),
            (187_200_000, "2d 04h", "2d"),
        ] {
            assert_eq!(
                (text(millis).as_str(), short(millis).as_str()),
                (expected, narrow)
            );
        }
    }

    #[test]
    fn the_next_change_is_the_first_moment_with_another_text() {
        for millis in [
            0, 1, 999, 1_000, 3_599_500, 3_600_001, 90_000_000, 86_399_999,
        ] {
            let next = next_change_ms(millis);
            assert_eq!(text(millis + next - 1), text(millis), "{millis}");
            assert_ne!(text(millis + next), text(millis), "{millis}");
        }
    }
}
