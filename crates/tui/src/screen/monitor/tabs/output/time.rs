//! Times as an operator types them: `T+12:01` since the start, `12:01` and `14:02:03` of the day.

use jiff::{SignedDuration, civil, tz::TimeZone};
use pod_protocol::Timestamp;

/// The moment that `text` means in a run that began at `start` and was heard of last at `end`.
pub(super) fn parse(
    text: &str,
    start: Option<Timestamp>,
    end: Timestamp,
    zone: &TimeZone,
) -> Result<Timestamp, &'static str> {
    let text = text.trim();
    if let Some(since) = text.strip_prefix("T+").or_else(|| text.strip_prefix("t+")) {
        let start = start.ok_or("it is not known when the run began")?;
        let parts = numbers(since).ok_or("like T+12:01 or T+1:02:03")?;
        let seconds = parts.iter().fold(0_i64, |sum, part| sum * 60 + part);
        let seconds = match parts.len() {
            1 => seconds * 60,
            _ => seconds,
        };
        return Ok(Timestamp::from_millis(start.as_millis() + seconds * 1_000));
    }
    let parts = numbers(text).ok_or("like 14:02, 14:02:03 or T+12:01")?;
    let (hour, minute, second) = match parts[..] {
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return Err("like 14:02, 14:02:03 or T+12:01"),
    };
    let part = |number: i64| i8::try_from(number).ok();
    let clock = match (part(hour), part(minute), part(second)) {
        (Some(hour), Some(minute), Some(second)) => {
            civil::Time::new(hour, minute, second, 0).map_err(|_| "there is no such time of day")?
        }
        _ => return Err("there is no such time of day"),
    };
    let last = jiff::Timestamp::from_millisecond(end.as_millis())
        .map_err(|_| "it is not known when the run was")?;
    let date = last.to_zoned(zone.clone()).date();
    let at = |date: civil::Date| {
        let moment = date.to_datetime(clock).to_zoned(zone.clone());
        moment.map(|moment| moment.timestamp())
    };
    let mut moment = at(date).map_err(|_| "there is no such time of day")?;
    // The last time that it was so late, as long as the run went on.
    if moment > last {
        moment = moment
            .checked_sub(SignedDuration::from_hours(24))
            .map_err(|_| "there is no such time of day")?;
    }
    Ok(Timestamp::from_millis(moment.as_millisecond()))
}

/// One to three numbers between colons.
fn numbers(text: &str) -> Option<Vec<i64>> {
    let parts: Option<Vec<i64>> = text
        .split(':')
        .map(|part| {
            part.parse()
                .ok()
                .filter(|number| (0..1_000_000).contains(number))
        })
        .collect();
    parts.filter(|parts| (1..=3).contains(&parts.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_run() {
        let time = |text: &str| -> Timestamp { text.parse().expect("RFC 3339") };
        let (start, end) = (time("2026-11-19T22:00:00Z"), time("2026-11-20T14:30:00Z"));
        let check = |text: &str, expected: Result<&str, &str>| {
            let found = parse(text, Some(start), end, &TimeZone::UTC);
            assert_eq!(found, expected.map(time), "{text}");
        };
        check("T+12:01", Ok("2026-11-19T22:12:01Z"));
        check("t+1:02:03", Ok("2026-11-19T23:02:03Z"));
        check("T+90", Ok("2026-11-19T23:30:00Z"));
        check("14:02:03", Ok("2026-11-20T14:02:03Z"));
        check(" 14:30 ", Ok("2026-11-20T14:30:00Z"));
        check("23:00", Ok("2026-11-19T23:00:00Z"));
        check("25:00", Err("there is no such time of day"));
        check("noon", Err("like 14:02, 14:02:03 or T+12:01"));
        check("T+", Err("like T+12:01 or T+1:02:03"));
        let unknown = parse("T+1", None, end, &TimeZone::UTC);
        assert_eq!(unknown, Err("it is not known when the run began"));
    }
}
