//! Where packages come from: the registry, and this workspace.

use super::Package;
use crate::finding::Finding;

/// The name by which cargo calls its default registry, whatever mirror serves it.
pub(super) const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Packages from anywhere else.
pub(super) fn check(packages: &[Package]) -> Vec<Finding> {
    packages.iter().filter_map(objection).collect()
}

fn objection(package: &Package) -> Option<Finding> {
    let message = match (&package.source, package.inner) {
        (None, true) => return None,
        (Some(source), false) if source == REGISTRY => return None,
        (Some(source), true) => format!("is a crate of ours, but comes from {source}"),
        (Some(source), false) => {
            format!("comes from {source}; expected cargo's default registry")
        }
        (None, false) => "is a folder; expected cargo's default registry".to_owned(),
    };
    Some(Finding::about(package, message))
}

#[cfg(test)]
mod tests {
    use super::super::package::sample;
    use super::*;

    fn from(source: Option<&str>, name: &str, inner: bool) -> Vec<Finding> {
        let source = source.map(str::to_owned);
        check(&[Package {
            source,
            inner,
            ..sample(name)
        }])
    }

    #[test]
    fn the_registry_and_the_workspace_are_good_sources() {
        assert_eq!(from(Some(REGISTRY), "serde", false), []);
        assert_eq!(from(None, "duly-core", true), []);
    }

    #[test]
    fn git_folders_and_other_registries_are_not() {
        assert_eq!(
            from(Some("git+https://example.org/serde"), "serde", false).len(),
            1
        );
        assert_eq!(
            from(Some("registry+https://example.org/index"), "serde", false).len(),
            1
        );
        assert_eq!(from(None, "serde", false).len(), 1);
        assert_eq!(from(Some(REGISTRY), "duly-core", true).len(), 1);
    }
}
