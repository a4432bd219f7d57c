//! What the policy looks at in a package.

use std::fmt;

/// A package, its source `None` where it is a folder.
#[derive(Debug, Clone)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) licence: Option<String>,
    pub(super) source: Option<String>,
    /// The native library that it brings or links.
    pub(super) links: Option<String>,
    /// Whether it is a crate of ours, by its name.
    pub(super) inner: bool,
}

impl Package {
    pub(super) fn of(package: &cargo_metadata::Package) -> Self {
        let name = package.name.to_string();
        Self {
            inner: name == "xtask" || name == "duly" || name.starts_with("duly-"),
            name,
            version: package.version.to_string(),
            licence: package.license.clone(),
            source: package.source.as_ref().map(|source| source.repr.clone()),
            links: package.links.clone(),
        }
    }
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

/// A package from the registry, for tests.
#[cfg(test)]
pub(super) fn sample(name: &str) -> Package {
    Package {
        name: name.to_owned(),
        version: "1.0.0".to_owned(),
        licence: Some("MIT OR Apache-2.0".to_owned()),
        source: Some(super::sources::REGISTRY.to_owned()),
        links: None,
        inner: false,
    }
}
