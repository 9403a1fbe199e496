//! Where a pod can be talked to, and how a byte stream to it comes about.

use std::{future::Future, io, path::PathBuf, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::UnixStream,
    time::{Instant, timeout_at},
};

use crate::{ClientError, backoff::Backoff};

/// Any stream of bytes in both directions.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> ByteStream for S {}

/// Where a pod can be talked to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Endpoint {
    /// A Unix socket of this machine.
    Socket(PathBuf),
}

impl Endpoint {
    /// Opens a stream to the pod before `deadline`. A socket whose queue is full is tried again
    /// until then.
    pub(crate) async fn connect(
        &self,
        deadline: Instant,
    ) -> Result<Box<dyn ByteStream>, ClientError> {
        match self {
            Self::Socket(path) => {
                let stream = while_full(deadline, || UnixStream::connect(path)).await;
                match stream {
                    Ok(stream) => Ok(Box::new(stream)),
                    Err(full_or_not) => Err(full_or_not.at(path.clone())),
                }
            }
        }
    }
}

/// Why a connect did not work.
#[derive(Debug)]
enum ConnectError {
    Full { tried: Duration },
    Other(io::Error),
}

impl ConnectError {
    fn at(self, path: PathBuf) -> ClientError {
        match self {
            Self::Full { tried } => ClientError::Busy { path, tried },
            Self::Other(source) => match source.kind() {
                io::ErrorKind::NotFound => ClientError::NoSocket { path },
                io::ErrorKind::ConnectionRefused => ClientError::NobodyListens { path },
                _ => ClientError::Connect { path, source },
            },
        }
    }
}

/// Connects, and again while the queue of the listener is full: the kernel says so at once instead
/// of letting a non-blocking connect wait for its turn.
async fn while_full<T, F>(
    deadline: Instant,
    mut connect: impl FnMut() -> F,
) -> Result<T, ConnectError>
where
    F: Future<Output = io::Result<T>>,
{
    let started = Instant::now();
    let mut backoff = Backoff::default();
    let attempts = async {
        loop {
            match connect().await {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    tokio::time::sleep(backoff.next_wait()).await;
                }
                other => return other.map_err(ConnectError::Other),
            }
        }
    };
    timeout_at(deadline, attempts).await.unwrap_or_else(|_| {
        Err(ConnectError::Full {
            tried: started.elapsed(),
        })
    })
}

#[cfg(test)]
mod tests;
