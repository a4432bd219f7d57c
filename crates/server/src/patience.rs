//! A connection that does not wait for ever until its client reads.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::CancellationToken;

use crate::bounds::{LAST_WRITE_WAIT_MAX, WRITE_WAIT_MAX};
use crate::port::BoxFuture;

/// A stream whose writes fail once nothing was read at the other end for
/// [`WRITE_WAIT_MAX`], or for [`LAST_WRITE_WAIT_MAX`] once the server stops.
pub(crate) struct Patient<S> {
    stream: S,
    stop: CancellationToken,
    /// Ends when patience does; set while the other end does not read.
    stalled: Option<BoxFuture<'static, ()>>,
}

impl<S> Patient<S> {
    pub(crate) fn new(stream: S, stop: CancellationToken) -> Self {
        Self {
            stream,
            stop,
            stalled: None,
        }
    }

    /// What a write says, unless it has said for too long that it must wait.
    fn limit<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stop = &self.stop;
        let stalled = self.stalled.get_or_insert_with(|| stall(stop.clone()));
        ready!(stalled.as_mut().poll(context));
        let error = "the client does not read what it is sent";
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, error)))
    }
}

fn stall(stop: CancellationToken) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let soon = async {
            stop.cancelled().await;
            tokio::time::sleep(LAST_WRITE_WAIT_MAX).await;
        };
        tokio::select! {
            () = soon => {}
            () = tokio::time::sleep(WRITE_WAIT_MAX) => {}
        }
    })
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.limit(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.limit(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.limit(flushed, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        self.limit(shut, context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn who_does_not_read_is_waited_for_and_then_not() {
        let (mut here, mut there) = tokio::io::duplex(4);
        there.write_all(b"q").await.unwrap();
        let mut patient = Patient::new(&mut here, CancellationToken::new());
        let start = tokio::time::Instant::now();
        let error = patient.write_all(b"too long").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(start.elapsed().as_secs(), WRITE_WAIT_MAX.as_secs());
        assert_eq!(patient.read_u8().await.unwrap(), b'q');
    }

    #[tokio::test(start_paused = true)]
    async fn patience_begins_anew_whenever_something_was_read() {
        let (here, mut there) = tokio::io::duplex(1);
        let mut patient = Patient::new(here, CancellationToken::new());
        let slow = async {
            for _ in 0..4 {
                advance(WRITE_WAIT_MAX - Duration::from_secs(1)).await;
                there.read_u8().await.unwrap();
            }
        };
        let (written, ()) = tokio::join!(patient.write_all(b"1234"), slow);
        written.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn patience_is_short_once_the_server_stops() {
        let (here, _there) = tokio::io::duplex(1);
        let stop = CancellationToken::new();
        let mut patient = Patient::new(here, stop.clone());
        let stopped = async {
            advance(Duration::from_secs(7)).await;
            stop.cancel();
        };
        let start = tokio::time::Instant::now();
        let (written, ()) = tokio::join!(patient.write_all(b"1234"), stopped);
        assert!(written.is_err());
        let waited = Duration::from_secs(7) + LAST_WRITE_WAIT_MAX;
        assert_eq!(start.elapsed().as_millis(), waited.as_millis());
    }
}
