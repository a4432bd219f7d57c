//! The store that a command works on itself.

use duly::{Duly, OpenError};

use crate::failure::Failure;

/// Opens the store that a URL names.
pub(crate) async fn open(url: &str) -> Result<Duly, Failure> {
    Duly::open(url).await.map_err(|error| match error {
        OpenError::UnknownScheme { .. }
        | OpenError::Incomplete { .. }
        | OpenError::UnknownOption { .. }
        | OpenError::InvalidOption { .. } => Failure::Usage(format!("--store: {error}")),
        other => anyhow::Error::new(other)
            .context(format!("cannot open {url}"))
            .into(),
    })
}
