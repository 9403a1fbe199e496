//! Every parser of foreign input as a function of bytes, for `fuzz/` and for the gate.
//!
//! A target panics when an invariant breaks; that bytes are refused is no failure. `fuzz/` lets
//! libFuzzer search for such bytes, and `tests/corpus.rs` tries everything that it has kept.
//!
//! Absent on purpose: the parser of lines of output, which is the screens' own; its properties are
//! tested beside it, in `tui`.

mod files;
mod logs;
mod records;
mod terminal;
mod wire;

/// A function that judges any bytes.
pub type Target = fn(&[u8]);

/// Every target, by the name of its corpus.
pub const TARGETS: [(&str, Target); 6] = [
    ("records", records::records),
    ("logs", logs::logs),
    ("host-messages", wire::host_messages),
    ("client-messages", wire::client_messages),
    ("files", files::files),
    ("terminal", terminal::terminal),
];
