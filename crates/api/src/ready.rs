//! Whether the server lives, and whether it can do its work.

use serde::{Deserialize, Serialize};

/// The answer of `GET /health`: the process lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Health {
    /// Always `ok`.
    pub status: String,
    /// The version of Duly.
    pub version: String,
}

/// How well something does its work; the worse is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// All is well.
    Healthy,
    /// It works, but somebody should look.
    Degraded,
    /// It does not work.
    Unhealthy,
}

/// The answer of `GET /ready`: 503 if unhealthy, else 200.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ready {
    /// That of the component that does worst.
    pub status: Status,
    /// What the server is made of.
    pub components: Vec<Component>,
}

impl Ready {
    /// From the components: as well as the one that does worst.
    ///
    /// ```
    /// use duly_api::{Component, Ready, Status};
    ///
    /// let component = |status| Component { name: "store".into(), status, detail: String::new() };
    /// let ready = Ready::new(vec![component(Status::Healthy), component(Status::Degraded)]);
    /// assert_eq!(ready.status, Status::Degraded);
    /// ```
    #[must_use]
    pub fn new(components: Vec<Component>) -> Self {
        let status = components.iter().map(|component| component.status).max();
        Self {
            status: status.unwrap_or(Status::Healthy),
            components,
        }
    }
}

/// A part of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Component {
    /// Which: `store`, `queues`, `workers` or `housekeeping`.
    pub name: String,
    /// How well it does its work.
    pub status: Status,
    /// Why, in words.
    pub detail: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_healthy_and_the_worst_counts() {
        assert_eq!(Ready::new(Vec::new()).status, Status::Healthy);
        let component = |status| Component {
            name: "queues".into(),
            status,
            detail: "long".into(),
        };
        let all = [Status::Unhealthy, Status::Healthy, Status::Degraded];
        let ready = Ready::new(all.map(component).to_vec());
        assert_eq!(ready.status, Status::Unhealthy);
        let text = serde_json::to_vec(&ready).unwrap();
        assert_eq!(crate::parse(&text), Ok(ready));
    }
}
