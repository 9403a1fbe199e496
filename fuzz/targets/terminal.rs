//! See `fuzz_targets::TARGETS`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (fuzz_targets::TARGETS[5].1)(bytes));
