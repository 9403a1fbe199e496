//! Control sequences, said as the screen below knows them.

use super::{Act, Sink, Switch};

/// The most tabulators that one sequence can ask for: more reach any edge.
const TABS_MAX: u16 = 255;

/// Passes a control sequence on.
pub(super) fn control(parameters: &[u8], last: u8, sink: &mut impl Sink) {
    let is_plain = |byte: &u8| matches!(byte, b'0'..=b';');
    match (parameters, last) {
        ([b'?', modes @ ..], b'h' | b'l') => private_modes(modes, last, sink),
        (b"!", b'p') => sink.act(Act::ResetModes),
        _ if !parameters.iter().all(is_plain) => sequence(parameters, last, sink),
        (b"", b's') => sink.act(Act::Save),
        (b"", b'u') => sink.act(Act::Restore),
        (_, b'A') => sink.act(Act::Up(steps(parameters))),
        (_, b'B' | b'e') => sink.act(Act::Down(steps(parameters))),
        (_, b'E' | b'F') => {
            let count = steps(parameters);
            sink.act(if last == b'E' {
                Act::Down(count)
            } else {
                Act::Up(count)
            });
            sink.act(Act::Begin);
        }
        (_, b'a') => sequence(parameters, b'C', sink),
        (_, b'b') => sink.act(Act::Repeat(steps(parameters))),
        (_, b'd') => sink.act(Act::Row(steps(parameters))),
        (_, b'g') => match number(parameters, 0) {
            0 => sink.act(Act::ClearTab),
            3 => sink.act(Act::ClearTabs),
            _ => {}
        },
        (_, b'h' | b'l') => modes(parameters, last == b'h', sink),
        (_, b'm') => colours(parameters, sink),
        (_, b'r') => sink.act(Act::Region(number(parameters, 0), number(parameters, 1))),
        (_, b'I') => sink.act(Act::Tab(tabs(parameters))),
        (_, b'Z') => sink.act(Act::BackTab(tabs(parameters))),
        _ => sequence(parameters, last, sink),
    }
}

fn sequence(parameters: &[u8], last: u8, sink: &mut impl Sink) {
    let mut sequence = Vec::with_capacity(parameters.len() + 3);
    sequence.extend_from_slice(b"\x1b[");
    sequence.extend_from_slice(parameters);
    sequence.push(last);
    sink.write(&sequence);
}

fn split(parameters: &[u8]) -> impl Iterator<Item = &[u8]> {
    parameters.split(|byte| *byte == b';')
}

/// A parameter, of which there may be fewer. One that is too large is as large as can be.
fn number(parameters: &[u8], index: usize) -> u16 {
    let digits = split(parameters).nth(index).unwrap_or_default();
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0_u16, |number, digit| {
        number
            .saturating_mul(10)
            .saturating_add(u16::from(digit - b'0'))
    })
}

fn steps(parameters: &[u8]) -> u16 {
    number(parameters, 0).max(1)
}

fn tabs(parameters: &[u8]) -> u16 {
    steps(parameters).min(TABS_MAX)
}

fn modes(parameters: &[u8], on: bool, sink: &mut impl Sink) {
    for mode in split(parameters) {
        if mode == b"4" {
            sink.act(Act::Insert(on));
        }
    }
}

/// The alternate screen has more names than the screen below knows.
fn private_modes(parameters: &[u8], last: u8, sink: &mut impl Sink) {
    let on = last == b'h';
    for mode in split(parameters) {
        match mode {
            b"6" => sink.act(Act::Origin(on)),
            b"7" => sink.act(Act::Wrap(on)),
            b"47" | b"1047" => sink.act(Act::Switch(Switch::Bare, on)),
            b"1048" => sink.act(if on { Act::Save } else { Act::Restore }),
            b"1049" => sink.act(Act::Switch(Switch::Whole, on)),
            _ => sequence(&[b"?", mode].concat(), last, sink),
        }
    }
}

/// Colours and emphasis in the one way in which the screen below reads them. What it does not know it
/// would take apart: a colour for underlines would make text bold.
fn colours(parameters: &[u8], sink: &mut impl Sink) {
    let mut said: Vec<&[u8]> = Vec::new();
    let mut rest = split(parameters);
    while let Some(parameter) = rest.next() {
        let mut parts = parameter.split(|byte| *byte == b':');
        let parts: [&[u8]; 7] = std::array::from_fn(|_| parts.next().unwrap_or_default());
        match parts {
            [b"58", b"", ..] => {
                // Its own parameters follow: which kind, and one number or three.
                let numbers = match rest.next() {
                    Some(b"2") => 3,
                    Some(b"5") => 1,
                    _ => 0,
                };
                rest.by_ref().take(numbers).for_each(drop);
            }
            [b"58", ..] => {}
            [b"4", b"0", ..] => said.push(b"24"),
            [b"4" | b"21", ..] => said.push(b"4"),
            [plane @ (b"38" | b"48"), b"5", index, ..] if !index.is_empty() => {
                said.extend([plane, b"5", index]);
            }
            // The third part, where there are six, names a space of colours.
            [plane @ (b"38" | b"48"), b"2", _, red, green, blue, ..] if !blue.is_empty() => {
                said.extend([plane, b"2", red, green, blue]);
            }
            [plane @ (b"38" | b"48"), b"2", red, green, blue, ..] if !blue.is_empty() => {
                said.extend([plane, b"2", red, green, blue]);
            }
            [other, b"", ..] => said.push(other),
            _ => {}
        }
    }
    if !said.is_empty() {
        sequence(&said.join(&b';'), b'm', sink);
    }
}
