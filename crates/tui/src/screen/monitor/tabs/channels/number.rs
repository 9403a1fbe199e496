//! Numbers as the Channels tab writes them.

/// In four significant digits, as short as that goes: integers have no decimals, and what is very
/// large or very small has an exponent.
pub(crate) fn significant(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string().to_lowercase();
    }
    let magnitude = value.abs();
    if value.fract() == 0.0 && magnitude < 1e4 {
        // Also takes the sign from a negative zero.
        return format!("{}", value + 0.0);
    }
    // Rounded first: 9999.7 has five digits before the point.
    let scientific = format!("{value:.3e}");
    let exponent = scientific.split_once('e').map(|(_, exponent)| exponent);
    let exponent: i32 = exponent.and_then(|text| text.parse().ok()).unwrap_or(0);
    match exponent {
        -4..=3 => {
            let decimals = usize::try_from(3 - exponent).unwrap_or(0);
            format!("{value:.decimals$}")
        }
        _ => scientific,
    }
}

/// As many digits as most instruments have, or fewer: what a readout shows beside the value itself.
pub(crate) fn precise(value: f64) -> String {
    const DIGITS: usize = 9;
    let text = exact(value);
    match text.len() <= DIGITS + 2 {
        true => text,
        // Rounded, then without zeros that say nothing.
        false => exact(format!("{value:.6e}").parse().unwrap_or(value)),
    }
}

/// All digits that there are.
pub(crate) fn exact(value: f64) -> String {
    let magnitude = value.abs();
    if value.is_finite() && value != 0.0 && !(1e-4..1e15).contains(&magnitude) {
        return format!("{value:e}");
    }
    format!("{}", value + 0.0).to_lowercase()
}

/// A value with its unit.
pub(crate) fn with_unit(number: &str, unit: Option<&str>) -> String {
    match unit {
        Some("%") => format!("{number}%"),
        Some(unit) if !unit.is_empty() => format!("{number} {unit}"),
        _ => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_digits_are_significant() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (27.0, "27"),
            (-27.0, "-27"),
            (9_999.0, "9999"),
            (10_000.0, "1.000e4"),
            (65_536.0, "6.554e4"),
            (0.5, "0.5000"),
            (2.31, "2.310"),
            (9.999_6, "10.00"),
            (9_999.7, "1.000e4"),
            (1_234.56, "1235"),
            (-123.456, "-123.5"),
            (0.031_25, "0.03125"),
            (0.000_3, "0.0003000"),
            (0.000_099_999, "0.0001000"),
            (0.000_01, "1.000e-5"),
            (2e-9, "2.000e-9"),
            (1e300, "1.000e300"),
            (f64::NAN, "nan"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(significant(value), expected, "{value:?}");
        }
    }

    #[test]
    fn a_readout_has_all_digits() {
        for (value, expected) in [
            (98_765.25, "98765.25"),
            (-0.0, "0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e-9, "1e-9"),
            (1.5e20, "1.5e20"),
        ] {
            assert_eq!(exact(value), expected);
        }
    }

    #[test]
    fn a_readout_is_no_longer_than_it_needs_to_be() {
        for (value, expected) in [
            (98_765.25, "98765.25"),
            (0.125_204_548_905_246_13, "0.1252045"),
            (1.0 / 3e9, "3.333333e-10"),
        ] {
            assert_eq!(precise(value), expected);
        }
    }

    #[test]
    fn a_unit_stands_behind_its_number() {
        assert_eq!(with_unit("3", Some("nat")), "3 nat");
        assert_eq!(with_unit("3", Some("%")), "3%");
        assert_eq!(with_unit("3", None), "3");
    }
}
