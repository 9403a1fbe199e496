//! `tui send`: type into a command's terminal, from words or from standard input.
//!
//! What is sent is sent as it is: no escape is interpreted, no newline is added or taken away.

use std::{
    ffi::OsString,
    io::{self, Read},
    os::unix::ffi::OsStrExt,
};

use anyhow::{Context, Result};
use discovery::Source;
use pod_client::{ClientError, Connection};
use pod_protocol::{INPUT_BYTES_MAX, Mode, PodName, printable};

use super::{
    arguments::SendOptions,
    exit,
    follow::{self, CLIENT, DIAL_TIMEOUT},
    roots::Roots,
    runtime, talk, target,
};

/// What the Enter key sends.
const ENTER: u8 = b'\r';

pub(crate) fn send(roots: &Roots, options: &SendOptions) -> Result<u8> {
    runtime()?.block_on(async {
        let row = target::find(roots, &options.pod).await?;
        follow::check_attachable(&row)?;
        let name = row.name.clone();
        let sent = match follow::source(roots, &row)? {
            Source::Live { endpoint, .. } => {
                let connection = Connection::dial(&endpoint, DIAL_TIMEOUT).await?;
                type_all(connection, options).await
            }
            Source::Stored { .. } => return Ok(refused(&name, "the run has ended")),
        };
        match sent {
            Err(error) => match error.downcast_ref() {
                Some(ClientError::Refused(refusal)) => Ok(refused(&name, &refusal.message)),
                Some(ClientError::Ended { .. } | ClientError::HungUp) => {
                    Ok(refused(&name, "the run has ended"))
                }
                _ => Err(error),
            },
            Ok(()) => Ok(0),
        }
    })
}

fn refused(name: &PodName, why: &str) -> u8 {
    talk(format_args!(
        "tui: cannot send to {name}: {}",
        printable(why)
    ));
    exit::REFUSED
}

async fn type_all(mut connection: Connection, options: &SendOptions) -> Result<()> {
    let who = follow::who();
    connection.attach(Mode::Control, CLIENT, &who).await?;
    if !options.text.is_empty() || options.enter {
        let typed = typed(&options.text, options.enter);
        for piece in typed.chunks(INPUT_BYTES_MAX) {
            connection.input(piece).await?;
        }
        return Ok(());
    }
    // There is nothing else to do while standard input is waited for.
    let mut stdin = io::stdin().lock();
    let mut buffer = vec![0; INPUT_BYTES_MAX];
    loop {
        match stdin.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => connection.input(&buffer[..count]).await?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("cannot read standard input"),
        }
    }
}

/// The words as they would be typed.
fn typed(words: &[OsString], enter: bool) -> Vec<u8> {
    let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
    let mut typed = words.join(&b' ');
    typed.extend(enter.then_some(ENTER));
    typed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_typed_as_they_are() {
        let check = |words: &[&str], enter, expected: &str| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            assert_eq!(typed(&words, enter), expected.as_bytes());
        };
        check(&["print", "1 + 1"], true, "print 1 + 1\r");
        check(&["q"], false, "q");
        check(&[r"a\nb"], false, r"a\nb");
        check(&[], true, "\r");
    }
}
