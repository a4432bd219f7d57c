//! The layers put together.

use std::path::{Path, PathBuf};

use crate::check;
use crate::environment;
use crate::fault::{ConfigError, Fault};
use crate::file;
use crate::node::Node;
use crate::origin::Origin;
use crate::reader::{Origins, Reader};
use crate::row::{self, Row};
use crate::settings::Settings;
use crate::sources::Sources;
use crate::yaml;

/// What holds, and whence.
#[derive(Clone, Debug)]
pub struct Config {
    /// What holds.
    pub settings: Settings,
    file: Option<PathBuf>,
    is_file_empty: bool,
    origins: Origins,
}

impl Config {
    /// Reads all layers.
    ///
    /// # Errors
    /// [`ConfigError`]: the file cannot be read, or what is said makes no sense; then all that is wrong
    /// is told, as far as it can be found.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut reader = Reader::default();
        let mut settings = Settings::default();
        let mut is_file_empty = false;
        if let Some(path) = &sources.file {
            let document = file::read(path)?;
            is_file_empty = document.text.is_empty();
            match yaml::document(&document) {
                Ok(layer) => reader.read(&layer, &mut settings),
                Err(fault) => reader.faults.push(fault),
            }
        }
        let (layers, faults) = environment::layers(&sources.variables);
        reader.faults.extend(faults);
        let flags = sources.flags.iter().map(|flag| {
            let path: Vec<_> = flag.path.split('.').collect();
            environment::nested(&path, flag.node.clone())
        });
        let layers: Vec<Node> = layers.into_iter().chain(flags).collect();
        for layer in &layers {
            reader.read(layer, &mut settings);
        }
        let config = Self {
            settings,
            file: sources.file.clone(),
            is_file_empty,
            origins: reader.origins,
        };
        config.checked(reader.faults)
    }

    fn checked(self, mut faults: Vec<Fault>) -> Result<Self, ConfigError> {
        // What was refused already has its default here, about which there is nothing to say.
        if faults.is_empty() {
            faults = check::all(&self);
        }
        faults.sort_by_key(place);
        if faults.is_empty() {
            Ok(self)
        } else {
            Err(ConfigError::Invalid { faults })
        }
    }

    /// The file that was read, if any.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The file was read and has not one byte: somebody may be about to write it.
    #[must_use]
    pub const fn is_file_empty(&self) -> bool {
        self.is_file_empty
    }

    /// Where the value of a setting comes from, such as `worker.concurrency`.
    #[must_use]
    pub fn origin(&self, path: &str) -> Origin {
        self.origins.get(path).cloned().unwrap_or_default()
    }

    /// What makes sense, but hardly what was meant, such as a rule that can never decide. Nothing is
    /// refused for it.
    #[must_use]
    pub fn doubts(&self) -> Vec<Fault> {
        check::doubts(self)
    }

    /// Every setting with its value and its origin, in the order of the template. Secrets are veiled.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        row::rows(self)
    }
}

/// The order in which faults are told: by line, then as they were found.
fn place(fault: &Fault) -> (u8, usize, usize) {
    match &fault.origin {
        Origin::File(spot) => (0, spot.line(), spot.column()),
        Origin::Default => (1, 0, 0),
        Origin::Variable(_) => (2, 0, 0),
        Origin::Flag(_) => (3, 0, 0),
    }
}
