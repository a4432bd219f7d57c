//! Limits.

use axum::http::Method;
use duly_api::{Attachment, Attachments, Detachment, Limit, LimitSet, Limits};

use super::{Client, Parameter};
use crate::failure::Failure;

impl Client {
    /// A page of limits, by name.
    pub(crate) async fn limits(&self, query: &[Parameter]) -> Result<Limits, Failure> {
        self.get(&["v1", "limits"], query).await
    }

    /// One limit.
    pub(crate) async fn limit(&self, name: &str) -> Result<Limit, Failure> {
        self.get(&["v1", "limits", name], &[]).await
    }

    /// A page of what a limit is attached to.
    pub(crate) async fn attached(
        &self,
        name: &str,
        query: &[Parameter],
    ) -> Result<Attachments, Failure> {
        self.get(&["v1", "limits", name, "attached"], query).await
    }

    /// Says what a limit bounds.
    pub(crate) async fn define_limit(&self, name: &str, set: &LimitSet) -> Result<Limit, Failure> {
        self.ask(Method::PUT, &["v1", "limits", name], set).await
    }

    /// It bounds nothing any more.
    pub(crate) async fn remove_limit(&self, name: &str) -> Result<Limit, Failure> {
        self.tell(Method::DELETE, &["v1", "limits", name]).await
    }

    /// All tasks of something are bound by it.
    pub(crate) async fn attach_limit(&self, name: &str, to: &Attachment) -> Result<Limit, Failure> {
        self.ask(Method::POST, &["v1", "limits", name, "attach"], to)
            .await
    }

    /// They are not any more.
    pub(crate) async fn detach_limit(
        &self,
        name: &str,
        from: &Detachment,
    ) -> Result<Limit, Failure> {
        self.ask(Method::POST, &["v1", "limits", name, "detach"], from)
            .await
    }
}
