//! Looking at an archive as it passes: whether it is whole.

use duly::store::archive::bounds::LINE_BYTES_MAX;
use duly::store::archive::{Counted, Line, parse_line};

use crate::failure::Failure;
use crate::output;

const TASK: &[u8] = b"{\"task\"";
const END: &[u8] = b"{\"end\"";

/// Counts lines, and reads the last.
#[derive(Default)]
pub(super) struct Watch {
    line: Vec<u8>,
    lines: u64,
    bytes: u64,
    tasks: u64,
    end: Option<Counted>,
}

impl Watch {
    pub(super) fn see(&mut self, piece: &[u8]) -> Result<(), Failure> {
        self.bytes += piece.len() as u64;
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            if self.line.len() + part.len() > LINE_BYTES_MAX {
                return Err(anyhow::anyhow!(
                    "a line is longer than any archive has: is this a Duly server?"
                )
                .into());
            }
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                self.end_line()?;
            }
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), Failure> {
        self.lines += 1;
        let line = std::mem::take(&mut self.line);
        self.end = None;
        if line.starts_with(TASK) {
            self.tasks += 1;
        } else if line.starts_with(END) {
            let line = parse_line(self.lines, line.trim_ascii_end());
            if let Line::End(counted) = line.map_err(anyhow::Error::new)? {
                self.end = Some(counted);
            }
        }
        Ok(())
    }

    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) const fn tasks(&self) -> u64 {
        self.tasks
    }

    /// What the archive says it holds, if that is what came.
    pub(super) fn whole(&self) -> Result<Counted, Failure> {
        let whole = self.end.filter(|counted| counted.tasks == self.tasks);
        whole.filter(|_| self.line.is_empty()).ok_or_else(|| {
            Failure::Unreachable(format!(
                "the archive broke off after {} tasks; export it again",
                output::count(self.tasks)
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARCHIVE: &str = "{\"archive\":{}}\n{\"task\":{}}\n{\"task\":{}}\n\
                           {\"end\":{\"queues\":1,\"tasks\":2,\"events\":3}}\n";

    fn seen(archive: &str, size: usize) -> Result<Counted, Failure> {
        let mut watch = Watch::default();
        for piece in archive.as_bytes().chunks(size) {
            watch.see(piece)?;
        }
        watch.whole()
    }

    #[test]
    fn an_archive_is_whole_only_with_its_last_line() {
        for size in 1..ARCHIVE.len() {
            assert_eq!(seen(ARCHIVE, size).unwrap().events, 3);
        }
        for cut in 1..ARCHIVE.len() {
            let failure = seen(&ARCHIVE[..cut], 7).unwrap_err();
            assert!(failure.to_string().contains("broke off"), "{cut}");
        }
        let fewer = ARCHIVE.replacen("{\"task\":{}}\n", "", 1);
        assert!(seen(&fewer, 7).is_err());
    }
}
