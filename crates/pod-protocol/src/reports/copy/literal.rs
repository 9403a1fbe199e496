//! What of JSON is written in one way only, so that it can be copied.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Every number of so many digits is one of 64 bits.
const INTEGER_DIGITS_MAX: usize = 18;
/// Decimals of so many digits are told apart by floating-point numbers, so that the shortest text
/// which stands for such a number is the one that it was read from.
const DECIMAL_DIGITS_MAX: usize = 15;
/// Behind more zeros after the point, a number is written with an exponent.
const ZEROS_MAX: usize = 4;

/// How many bytes at the beginning of a text neither end it nor need an escape. Bytes of longer
/// characters are among them.
pub(super) fn plain_bytes(text: &[u8]) -> usize {
    let mut words = text.chunks_exact(8);
    let mut at = 0;
    for word in &mut words {
        let word = u64::from_le_bytes(word.try_into().expect("eight bytes"));
        let (quote, escape) = (word ^ (ONES * 0x22), word ^ (ONES * 0x5c));
        // The high bit of every byte that is below 0x20, a quote or a backslash. A borrow makes only
        // bits behind the first of them wrong.
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let quote = quote.wrapping_sub(ONES) & !quote;
        let escape = escape.wrapping_sub(ONES) & !escape;
        let found = (control | quote | escape) & HIGHS;
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let special = |byte: &u8| *byte < 0x20 || matches!(byte, b'"' | b'\\');
    let rest = words.remainder();
    at + rest.iter().position(special).unwrap_or(rest.len())
}

/// How many bytes at the beginning of `text` can be of a number.
pub(super) fn number_bytes(text: &[u8]) -> usize {
    let of_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    text.iter()
        .position(|byte| !of_number(byte))
        .unwrap_or(text.len())
}

/// Whether `number` is a number of JSON and would be written again as it is. `false` is said of some
/// that would.
pub(super) fn is_as_written(number: &[u8]) -> bool {
    let (is_negative, number) = match number {
        [b'-', number @ ..] => (true, number),
        number => (false, number),
    };
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let before = digits(number);
    let (integer, rest) = number.split_at(before);
    if integer.is_empty() || (integer[0] == b'0' && before > 1) {
        return false;
    }
    let [b'.', decimals @ ..] = rest else {
        // The zero below zero becomes one with a point.
        let is_zero = integer == b"0";
        return rest.is_empty() && before <= INTEGER_DIGITS_MAX && !(is_negative && is_zero);
    };
    let after = digits(decimals);
    if after != decimals.len() || before + after > DECIMAL_DIGITS_MAX {
        return false;
    }
    let zeros = decimals.iter().take_while(|byte| **byte == b'0').count();
    match decimals {
        b"0" => true,
        [.., b'0'] | [] => false,
        _ => integer != b"0" || zeros <= ZEROS_MAX,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_plain_up_to_its_end_or_an_escape() {
        for special in ["\"", "\\", "\n", "\u{1f}", "\0"] {
            for before in 0..20 {
                let plain = "x\u{7f}é ~!#[]ÿ\u{80}€".repeat(3);
                let plain = &plain[..plain.floor_char_boundary(before)];
                let text = format!("{plain}{special}\"\u{1}xxxxxxxxx");
                assert_eq!(plain_bytes(text.as_bytes()), plain.len(), "{text:?}");
                assert_eq!(plain_bytes(plain.as_bytes()), plain.len(), "{plain:?}");
            }
        }
    }

    /// What is said to be written again as it is, is.
    fn check(number: &str) {
        if is_as_written(number.as_bytes()) {
            let read: serde_json::Value = serde_json::from_str(number).expect(number);
            assert_eq!(read.to_string(), number);
        }
    }

    #[test]
    fn most_numbers_are_written_as_they_were() {
        for number in ["0", "7", "-1", "999999999999999999", "0.25", "-12.5", "1.0"] {
            assert!(is_as_written(number.as_bytes()), "{number}");
            check(number);
        }
        for number in [
            "",
            "-",
            "-0",
            "01",
            "1.",
            ".5",
            "1.50",
            "1e3",
            "1.5e3",
            "+1",
            "--1",
            "1-1",
            "0.000001",
            "18446744073709551616",
            "0.30000000000000004",
            "1.2.3",
            "1.00",
        ] {
            assert!(!is_as_written(number.as_bytes()), "{number}");
        }
    }

    proptest! {
        #[test]
        fn a_number_that_is_copied_is_what_a_map_would_write(
            number in "-?(0|[1-9][0-9]{0,19})(\\.[0-9]{0,17})?",
        ) {
            check(&number);
        }

        #[test]
        fn a_small_number_is_too(zeros in 0..8_usize, digits in "[0-9]{1,15}", sign in "-?") {
            check(&format!("{sign}0.{}{digits}", "0".repeat(zeros)));
        }

        #[test]
        fn whatever_looks_like_a_number_is_too(number in "[-+.eE0-9]{1,8}") {
            check(&number);
        }
    }
}
