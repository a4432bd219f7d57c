//! A client that costs little: one kept connection, requests that were written beforehand, and of an
//! answer no more than its status and its length.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection that is kept.
pub(super) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    pub(super) async fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(64 << 10),
        })
    }

    /// Sends a request, and reads the answer, which must say that something was made.
    pub(super) async fn send(&mut self, request: &[u8]) -> anyhow::Result<()> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection");
            }
            if let Some(length) = length(&self.buffer)?
                && self.buffer.len() >= length
            {
                return Ok(());
            }
        }
    }
}

/// The bytes of the answer, once its head is there.
fn length(answer: &[u8]) -> anyhow::Result<Option<usize>> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&answer[..end])?;
    if !head.starts_with("HTTP/1.1 201") {
        bail!("refused: {}", String::from_utf8_lossy(answer));
    }
    let mut lengths = head.lines().filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok())?
    });
    let length = lengths.next().context("an answer tells its length")?;
    Ok(Some(end + 4 + length))
}

/// `POST /v1/tasks` with this body.
pub(super) fn submit(address: SocketAddr, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST /v1/tasks HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
