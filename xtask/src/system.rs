//! What the checks need from the system and the toolchain, found or installed.

use anyhow::{Result, bail};

mod install;
mod probe;

use probe::Probe;

/// Every need. To add one, add a line.
const NEEDS: &[Need] = &[
    Need {
        name: "a C compiler with the C library's headers",
        why: "the bundled SQLite",
        probe: Probe::CompilesC,
        supply: Supply::Packages(&["gcc", "libc6-dev"]),
    },
    Need {
        name: "Python 3.11 or later with its module venv",
        why: "the step `schemathesis`",
        probe: Probe::Runs(
            "python3",
            &[
                "-c",
                "import sys, ensurepip, venv; assert sys.version_info >= (3, 11)",
            ],
        ),
        supply: Supply::Packages(&["python3", "python3-venv"]),
    },
    Need {
        name: "rustfmt",
        why: "the step `fmt`",
        probe: Probe::Runs("cargo", &["fmt", "--version"]),
        supply: Supply::Component("rustfmt"),
    },
    Need {
        name: "clippy",
        why: "the step `clippy`",
        probe: Probe::Runs("cargo", &["clippy", "--version"]),
        supply: Supply::Component("clippy"),
    },
];

/// Something that must be there, how to see whether it is, and where it comes from.
struct Need {
    name: &'static str,
    why: &'static str,
    probe: Probe,
    supply: Supply,
}

/// Where a need comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Supply {
    /// Packages of Debian and its kin.
    Packages(&'static [&'static str]),
    /// A component of the Rust toolchain.
    Component(&'static str),
}

/// What to do about missing needs.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Install what is missing: system packages by apt, toolchain components by rustup
    #[arg(long)]
    pub(crate) install: bool,
}

/// Fails if a need is missing, unless it may be installed and then is there.
pub(crate) fn check(install: bool) -> Result<()> {
    let mut missing = missing(NEEDS);
    if install && !missing.is_empty() {
        install::packages(&packages(&missing))?;
        install::components(&components(&missing))?;
        missing.retain(|need| !need.probe.succeeds());
    }
    if missing.is_empty() {
        println!("{} needs, all met", NEEDS.len());
        return Ok(());
    }
    for need in &missing {
        println!("missing: {} for {}: {}", need.name, need.why, need.advice());
    }
    bail!(
        "{} missing: install them, or run `cargo xtask test --install`",
        missing.len()
    )
}

impl Need {
    fn advice(&self) -> String {
        match self.supply {
            Supply::Packages(names) => format!("apt packages: {}", names.join(" ")),
            Supply::Component(name) => format!("`rustup component add {name}`"),
        }
    }
}

fn missing(needs: &[Need]) -> Vec<&Need> {
    needs.iter().filter(|need| !need.probe.succeeds()).collect()
}

fn packages(needs: &[&Need]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for need in needs {
        if let Supply::Packages(packages) = need.supply {
            names.extend(packages);
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

fn components(needs: &[&Need]) -> Vec<&'static str> {
    let component = |need: &&Need| match need.supply {
        Supply::Component(name) => Some(name),
        Supply::Packages(_) => None,
    };
    needs.iter().filter_map(component).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn absent(supply: Supply) -> Need {
        let probe = Probe::Runs("a-program-that-nobody-has", &[]);
        Need {
            name: "it",
            why: "a test",
            probe,
            supply,
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_missing() {
        assert_eq!(missing(&[absent(Supply::Component("x"))]).len(), 1);
    }

    #[test]
    fn packages_are_asked_for_once() {
        let (a, b) = (
            absent(Supply::Packages(&["y", "x"])),
            absent(Supply::Packages(&["x"])),
        );
        let c = absent(Supply::Component("clippy"));
        assert_eq!(packages(&[&a, &b, &c]), ["x", "y"]);
        assert_eq!(components(&[&a, &b, &c]), ["clippy"]);
    }

    #[test]
    fn advice_names_the_next_command() {
        let need = absent(Supply::Component("clippy"));
        assert_eq!(need.advice(), "`rustup component add clippy`");
    }
}
