//! One TLS stack, no C cryptography beside `ring`, no native library by surprise.

use super::Package;
use crate::finding::Finding;

/// Packages that must not come in, by name, and why.
const REFUSED: &[(&str, &str)] = &[
    ("aws-lc-fips-sys", C_CRYPTOGRAPHY),
    ("aws-lc-rs", C_CRYPTOGRAPHY),
    ("aws-lc-sys", C_CRYPTOGRAPHY),
    ("boring", SECOND_TLS),
    ("boring-sys", SECOND_TLS),
    ("native-tls", SECOND_TLS),
    ("openssl", SECOND_TLS),
    ("openssl-sys", SECOND_TLS),
    ("s2n-tls", SECOND_TLS),
];

const C_CRYPTOGRAPHY: &str = "C cryptography beside `ring`: turn the feature off that pulls it";
const SECOND_TLS: &str = "a TLS stack beside `rustls`: turn the feature off that pulls it";

/// Native libraries that may be linked: the beginning of their name, and why.
const LIBRARIES: &[(&str, &str)] = &[
    (
        "rayon-core",
        "a mark that there is one pool, no library; for the benchmarks",
    ),
    ("ring_core_", "the one cryptography that is partly C"),
    ("sqlite3", "the embedded store"),
    ("wasm_bindgen", "a mark of the web platform, no library"),
    ("wsqlite3", "the embedded store on the web platform"),
];

/// The one TLS stack, which comes in one version.
const TLS: &str = "rustls";

/// Packages that bring what must not come in.
pub(super) fn check(packages: &[Package]) -> Vec<Finding> {
    let mut findings: Vec<_> = packages.iter().filter_map(objection).collect();
    let stacks: Vec<_> = packages
        .iter()
        .filter(|package| package.name == TLS)
        .collect();
    for extra in stacks.iter().skip(1) {
        findings.push(Finding::about(
            extra,
            format!("a second `{TLS}`, beside {}", stacks[0]),
        ));
    }
    findings
}

fn objection(package: &Package) -> Option<Finding> {
    if let Some((_, why)) = REFUSED.iter().find(|(name, _)| package.name == *name) {
        return Some(Finding::about(package, format!("refused: {why}")));
    }
    let library = package.links.as_ref()?;
    if LIBRARIES
        .iter()
        .any(|(known, _)| library.starts_with(known))
    {
        return None;
    }
    let message = format!("links the native library `{library}`, which policy/native.rs lacks");
    Some(Finding::about(package, message))
}

#[cfg(test)]
mod tests {
    use super::super::package::sample;
    use super::*;

    fn linking(name: &str, library: &str) -> Package {
        Package {
            links: Some(library.to_owned()),
            ..sample(name)
        }
    }

    #[test]
    fn known_libraries_may_be_linked() {
        let packages = [
            linking("ring", "ring_core_0_17_14_"),
            linking("libsqlite3-sys", "sqlite3"),
        ];
        assert_eq!(check(&packages), []);
    }

    #[test]
    fn a_second_stack_is_refused_by_name() {
        for name in ["openssl", "native-tls", "aws-lc-rs", "boring"] {
            assert_eq!(check(&[sample(name)]).len(), 1, "{name}");
        }
    }

    #[test]
    fn an_unknown_native_library_is_noticed() {
        assert_eq!(check(&[linking("libsodium-sys", "sodium")]).len(), 1);
    }

    #[test]
    fn two_versions_of_the_stack_are_two_stacks() {
        assert_eq!(check(&[sample(TLS), sample("ring"), sample(TLS)]).len(), 1);
    }
}
