//! The doors that a manifest shows: dependencies that ship.

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, Metadata};

use crate::finding::Finding;

/// Every crate of the workspace with the crates of the workspace that it may use.
const ROOMS: &[Room] = &[
    Room::new("duly-core", &[], &[]),
    Room::new("duly-local", &["duly-core"], &[]),
    Room::new("duly-schedule", &["duly-core"], &[]),
    Room::new("duly-store", &["duly-core"], &[]),
    Room::new("duly-store-sqlite", &["duly-core", "duly-store"], &[]),
    Room::new(
        "duly-runtime",
        &["duly-core", "duly-schedule", "duly-store"],
        &[],
    ),
    Room::new(
        "duly",
        &["duly-core"],
        &[
            "duly-local",
            "duly-runtime",
            "duly-schedule",
            "duly-store",
            "duly-store-sqlite",
        ],
    ),
    Room::new("duly-api", &["duly-core"], &[]),
    Room::new(
        "duly-config",
        &["duly-api", "duly-core", "duly-schedule"],
        &[],
    ),
    Room::new(
        "duly-server",
        &["duly", "duly-api", "duly-core", "duly-schedule"],
        &[],
    ),
    Room::new(
        "duly-cli",
        &[
            "duly",
            "duly-api",
            "duly-config",
            "duly-core",
            "duly-run",
            "duly-schedule",
            "duly-server",
        ],
        &[],
    ),
    Room::new(
        "duly-run",
        &["duly", "duly-api", "duly-core", "duly-server"],
        &[],
    ),
    Room::new(
        "duly-bench",
        &[
            "duly",
            "duly-core",
            "duly-local",
            "duly-runtime",
            "duly-server",
            "duly-store",
            "duly-store-sqlite",
        ],
        &[],
    ),
    Room::new(
        "duly-sim",
        &["duly-core", "duly-schedule", "duly-store"],
        &[],
    ),
    Room::new("xtask", &[], &[]),
];

/// Crates that speak to one kind of store.
const DRIVERS: &[&str] = &[
    "deadpool-postgres",
    "fred",
    "libsqlite3-sys",
    "postgres",
    "redis",
    "rusqlite",
    "sqlx",
    "tokio-postgres",
];

/// Crates whose public signatures must stay free of drivers, and which therefore have none.
const WITHOUT_DRIVERS: &[&str] = &[
    "duly-core",
    "duly-local",
    "duly-runtime",
    "duly-server",
    "duly-store",
];

/// What one crate may use.
struct Room {
    name: &'static str,
    /// Always allowed.
    uses: &'static [&'static str],
    /// Allowed behind a feature only.
    chooses: &'static [&'static str],
}

impl Room {
    const fn new(
        name: &'static str,
        uses: &'static [&'static str],
        chooses: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            uses,
            chooses,
        }
    }

    fn objection(&self, edge: &Edge) -> Option<String> {
        let to = edge.to.as_str();
        if self.uses.contains(&to) || (self.chooses.contains(&to) && edge.optional) {
            return None;
        }
        if self.chooses.contains(&to) {
            return Some(format!(
                "may use `{to}` behind a feature only: make it optional"
            ));
        }
        let allowed = [self.uses, self.chooses].concat();
        Some(format!(
            "may not use `{to}`; it may use [{}]",
            allowed.join(", ")
        ))
    }
}

/// A dependency that ships: normal or for building, not for tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edge {
    from: String,
    to: String,
    optional: bool,
    /// Whether the other end is a crate of the workspace.
    inner: bool,
}

/// Every dependency of the workspace's crates that ships.
pub(super) fn edges(metadata: &Metadata) -> Vec<Edge> {
    let packages = metadata.workspace_packages();
    let members: BTreeSet<&str> = packages.iter().map(|p| p.name.as_str()).collect();
    let mut edges = Vec::new();
    for package in &packages {
        let ships = |kind| kind != DependencyKind::Development;
        for dependency in package.dependencies.iter().filter(|d| ships(d.kind)) {
            edges.push(Edge {
                from: package.name.to_string(),
                to: dependency.name.clone(),
                optional: dependency.optional,
                inner: members.contains(dependency.name.as_str()),
            });
        }
    }
    edges
}

/// What is wrong with these dependencies.
pub(super) fn check(edges: &[Edge]) -> Vec<Finding> {
    edges.iter().filter_map(objection).collect()
}

fn objection(edge: &Edge) -> Option<Finding> {
    let driver = DRIVERS
        .iter()
        .any(|d| edge.to == *d || edge.to.starts_with(&format!("{d}-")));
    if driver && WITHOUT_DRIVERS.contains(&edge.from.as_str()) {
        let message = format!(
            "may not use the driver `{}`: a store's own crate does",
            edge.to
        );
        return Some(Finding::about(&edge.from, message));
    }
    if !edge.inner {
        return None;
    }
    let message = match ROOMS.iter().find(|room| room.name == edge.from) {
        Some(room) => room.objection(edge)?,
        None => "has no row in the table of rooms: add it to doors/edges.rs".to_owned(),
    };
    Some(Finding::about(&edge.from, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(from: &str, to: &str) -> Edge {
        let inner = to.starts_with("duly");
        Edge {
            from: from.to_owned(),
            to: to.to_owned(),
            optional: false,
            inner,
        }
    }

    fn messages(edges: &[Edge]) -> Vec<String> {
        check(edges).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn doors_open_towards_the_core() {
        let good = [
            edge("duly-store", "duly-core"),
            edge("duly-runtime", "duly-store"),
            edge("duly-local", "duly-core"),
            edge("duly-cli", "duly-server"),
            edge("duly-store-sqlite", "rusqlite"),
            edge("duly-core", "hashbrown"),
        ];
        assert_eq!(messages(&good), [""; 0]);
    }

    #[test]
    fn doors_do_not_open_the_other_way() {
        let bad = [
            edge("duly-core", "duly-store"),
            edge("duly-store-sqlite", "duly-runtime"),
            edge("duly-runtime", "duly-store-sqlite"),
            edge("duly-server", "duly-store-sqlite"),
            edge("duly-server", "duly-store"),
            edge("duly-api", "duly"),
            edge("duly-local", "duly-store"),
            edge("duly-server", "duly-local"),
        ];
        for edge in bad {
            let expected = format!("{}: may not use `{}`; it may use [", edge.from, edge.to);
            let found = messages(std::slice::from_ref(&edge));
            assert!(
                found.len() == 1 && found[0].starts_with(&expected),
                "{found:?}"
            );
        }
    }

    #[test]
    fn the_facade_has_its_rooms_behind_features() {
        for room in ["duly-store-sqlite", "duly-runtime", "duly-local"] {
            let mut edge = edge("duly", room);
            assert!(messages(std::slice::from_ref(&edge))[0].contains("behind a feature only"));
            edge.optional = true;
            assert_eq!(check(&[edge]), []);
        }
    }

    #[test]
    fn a_driver_stays_in_its_store() {
        for driver in ["rusqlite", "tokio-postgres", "redis", "sqlx-core"] {
            let found = messages(&[edge("duly-runtime", driver)]);
            assert!(
                found.len() == 1 && found[0].contains("may not use the driver"),
                "{found:?}"
            );
        }
    }

    #[test]
    fn a_crate_without_a_row_is_noticed() {
        assert!(messages(&[edge("duly-new", "duly-core")])[0].contains("has no row"));
    }
}
