//! What a key sends to a program: a table, as `xterm` has it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use emulator::InputModes;

/// Pasted text of more than this is refused: nobody reads it, and a file is better given by its name.
pub(super) const PASTE_BYTES_MAX: usize = 1024 * 1024;

/// The bytes that `key` sends; `None` for a key that no terminal sends.
pub(super) fn key(key: KeyEvent, modes: InputModes) -> Option<Vec<u8>> {
    let modifiers = key.modifiers;
    let parameter = parameter(modifiers);
    let cursor = |last: char| match (parameter, modes.application_cursor) {
        (Some(parameter), _) => format!("\x1b[1;{parameter}{last}"),
        (None, true) => format!("\x1bO{last}"),
        (None, false) => format!("\x1b[{last}"),
    };
    let numbered = |number: u8| match parameter {
        Some(parameter) => format!("\x1b[{number};{parameter}~"),
        None => format!("\x1b[{number}~"),
    };
    let sequence = match key.code {
        KeyCode::Up => cursor('A'),
        KeyCode::Down => cursor('B'),
        KeyCode::Right => cursor('C'),
        KeyCode::Left => cursor('D'),
        KeyCode::KeypadBegin => cursor('E'),
        KeyCode::End => cursor('F'),
        KeyCode::Home => cursor('H'),
        KeyCode::Insert => numbered(2),
        KeyCode::Delete => numbered(3),
        KeyCode::PageUp => numbered(5),
        KeyCode::PageDown => numbered(6),
        KeyCode::BackTab => "\x1b[Z".to_owned(),
        KeyCode::F(number @ 1..=4) => {
            let last = char::from(b'P' + number - 1);
            match parameter {
                Some(parameter) => format!("\x1b[1;{parameter}{last}"),
                None => format!("\x1bO{last}"),
            }
        }
        KeyCode::F(number @ 5..=20) => {
            const NUMBERS: [u8; 16] = [
                15, 17, 18, 19, 20, 21, 23, 24, 25, 26, 28, 29, 31, 32, 33, 34,
            ];
            numbered(NUMBERS[usize::from(number - 5)])
        }
        _ => return character(key),
    };
    Some(sequence.into_bytes())
}

/// Keys that send a character, and nothing else of their modifiers but an escape in front.
fn character(key: KeyEvent) -> Option<Vec<u8>> {
    let has_control = key.modifiers.contains(KeyModifiers::CONTROL);
    let mut bytes = Vec::new();
    if key.modifiers.contains(KeyModifiers::ALT) {
        bytes.push(0x1b);
    }
    match key.code {
        KeyCode::Char(c) => match control(c).filter(|_| has_control) {
            Some(control) => bytes.push(control),
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        },
        KeyCode::Enter => bytes.push(b'\r'),
        KeyCode::Tab => bytes.push(b'\t'),
        KeyCode::Backspace if has_control => bytes.push(0x08),
        KeyCode::Backspace => bytes.push(0x7f),
        KeyCode::Esc => bytes.push(0x1b),
        KeyCode::Null => bytes.push(0),
        _ => return None,
    }
    Some(bytes)
}

/// The control character of a key. Terminals tell some only as the digit below it.
const fn control(c: char) -> Option<u8> {
    Some(match c {
        ' ' | '@' | '2' => 0,
        'a'..='z' | 'A'..='Z' => c as u8 & 0x1f,
        '[' | '3' => 0x1b,
        '\\' | '4' => 0x1c,
        ']' | '5' => 0x1d,
        '^' | '6' => 0x1e,
        '_' | '/' | '7' => 0x1f,
        '?' | '8' => 0x7f,
        _ => return None,
    })
}

/// How a sequence tells that shift, alt or control is held.
fn parameter(modifiers: KeyModifiers) -> Option<u8> {
    let held = |modifier, value| {
        if modifiers.contains(modifier) {
            value
        } else {
            0
        }
    };
    let sum =
        held(KeyModifiers::SHIFT, 1) + held(KeyModifiers::ALT, 2) + held(KeyModifiers::CONTROL, 4);
    (sum > 0).then_some(sum + 1)
}

/// The bytes that pasted text sends. It cannot end the paste by itself: escapes are left out, as
/// terminals do.
pub(super) fn paste(text: &str, modes: InputModes) -> Vec<u8> {
    let lines = text.replace("\r\n", "\r").replace('\n', "\r");
    let text = lines.replace('\x1b', "");
    match modes.bracketed_paste {
        true => format!("\x1b[200~{text}\x1b[201~").into_bytes(),
        false => text.into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APPLICATION: InputModes = InputModes {
        application_cursor: true,
        application_keypad: true,
        bracketed_paste: true,
    };

    #[test]
    fn keys_send_what_xterm_sends() {
        use KeyCode as K;
        const NONE: KeyModifiers = KeyModifiers::NONE;
        const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
        const ALT: KeyModifiers = KeyModifiers::ALT;
        const CTRL: KeyModifiers = KeyModifiers::CONTROL;
        let all = SHIFT | ALT | CTRL;
        let sent = |code, modifiers, modes| key(KeyEvent::new(code, modifiers), modes);
        let check = |code, modifiers, expected: &str| {
            for modes in [InputModes::default(), APPLICATION] {
                let sent = sent(code, modifiers, modes).expect("a key that is sent");
                let sent = String::from_utf8(sent).expect("text");
                assert_eq!(sent, expected, "{modifiers:?} {code:?}");
            }
        };
        check(K::Char('a'), NONE, "a");
        check(K::Char('A'), SHIFT, "A");
        check(K::Char('é'), NONE, "é");
        check(K::Char('日'), ALT, "\x1b日");
        check(K::Char('x'), ALT, "\x1bx");
        check(K::Char('c'), CTRL, "\x03");
        check(K::Char('z'), CTRL, "\x1a");
        check(K::Char('x'), CTRL | ALT, "\x1b\x18");
        check(K::Char(' '), CTRL, "\0");
        check(K::Char('5'), CTRL, "\x1d");
        check(K::Char(']'), CTRL, "\x1d");
        check(K::Char('7'), CTRL, "\x1f");
        check(K::Char('+'), CTRL, "+");
        check(K::Enter, NONE, "\r");
        check(K::Enter, ALT, "\x1b\r");
        check(K::Tab, NONE, "\t");
        check(K::BackTab, SHIFT, "\x1b[Z");
        check(K::Backspace, NONE, "\x7f");
        check(K::Backspace, CTRL, "\x08");
        check(K::Backspace, ALT, "\x1b\x7f");
        check(K::Esc, NONE, "\x1b");
        check(K::Up, CTRL, "\x1b[1;5A");
        check(K::Left, SHIFT, "\x1b[1;2D");
        check(K::Right, ALT, "\x1b[1;3C");
        check(K::Home, all, "\x1b[1;8H");
        check(K::Delete, NONE, "\x1b[3~");
        check(K::PageUp, NONE, "\x1b[5~");
        check(K::PageDown, CTRL, "\x1b[6;5~");
        check(K::F(1), NONE, "\x1bOP");
        check(K::F(4), SHIFT, "\x1b[1;2S");
        check(K::F(5), NONE, "\x1b[15~");
        check(K::F(12), CTRL, "\x1b[24;5~");
        check(K::F(20), NONE, "\x1b[34~");
        assert_eq!(sent(K::CapsLock, NONE, APPLICATION), None);
    }

    #[test]
    fn cursor_keys_follow_the_program() {
        let check = |code, plain: &str, application: &str| {
            let key = |modes| key(KeyEvent::new(code, KeyModifiers::NONE), modes);
            assert_eq!(
                key(InputModes::default()).as_deref(),
                Some(plain.as_bytes())
            );
            assert_eq!(key(APPLICATION).as_deref(), Some(application.as_bytes()));
        };
        check(KeyCode::Up, "\x1b[A", "\x1bOA");
        check(KeyCode::Left, "\x1b[D", "\x1bOD");
        check(KeyCode::Home, "\x1b[H", "\x1bOH");
        check(KeyCode::End, "\x1b[F", "\x1bOF");
    }

    #[test]
    fn pasted_text_stays_pasted() {
        let text = "one\ntwo\r\n\x1b[201~rm -rf";
        let plain = paste(text, InputModes::default());
        assert_eq!(plain, b"one\rtwo\r[201~rm -rf");
        let bracketed = paste(text, APPLICATION);
        assert_eq!(bracketed, b"\x1b[200~one\rtwo\r[201~rm -rf\x1b[201~");
    }
}
