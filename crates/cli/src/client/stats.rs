//! Figures.

use duly_api::Stats;

use super::Client;
use crate::failure::Failure;

impl Client {
    /// How the store stands.
    pub(crate) async fn stats(&self) -> Result<Stats, Failure> {
        self.get(&["v1", "stats"], &[]).await
    }
}
