//! Which licences a dependency may have.

use super::Package;
use super::expression::Expression;
use crate::finding::Finding;

/// Licences that ask for no more than attribution.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// What each of our own crates says.
const OURS: &str = "MIT OR Apache-2.0";

/// Packages whose licence is accepted although the list lacks it: name, licence, reason.
const EXCEPTIONS: &[Exception] = &[];

/// A licence that one package may have, and why it may.
struct Exception {
    package: &'static str,
    licence: &'static str,
    reason: &'static str,
}

/// Packages under any other licence.
pub(super) fn check(packages: &[Package]) -> Vec<Finding> {
    check_with(packages, EXCEPTIONS)
}

fn check_with(packages: &[Package], exceptions: &[Exception]) -> Vec<Finding> {
    let mut findings: Vec<_> = packages
        .iter()
        .filter_map(|package| objection(package, exceptions))
        .collect();
    for exception in exceptions {
        if !packages
            .iter()
            .any(|package| package.name == exception.package)
        {
            let message = format!("needs no exception (\"{}\"): remove it", exception.reason);
            findings.push(Finding::about(exception.package, message));
        }
    }
    findings
}

fn objection(package: &Package, exceptions: &[Exception]) -> Option<Finding> {
    let Some(licence) = &package.licence else {
        return Some(Finding::about(package, "names no licence"));
    };
    if package.inner {
        let message = format!("is under `{licence}`; expected `{OURS}`");
        return (licence != OURS).then(|| Finding::about(package, message));
    }
    let allowed = |name: &str| {
        let excepted = |e: &Exception| e.package == package.name && e.licence == name;
        ALLOWED.iter().any(|known| known.eq_ignore_ascii_case(name))
            || exceptions.iter().any(excepted)
    };
    match Expression::parse(licence) {
        Ok(expression) if expression.permits(&allowed) => None,
        Ok(_) => Some(Finding::about(
            package,
            format!("is under `{licence}`, which is not allowed"),
        )),
        Err(error) => Some(Finding::about(
            package,
            format!("licence `{licence}`: {error}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::package::sample;
    use super::*;

    fn under(licence: Option<&str>) -> Package {
        Package {
            licence: licence.map(str::to_owned),
            ..sample("x")
        }
    }

    #[test]
    fn permissive_licences_pass() {
        for licence in [
            "MIT",
            "Apache-2.0 AND ISC",
            "GPL-3.0 OR Zlib",
            "Unlicense/MIT",
        ] {
            assert_eq!(check_with(&[under(Some(licence))], &[]), [], "{licence}");
        }
    }

    #[test]
    fn others_do_not() {
        for licence in ["GPL-3.0", "MIT AND AGPL-3.0", "MPL-2.0", "MIT OR", ""] {
            assert_eq!(
                check_with(&[under(Some(licence))], &[]).len(),
                1,
                "{licence}"
            );
        }
        assert_eq!(check_with(&[under(None)], &[]).len(), 1);
    }

    #[test]
    fn an_exception_holds_for_its_package_and_licence_alone() {
        let exception = |package| Exception {
            package,
            licence: "MPL-2.0",
            reason: "none other",
        };
        let package = under(Some("MPL-2.0"));
        assert_eq!(
            check_with(std::slice::from_ref(&package), &[exception("x")]),
            []
        );
        // Not covered, and the exception for `y` is idle.
        assert_eq!(check_with(&[package], &[exception("y")]).len(), 2);
        assert_eq!(
            check_with(&[under(Some("GPL-3.0"))], &[exception("x")]).len(),
            1
        );
    }

    #[test]
    fn our_own_crates_say_both_licences() {
        let ours = |licence| Package {
            inner: true,
            ..under(Some(licence))
        };
        assert_eq!(check_with(&[ours(OURS)], &[]), []);
        assert_eq!(check_with(&[ours("MIT")], &[]).len(), 1);
    }
}
