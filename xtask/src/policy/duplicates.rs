//! Packages that come in several versions: no fault, but weight.

use std::collections::BTreeMap;

use super::Package;

/// One line per package that comes in more than one version.
pub(super) fn duplicates(packages: &[Package]) -> Vec<String> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages {
        versions
            .entry(&package.name)
            .or_default()
            .push(&package.version);
    }
    versions
        .into_iter()
        .filter(|(_, versions)| versions.len() > 1)
        .map(|(name, versions)| format!("{name} comes as {}", versions.join(" and ")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::package::sample;
    use super::*;

    #[test]
    fn two_versions_of_one_package_are_named() {
        let mut packages = vec![sample("syn"), sample("syn"), sample("quote")];
        packages[1].version = "2.0.0".to_owned();
        assert_eq!(duplicates(&packages), ["syn comes as 1.0.0 and 2.0.0"]);
    }
}
