//! The lines of a file, one at a time, each of bounded length.

use std::path::Path;

use anyhow::Context;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, BufReader};

use crate::failure::Failure;

/// Reads a file, or stdin.
pub(super) struct Lines {
    from: Box<dyn AsyncBufRead + Send + Unpin>,
    /// Bytes that a line may have.
    line_bytes_max: usize,
    /// The number of the newest line, from 1.
    pub(super) number: u64,
    /// Bytes read so far.
    pub(super) bytes: u64,
    /// Bytes in all, if it is a file.
    pub(super) bytes_total: Option<u64>,
}

impl Lines {
    /// Opens a file of which no line is longer than this; `-` is stdin.
    pub(super) async fn open(path: &Path, line_bytes_max: usize) -> Result<Self, Failure> {
        if path.as_os_str() == "-" {
            return Ok(Self::new(
                BufReader::new(tokio::io::stdin()),
                line_bytes_max,
                None,
            ));
        }
        let file = tokio::fs::File::open(path)
            .await
            .map_err(|error| Failure::Usage(format!("cannot read {}: {error}", path.display())))?;
        let about = file.metadata().await.ok();
        if about.as_ref().is_some_and(std::fs::Metadata::is_dir) {
            let path = path.display();
            return Err(Failure::Usage(format!(
                "cannot read {path}: it is a folder; expected a file with a value per line"
            )));
        }
        let length = about.map(|about| about.len());
        Ok(Self::new(BufReader::new(file), line_bytes_max, length))
    }

    fn new(
        from: impl AsyncBufRead + Send + Unpin + 'static,
        line_bytes_max: usize,
        bytes_total: Option<u64>,
    ) -> Self {
        Self {
            line_bytes_max,
            from: Box::new(from),
            number: 0,
            bytes: 0,
            bytes_total: bytes_total.filter(|&bytes| bytes > 0),
        }
    }

    /// The next line, without its end; `None` at the end of the file.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let mut line = Vec::new();
        let mut is_over = false;
        while !is_over {
            let chunk = self.from.fill_buf().await.context("cannot read on")?;
            if chunk.is_empty() {
                break;
            }
            let end = chunk.iter().position(|&byte| byte == b'\n');
            let part = &chunk[..end.unwrap_or(chunk.len())];
            line.extend_from_slice(part);
            let used = part.len() + usize::from(end.is_some());
            is_over = end.is_some();
            self.from.consume(used);
            self.bytes += used as u64;
            if line.len() > self.line_bytes_max {
                return Err(self.too_long());
            }
        }
        if line.is_empty() && !is_over {
            return Ok(None);
        }
        self.number += 1;
        Ok(Some(line))
    }

    fn too_long(&self) -> Failure {
        let (line, most) = (self.number + 1, self.line_bytes_max);
        Failure::Usage(format!(
            "line {line} is longer than {most} bytes: expected one JSON object per line"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(text: &'static [u8], buffer: usize) -> Vec<Vec<u8>> {
        let mut lines = Lines::new(BufReader::with_capacity(buffer, text), 100, None);
        let mut all = Vec::new();
        while let Some(line) = lines.next().await.unwrap() {
            all.push(line);
        }
        assert_eq!(
            (lines.number, lines.bytes),
            (all.len() as u64, text.len() as u64)
        );
        all
    }

    #[tokio::test]
    async fn lines_are_read_whatever_the_buffer_holds() {
        for buffer in [1, 2, 3, 100] {
            assert_eq!(read(b"ab\n\ncd", buffer).await, [&b"ab"[..], b"", b"cd"]);
            assert_eq!(read(b"ab\n", buffer).await, [b"ab"]);
            assert_eq!(read(b"", buffer).await, Vec::<Vec<u8>>::new());
        }
    }

    #[tokio::test]
    async fn a_line_without_end_is_refused_before_it_fills_the_memory() {
        let endless = tokio::io::repeat(b'a');
        let mut lines = Lines::new(BufReader::new(endless), 1 << 20, None);
        let failure = lines.next().await.unwrap_err();
        assert!(
            failure.to_string().starts_with("line 1 is longer"),
            "{failure}"
        );
    }
}
