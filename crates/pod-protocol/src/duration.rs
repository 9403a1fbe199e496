//! Durations as people read them.

/// Prints milliseconds short: `850ms`, `3.5s`, `12m 04s`, `3h 07m`, `2d 04h`.
#[must_use]
pub fn short_duration(millis: u64) -> String {
    let seconds = millis / 1000;
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match millis {
        0..1_000 => format!("{millis}ms"),
        1_000..60_000 => format!("{seconds}.{}s", millis % 1000 / 100),
        60_000..3_600_000 => format!("{minutes}m {:02}s", seconds % 60),
        3_600_000..86_400_000 => format!("{hours}h {:02}m", minutes % 60),
        _ => format!("{}d {:02}h", hours / 24, hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::short_duration;

    #[test]
    fn durations_print_short() {
        let check = |millis, text: &str| assert_eq!(short_duration(millis), text);
        check(0, "0ms");
        check(850, "850ms");
        check(999, "999ms");
        check(3_500, "3.5s");
        check(59_999, "59.9s");
        check(724_000, "12m 04s");
        check(11_220_000, "3h 07m");
        check(187_200_000, "2d 04h");
    }
}
