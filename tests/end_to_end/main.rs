//! The real binary from end to end: what an operator types, sees and finds on disk.
//!
//! One program holds all of these tests, so that what they share is compiled once and each of them
//! can run beside all others. Every test has its own roots, waits for events instead of for time,
//! and leaves no process behind: [`support::Pods`] asserts that when it is dropped.

mod bad_input;
mod cap;
mod channels;
mod clock_jumps;
mod endings;
mod every_kind;
mod excerpts;
mod flood;
mod foreground;
mod full_disk;
mod gapless;
mod grep;
mod holding;
mod host_under_attack;
mod hostile;
mod hostile_output;
mod keeping;
mod large;
mod logout;
mod many_live;
mod neighbours;
mod one_name;
mod other_version;
mod output_tab;
mod pending;
mod picker;
mod plain;
mod plain_lines;
mod promote;
mod raw_output;
mod real_programs;
mod real_tool;
mod redaction;
mod restored;
mod results;
mod resume;
mod runtime_directory;
mod state_directory;
mod stop;
mod support;
mod suspending;
mod terminal_control;
mod typing;
