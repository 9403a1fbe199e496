//! What a program writes to its terminal, as the screen that viewers show of it.

use emulator::Emulator;
use pod_protocol::{TerminalQuery, TerminalSize};

/// The largest side of a screen here: larger ones are the same and slower.
const SIDE_MAX: u8 = 64;

/// Pieces of output, each behind two bytes for the size that the screen has from then on; `0xff`
/// between them, which is no part of a character. Every cell holds printable text and no reply repeats what was written.
pub(crate) fn terminal(bytes: &[u8]) {
    let mut emulator = Emulator::new(TerminalSize::UNWATCHED);
    for piece in bytes.split(|byte| *byte == 0xff) {
        let [cols, rows, output @ ..] = piece else {
            continue;
        };
        let side = |byte: &u8| u16::from(byte % SIDE_MAX);
        let size = TerminalSize {
            cols: side(cols),
            rows: side(rows),
        };
        // A screen that had to be begun anew is fit for more.
        let _ = emulator.resize(size);
        let _ = emulator.process_live(output, check_reply);
        check_cells(&emulator);
    }
}

fn check_reply(_end: usize, query: TerminalQuery, emulator: &Emulator) {
    let reply = emulator.reply(query).unwrap_or_default();
    assert!(
        reply.is_ascii() && !reply.contains(['\r', '\n']),
        "{reply:?}"
    );
}

fn check_cells(emulator: &Emulator) {
    let size = emulator.size();
    let (row, column) = emulator.cursor();
    assert!(
        row < size.rows && column < size.cols,
        "the cursor is outside"
    );
    for row in 0..size.rows {
        for column in 0..size.cols {
            let text = emulator.glyph(row, column).text;
            let is_printable = !text.is_empty() && !text.contains(char::is_control);
            assert!(is_printable, "{text:?} at {row}, {column}");
        }
    }
}
