//! Everything that a store holds: out of one, and into another.

use axum::body::Bytes;
use axum::http::{Method, header};
use duly_api::Imported;

use super::{Answer, Asked, Client};
use crate::failure::Failure;

const LINES: &str = "application/x-ndjson";

impl Client {
    /// An archive, piece by piece.
    pub(crate) async fn export(&self) -> Result<Answer, Failure> {
        self.send(Asked::new(Method::GET, &["v1", "export"])).await
    }

    /// Puts an archive into the store, once.
    pub(crate) async fn import(&self, archive: Bytes) -> Result<Imported, Failure> {
        let asked = Asked {
            headers: &[(header::CONTENT_TYPE, LINES)],
            body: archive,
            ..Asked::new(Method::POST, &["v1", "import"])
        };
        self.send(asked).await?.json().await
    }
}
