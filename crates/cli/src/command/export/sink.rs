//! Where an archive goes.

use std::fs::Permissions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::NamedTempFile;

use crate::failure::Failure;

/// A file in the making, or stdout.
pub(super) enum Sink {
    Stdout,
    File {
        part: NamedTempFile,
        path: PathBuf,
        force: bool,
    },
}

impl Sink {
    pub(super) fn open(path: &Path, force: bool) -> Result<Self, Failure> {
        if path.as_os_str() == "-" {
            return Ok(Self::Stdout);
        }
        let place = path.display();
        if path.is_dir() {
            return Err(Failure::Usage(format!(
                "cannot write {place}: it is a folder; expected a file"
            )));
        }
        if path.exists() && !force {
            return Err(Failure::Usage(format!(
                "{place} is there already: name another file, or write over it with --force"
            )));
        }
        let parent = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let part = builder().tempfile_in(parent.unwrap_or(Path::new(".")));
        let part =
            part.map_err(|error| Failure::Usage(format!("cannot write {place}: {error}")))?;
        Ok(Self::File {
            part,
            path: path.to_owned(),
            force,
        })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Stdout => match std::io::stdout().lock().write_all(bytes) {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::Unheard),
                written => Ok(written.context("cannot write to stdout")?),
            },
            Self::File { part, path, .. } => {
                let written = part.write_all(bytes);
                Ok(written.with_context(|| format!("cannot write {}", path.display()))?)
            }
        }
    }

    /// It is whole: it gets its name, and stays if the power goes. Whether stdout is free for words.
    pub(super) fn close(self) -> Result<bool, Failure> {
        match self {
            Self::Stdout => {
                std::io::stdout()
                    .flush()
                    .context("cannot write to stdout")?;
                Ok(false)
            }
            Self::File { part, path, force } => {
                let place = || format!("cannot write {}", path.display());
                part.as_file().sync_all().with_context(place)?;
                let named = if force {
                    part.persist(&path)
                } else {
                    part.persist_noclobber(&path)
                };
                named.map_err(|error| error.error).with_context(place)?;
                Ok(true)
            }
        }
    }
}

/// Payloads may be secret: what is written is for its owner alone.
fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".duly-export-");
    #[cfg(unix)]
    builder.permissions(<Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o600));
    builder
}
