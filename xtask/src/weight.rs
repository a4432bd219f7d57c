//! `cargo xtask weight`: how many crates the library pulls, and which it does not.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::cargo;

/// What is counted: `duly` itself and its macros included.
const TREES: &[Tree] = &[
    Tree {
        features: None,
        crates_max: 60,
        without: &[SERVERS],
    },
    Tree {
        features: Some("local"),
        crates_max: 25,
        without: &[DATABASES, SERVERS],
    },
    Tree {
        features: Some("local-threads"),
        crates_max: 12,
        without: &[DATABASES, RUNTIMES, SERVERS],
    },
];

const DATABASES: Sort = Sort {
    what: "a database",
    names: &[
        "deadpool",
        "duly-runtime",
        "duly-store",
        "libsqlite3",
        "postgres",
        "redis",
        "rusqlite",
        "sqlx",
        "tokio-postgres",
    ],
};

const RUNTIMES: Sort = Sort {
    what: "an async runtime",
    names: &[
        "async-executor",
        "async-io",
        "async-std",
        "futures-executor",
        "glommio",
        "mio",
        "monoio",
        "smol",
        "tokio",
    ],
};

const SERVERS: Sort = Sort {
    what: "a server",
    names: &[
        "actix",
        "axum",
        "duly-api",
        "duly-server",
        "h2",
        "hyper",
        "tiny_http",
        "tonic",
        "warp",
    ],
};

/// A tree of `duly`.
struct Tree {
    /// Those that are on; `None`: the default ones.
    features: Option<&'static str>,
    crates_max: usize,
    /// What must not be in it.
    without: &'static [Sort],
}

/// Crates of one sort, by their names or the beginnings of their families'.
struct Sort {
    what: &'static str,
    names: &'static [&'static str],
}

/// Counts what ships with the library, and names what only builds it beside that.
pub(crate) fn check() -> Result<()> {
    let mut objections = Vec::new();
    for tree in TREES {
        let shipped = tree.packages("normal")?;
        println!(
            "{} crates with {}, at most {} expected; {} more to build native code",
            shipped.len(),
            tree.name(),
            tree.crates_max,
            tree.packages("normal,build")?.difference(&shipped).count()
        );
        objections.extend(tree.objections(&shipped));
    }
    if !objections.is_empty() {
        bail!("{}", objections.join("; "));
    }
    Ok(())
}

impl Tree {
    fn name(&self) -> String {
        match self.features {
            None => "default features".to_owned(),
            Some(features) => format!("`{features}` alone"),
        }
    }

    fn packages(&self, edges: &str) -> Result<BTreeSet<String>> {
        let mut arguments = vec!["tree", "--package", "duly", "--prefix", "none"];
        arguments.extend(["--edges", edges]);
        if let Some(features) = self.features {
            arguments.extend(["--no-default-features", "--features", features]);
        }
        Ok(packages(&cargo::output(&arguments)?))
    }

    /// What is wrong with what it pulls.
    fn objections(&self, packages: &BTreeSet<String>) -> Vec<String> {
        let mut objections = Vec::new();
        if packages.len() > self.crates_max {
            let all = Vec::from_iter(packages.iter().map(String::as_str)).join(", ");
            let (name, max) = (self.name(), self.crates_max);
            objections.push(format!(
                "{} crates with {name}, at most {max} expected: {all}",
                packages.len()
            ));
        }
        for sort in self.without {
            for package in packages.iter().filter(|package| sort.has(package)) {
                let name = self.name();
                objections.push(format!("{name} pulls {}: {package}", sort.what));
            }
        }
        objections
    }
}

impl Sort {
    fn has(&self, package: &str) -> bool {
        let name = package.split(' ').next().unwrap_or_default();
        self.names.iter().any(|known| {
            let rest = name.strip_prefix(known);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
        })
    }
}

/// The packages in a printed tree, each once: `name v1.2.3`, with marks and paths behind.
fn packages(tree: &str) -> BTreeSet<String> {
    let package = |line: &str| {
        let mut words = line.split_whitespace();
        Some(format!("{} {}", words.next()?, words.next()?))
    };
    tree.lines().filter_map(package).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_counts_once_per_version() {
        let tree = "duly v0.1.0 (a/path)\nsyn v1.0.0\nsyn v2.0.0 (proc-macro)\n\nsyn v1.0.0 (*)\n";
        assert_eq!(
            Vec::from_iter(packages(tree)),
            ["duly v0.1.0", "syn v1.0.0", "syn v2.0.0"]
        );
    }

    #[test]
    fn what_is_too_much_or_of_the_wrong_sort_is_named() {
        let tree = Tree {
            features: Some("light"),
            crates_max: 3,
            without: &[DATABASES, RUNTIMES],
        };
        let good = packages("duly v1\nduly-core v1\nminiature v1\n");
        assert_eq!(tree.objections(&good), [""; 0]);
        let bad = packages("duly v1\nduly-store-sqlite v1\ntokio v1\ntokio-macros v2\n");
        assert_eq!(
            tree.objections(&bad),
            [
                "4 crates with `light` alone, at most 3 expected: \
                 duly v1, duly-store-sqlite v1, tokio v1, tokio-macros v2",
                "`light` alone pulls a database: duly-store-sqlite v1",
                "`light` alone pulls an async runtime: tokio v1",
                "`light` alone pulls an async runtime: tokio-macros v2",
            ]
        );
    }
}
