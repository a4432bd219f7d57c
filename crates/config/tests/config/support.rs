//! A file in a folder of its own.

use std::path::PathBuf;

use duly_config::{Config, ConfigError, Fault, Sources};
use tempfile::TempDir;

/// A folder with a file.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn with(content: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("duly.yaml"), content).unwrap();
        Self(folder)
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.path().join("duly.yaml")
    }

    pub(crate) fn sources(&self) -> Sources {
        Sources::default().file(Some(self.file()))
    }
}

/// What a file makes of the settings.
pub(crate) fn load(content: &str) -> Config {
    Config::load(&Place::with(content).sources()).unwrap()
}

/// What is wrong with a file.
pub(crate) fn faults(content: impl AsRef<[u8]>) -> Vec<Fault> {
    refused(&Place::with(content).sources())
}

/// What is wrong with these sources.
pub(crate) fn refused(sources: &Sources) -> Vec<Fault> {
    match Config::load(sources) {
        Err(ConfigError::Invalid { faults }) => faults,
        other => panic!("expected faults, got {other:?}"),
    }
}

/// Variables alone.
pub(crate) fn variables(all: &[(&str, &str)]) -> Sources {
    let all = all.iter().map(|(name, value)| (name.into(), value.into()));
    Sources::default().environment(all)
}
