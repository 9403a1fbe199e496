//! The one way in which we write times, `2026-11-20T10:00:00.123Z`, to and from milliseconds since
//! 1970. A list of 100,000 rows has some hundred thousand of them; every other form of RFC 3339 is
//! left to a calendar.

/// How long such a text is.
const BYTES: usize = 24;
/// Days from the first of March of year 0 to 1970-01-01.
const DAYS_TO_1970: i64 = 719_468;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// The text of `millis`, which must be in the years 1970 to 9999.
pub(crate) fn write(millis: i64) -> [u8; BYTES] {
    let (day, within) = (millis.div_euclid(DAY_MS), millis.rem_euclid(DAY_MS));
    let (year, month, date) = civil(day);
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let mut put = |at: usize, digits: usize, value: i64| {
        let mut value = value;
        for place in (at..at + digits).rev() {
            text[place] = b'0' + u8::try_from(value % 10).unwrap_or(0);
            value /= 10;
        }
    };
    put(0, 4, year);
    put(5, 2, month);
    put(8, 2, date);
    put(11, 2, within / 3_600_000);
    put(14, 2, within / 60_000 % 60);
    put(17, 2, within / 1_000 % 60);
    put(20, 3, within % 1_000);
    text
}

/// The milliseconds of `text`; `None` if it is not written like that or is no moment from 1970 on.
pub(crate) fn read(text: &str) -> Option<i64> {
    let text: &[u8; BYTES] = text.as_bytes().try_into().ok()?;
    let signs = [
        (4, b'-'),
        (7, b'-'),
        (10, b'T'),
        (13, b':'),
        (16, b':'),
        (19, b'.'),
        (23, b'Z'),
    ];
    if signs.iter().any(|(at, sign)| text[*at] != *sign) {
        return None;
    }
    let number = |at: usize, digits: usize| -> Option<i64> {
        text[at..at + digits].iter().try_fold(0, |number, byte| {
            let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
            Some(number * 10 + digit)
        })
    };
    let (year, month, date) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let (hour, minute) = (number(11, 2)?, number(14, 2)?);
    let (second, milli) = (number(17, 2)?, number(20, 3)?);
    // A leap second, among others, is for a calendar to judge.
    if year < 1970 || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let day = day_of(year, month, date);
    // A date that does not exist comes out as another one.
    if civil(day) != (year, month, date) {
        return None;
    }
    Some(day * DAY_MS + hour * 3_600_000 + minute * 60_000 + second * 1_000 + milli)
}

/// Year, month and date of a day since 1970. After Howard Hinnant, "chrono-compatible low-level date
/// algorithms": years begin in March, so that a leap day is the last one.
const fn civil(day: i64) -> (i64, i64, i64) {
    let days = day + DAYS_TO_1970;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let date = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, date)
}

/// The day since 1970 of a year, month and date.
const fn day_of(year: i64, month: i64, date: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * shifted + 2) / 5 + date - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    era * 146_097 + of_era - DAYS_TO_1970
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_calendar(millis: i64) -> String {
        let at = jiff::Timestamp::from_millisecond(millis).expect("in range");
        format!("{at:.3}")
    }

    proptest! {
        #[test]
        fn a_calendar_writes_and_reads_the_same(millis in 0..253_402_207_200_000_i64) {
            let text = write(millis);
            let text = std::str::from_utf8(&text).expect("ASCII");
            prop_assert_eq!(text, by_calendar(millis));
            prop_assert_eq!(read(text), Some(millis));
        }

        #[test]
        fn what_a_calendar_refuses_is_refused(
            year in 1970..2110_u32, month in 0..14_u32, date in 0..33_u32, hour in 0..26_u32,
        ) {
            let text = format!("{year:04}-{month:02}-{date:02}T{hour:02}:59:59.999Z");
            let calendar = text.parse::<jiff::Timestamp>().ok().map(|at| at.as_millisecond());
            prop_assert_eq!(read(&text), calendar);
        }
    }

    #[test]
    fn other_forms_are_left_to_a_calendar() {
        for text in [
            "",
            "2026-11-20T10:00:00Z",
            "2026-11-20T10:00:00.123+01:00",
            "2026-11-20 10:00:00.123Z",
            "2026-11-20T10:00:60.123Z",
            "2026-11-20T10:00:0x.123Z",
            "1969-11-20T10:00:00.123Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
