//! Amounts of bytes as people read them.

/// Prints an amount short, in binary units: `850 B`, `3.2 GiB`, `64 MiB`.
#[must_use]
pub fn short_bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let power = (63 - bytes.leading_zeros()) / 10;
    let unit = UNITS[power as usize - 1];
    // Cut, not rounded, so that no amount is shown as the next unit's.
    let tenths = (u128::from(bytes) * 10) >> (10 * power);
    match (tenths / 10, tenths % 10) {
        (whole, 0) => format!("{whole} {unit}"),
        (whole @ 10.., _) => format!("{whole} {unit}"),
        (whole, tenth) => format!("{whole}.{tenth} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::short_bytes;

    #[test]
    fn amounts_print_short() {
        let check = |bytes, text: &str| assert_eq!(short_bytes(bytes), text);
        check(0, "0 B");
        check(1023, "1023 B");
        check(1024, "1 KiB");
        check(1536, "1.5 KiB");
        check(64 << 20, "64 MiB");
        check((64 << 20) - 1, "63 MiB");
        check((1 << 30) - 1, "1023 MiB");
        check(3_500_000_000, "3.2 GiB");
        check(u64::MAX, "15 EiB");
    }
}
