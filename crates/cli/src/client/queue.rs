//! Queues, kinds and tenants, all of them.

use duly_api::{Kinds, Queues, Tenants};

use super::{Client, Parameter};
use crate::failure::Failure;

impl Client {
    /// All queues, by name.
    pub(crate) async fn queues(&self) -> Result<Queues, Failure> {
        self.get(&["v1", "queues"], &[]).await
    }

    /// A page of kinds, by name.
    pub(crate) async fn kinds(&self, query: &[Parameter]) -> Result<Kinds, Failure> {
        self.get(&["v1", "kinds"], query).await
    }

    /// A page of tenants, by name.
    pub(crate) async fn tenants(&self, query: &[Parameter]) -> Result<Tenants, Failure> {
        self.get(&["v1", "tenants"], query).await
    }
}
