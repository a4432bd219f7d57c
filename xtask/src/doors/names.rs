//! The doors that only code shows: what the crates may name.

use crate::finding::Finding;
use crate::source::Source;

/// Where the core's crate begins.
const CORE: &str = "crates/core/src/lib.rs";

/// Every rule about names.
const RULES: &[Rule] = &[
    Rule {
        rooms: &["crates/core/src/"],
        outside_tests_only: true,
        patterns: &[
            "std ::",
            "extern crate std",
            "tokio ::",
            "rand ::",
            "getrandom ::",
        ],
        except: &[],
        why: "the core is no_std, without I/O, clock or randomness: take it as an argument",
    },
    Rule {
        rooms: &["crates/runtime/src/", "crates/server/src/"],
        outside_tests_only: false,
        patterns: &["duly_store_*", "SqliteStore", "SqliteOptions"],
        except: &[],
        why: "runtime and server know the port, never a concrete store",
    },
    Rule {
        rooms: &[
            "crates/core/src/",
            "crates/runtime/src/",
            "crates/server/src/",
            "crates/store/src/",
        ],
        outside_tests_only: false,
        patterns: &[
            "rusqlite ::",
            "tokio_postgres ::",
            "deadpool_postgres ::",
            "redis ::",
            "sqlx*",
        ],
        except: &[],
        why: "a driver stays inside the crate of its store",
    },
    Rule {
        rooms: &["crates/"],
        outside_tests_only: true,
        patterns: &[
            "SystemTime :: now",
            "Instant :: now",
            "UNIX_EPOCH . elapsed",
            "Utc :: now",
            "Local :: now",
            "Timestamp :: now",
            "Zoned :: now",
            "Uuid :: now_v7",
        ],
        except: &[
            Exception {
                path: "crates/local/src/clock.rs",
                reason: "it is the clock of a crate that knows no store",
            },
            Exception {
                path: "crates/store/src/clock.rs",
                reason: "it implements `Clock` with the system's time",
            },
        ],
        why: "only a `Clock` reads the time: take a `Clock` or an instant as an argument",
    },
];

/// Names that some code may not use.
struct Rule {
    /// Beginnings of paths.
    rooms: &'static [&'static str],
    /// Whether tests may use the names, and examples, which are what users would write.
    outside_tests_only: bool,
    /// What must not stand there, as [`Source::occurrences`] takes it.
    patterns: &'static [&'static str],
    /// Files that may use the names all the same.
    except: &'static [Exception],
    why: &'static str,
}

/// A file that a rule does not bind, and why it does not.
struct Exception {
    path: &'static str,
    reason: &'static str,
}

impl Rule {
    fn check(&self, source: &Source) -> Vec<Finding> {
        if !self.rooms.iter().any(|room| source.path.starts_with(room)) {
            return Vec::new();
        }
        if self
            .except
            .iter()
            .any(|exception| source.path == exception.path)
        {
            return Vec::new();
        }
        let is_example = source.path.components().any(|c| c.as_str() == "examples");
        if self.outside_tests_only && is_example {
            return Vec::new();
        }
        let mut findings = Vec::new();
        for pattern in self.patterns {
            for line in source.occurrences(pattern) {
                if !(self.outside_tests_only && source.is_test(line)) {
                    let name = pattern.replace(' ', "");
                    findings.push(Finding::at(
                        &source.path,
                        line,
                        format!("`{name}`: {}", self.why),
                    ));
                }
            }
        }
        findings
    }

    /// Exceptions that nothing needs any more.
    fn idle_exceptions(&self, sources: &[Source]) -> Vec<Finding> {
        let needed = |path: &str| {
            let source = sources.iter().find(|source| source.path == path);
            source.is_some_and(|s| self.patterns.iter().any(|p| !s.occurrences(p).is_empty()))
        };
        let idle = self
            .except
            .iter()
            .filter(|exception| !needed(exception.path));
        idle.map(|exception| {
            let message = format!("needs no exception (\"{}\"): remove it", exception.reason);
            Finding::about(exception.path, message)
        })
        .collect()
    }
}

/// What is wrong with the names in these files.
pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    let mut findings = no_std(sources);
    for rule in RULES {
        findings.extend(sources.iter().flat_map(|source| rule.check(source)));
        findings.extend(rule.idle_exceptions(sources));
    }
    findings
}

fn no_std(sources: &[Source]) -> Vec<Finding> {
    let core = sources.iter().find(|source| source.path == CORE);
    if core.is_some_and(|source| !source.occurrences("# ! [ no_std ]").is_empty()) {
        return Vec::new();
    }
    vec![Finding::about(CORE, "expected `#![no_std]`")]
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOCK: &str = "fn now() { std::time::SystemTime::now() }";

    fn source(path: &str, text: &str) -> Source {
        Source::parse(path.into(), text).expect("the text is Rust")
    }

    /// What the rules say of one file beside a core and a clock that are as they should be.
    fn found(path: &str, text: &str) -> Vec<String> {
        let clock = RULES
            .iter()
            .flat_map(|r| r.except)
            .map(|e| source(e.path, CLOCK));
        let mut sources: Vec<_> = clock.collect();
        sources.extend([source(CORE, "#![no_std]"), source(path, text)]);
        check(&sources).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_core_names_nothing_of_the_outside() {
        for text in [
            "use std::fmt;",
            "use ::std::fmt;",
            "extern crate std;",
            "fn f() { rand::random() }",
        ] {
            let found = found("crates/core/src/a.rs", text);
            assert!(
                found.len() == 1 && found[0].contains("the core is no_std"),
                "{found:?}"
            );
        }
        let text = "use alloc::vec::Vec;\n#[cfg(test)]\nmod tests { use std::fmt; }";
        assert_eq!(found("crates/core/src/a.rs", text), [""; 0]);
    }

    #[test]
    fn the_core_must_say_no_std() {
        let sources = [source(CORE, "#![cfg_attr(not(test), no_std)]")];
        assert_eq!(no_std(&sources).len(), 1);
    }

    #[test]
    fn a_concrete_store_is_unknown_to_runtime_and_server() {
        let text = "#[cfg(test)]\nmod tests { use duly_store_sqlite::SqliteStore; }";
        assert_eq!(found("crates/server/src/a.rs", text).len(), 2);
        assert_eq!(
            found("crates/runtime/src/a.rs", "use duly_store::Store;"),
            [""; 0]
        );
        assert_eq!(found("crates/duly/src/a.rs", text), [""; 0]);
    }

    #[test]
    fn a_driver_stays_in_its_store() {
        let text = "pub fn f(c: &rusqlite::Connection) {}";
        assert_eq!(found("crates/store/src/a.rs", text).len(), 1);
        assert_eq!(found("crates/store-sqlite/src/a.rs", text), [""; 0]);
    }

    #[test]
    fn only_a_clock_reads_the_time() {
        for text in [
            CLOCK,
            "fn f() { tokio::select! { _ = g(Instant::now()) => {} } }",
        ] {
            let found = found("crates/runtime/src/a.rs", text);
            assert!(
                found.len() == 1 && found[0].contains("only a `Clock`"),
                "{found:?}"
            );
        }
        assert_eq!(found("crates/runtime/tests/a.rs", CLOCK), [""; 0]);
        assert_eq!(found("crates/local/examples/a.rs", CLOCK), [""; 0]);
        assert_eq!(found("xtask/src/a.rs", CLOCK), [""; 0]);
    }

    #[test]
    fn an_exception_without_need_is_noticed() {
        let sources = [
            source(CORE, "#![no_std]"),
            source("crates/store/src/clock.rs", ""),
        ];
        let found: Vec<_> = check(&sources).iter().map(ToString::to_string).collect();
        assert!(
            found.iter().any(|f| f.contains("needs no exception")),
            "{found:?}"
        );
    }
}
