//! Figures, and workers.

use duly_api::{Stats, Workers};

use super::Client;
use crate::failure::Failure;

impl Client {
    /// How the store stands.
    pub(crate) async fn stats(&self) -> Result<Stats, Failure> {
        self.get(&["v1", "stats"], &[]).await
    }

    /// The workers that are registered.
    pub(crate) async fn workers(&self) -> Result<Workers, Failure> {
        self.get(&["v1", "workers"], &[]).await
    }
}
