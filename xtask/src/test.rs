//! `cargo xtask test`: every check of the project, in order.

use anyhow::{Result, bail};

use crate::{
    alone, bare, cargo, doors, fuzz, model, policy, schemathesis, simulate, system, tidy, weight,
};

mod step;
mod summary;

use step::{Outcome, Pace, Step};

/// How many random cases each property gets under `--quick`.
const QUICK_CASES: &str = "32";

/// Every step, in order. To add one, add a line.
const STEPS: &[Step] = &[
    Step::new("system", Pace::Full, |arguments| {
        system::check(arguments.install)
    }),
    Step::new("fmt", Pace::Quick, |_| {
        cargo::run(&["fmt", "--all", "--check"], &[])
    }),
    Step::new("tidy", Pace::Quick, |_| tidy::check()),
    Step::new("doors", Pace::Quick, |_| doors::check()),
    Step::new("policy", Pace::Quick, |_| policy::check()),
    Step::new("clippy", Pace::Quick, |_| clippy()),
    Step::new("docs", Pace::Full, |_| docs()),
    Step::new("unit tests", Pace::Quick, unit_tests),
    Step::new("executors", Pace::Full, |_| alone::check()),
    Step::new("model", Pace::Full, |_| model::check()),
    Step::new("simulation", Pace::Full, |_| simulate::check()),
    Step::new("schemathesis", Pace::Full, |arguments| {
        schemathesis::check(arguments.install)
    }),
    Step::new("core bare", Pace::Full, |_| bare::check()),
    Step::new("crate count", Pace::Full, |_| weight::check()),
    Step::new("fuzz", Pace::Full, |arguments| {
        fuzz::check(arguments.install)
    })
    .unless(fuzz::unavailable),
];

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Install what is missing: system packages by apt, toolchain components by rustup
    #[arg(long)]
    pub(crate) install: bool,
    /// Only what belongs in the inner loop: no docs, no doctests, no integration tests, few cases
    #[arg(long)]
    pub(crate) quick: bool,
    /// Run these steps alone, such as `clippy` or "unit tests"
    #[arg(value_name = "STEP")]
    steps: Vec<String>,
}

/// Runs the steps, all of them even when some fail, and fails if any did.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let steps = choose(STEPS, arguments)?;
    let outcomes: Vec<Outcome> = steps.iter().map(|step| step.run(arguments)).collect();
    summary::print(&outcomes);
    let failed: Vec<_> = outcomes
        .iter()
        .filter(|o| o.failed())
        .map(|o| o.name)
        .collect();
    if !failed.is_empty() {
        bail!(
            "{} of {} steps failed: {}",
            failed.len(),
            outcomes.len(),
            failed.join(", ")
        );
    }
    Ok(())
}

fn choose<'a>(steps: &'a [Step], arguments: &Arguments) -> Result<Vec<&'a Step>> {
    for name in &arguments.steps {
        if !steps.iter().any(|step| step.name == name) {
            let known: Vec<_> = steps.iter().map(|step| step.name).collect();
            bail!(
                "there is no step `{name}`; the steps are: {}",
                known.join(", ")
            );
        }
    }
    let wanted = |step: &&Step| {
        if arguments.steps.is_empty() {
            !arguments.quick || step.pace == Pace::Quick
        } else {
            arguments.steps.iter().any(|name| name == step.name)
        }
    };
    Ok(steps.iter().filter(wanted).collect())
}

fn clippy() -> Result<()> {
    let deny = ["--all-targets", "--", "-D", "warnings"];
    cargo::run(&[&["clippy", "--workspace"], &deny[..]].concat(), &[])?;
    let stored = [
        "clippy",
        "-p",
        "duly",
        "--no-default-features",
        "--features",
        "stored",
    ];
    cargo::run(&[&stored, &deny[..]].concat(), &[])
}

fn docs() -> Result<()> {
    cargo::run(
        &["doc", "--workspace", "--no-deps", "--all-features"],
        &[("RUSTDOCFLAGS", "-D warnings")],
    )
}

fn unit_tests(arguments: &Arguments) -> Result<()> {
    if arguments.quick {
        let variables = [("PROPTEST_CASES", QUICK_CASES)];
        return cargo::run(&["test", "--workspace", "--lib", "--bins"], &variables);
    }
    cargo::run(&["test", "--workspace", "--no-fail-fast"], &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: &[Step] = &[
        Step::new("a", Pace::Quick, |_| Ok(())),
        Step::new("b", Pace::Full, |_| bail!("broken")),
    ];

    fn arguments(quick: bool, steps: &[&str]) -> Arguments {
        let steps = steps.iter().map(|&s| s.to_owned()).collect();
        Arguments {
            install: false,
            quick,
            steps,
        }
    }

    fn names(arguments: &Arguments) -> Vec<&'static str> {
        choose(SOME, arguments)
            .expect("known steps")
            .iter()
            .map(|s| s.name)
            .collect()
    }

    #[test]
    fn quick_leaves_out_the_slow_steps() {
        assert_eq!(names(&arguments(false, &[])), ["a", "b"]);
        assert_eq!(names(&arguments(true, &[])), ["a"]);
    }

    #[test]
    fn a_named_step_runs_alone() {
        assert_eq!(names(&arguments(false, &["b"])), ["b"]);
    }

    #[test]
    fn an_unknown_step_is_refused_by_name() {
        let error = choose(SOME, &arguments(false, &["c"]))
            .err()
            .expect("no such step");
        assert_eq!(
            error.to_string(),
            "there is no step `c`; the steps are: a, b"
        );
    }

    #[test]
    fn a_step_that_fails_is_reported_as_failed() {
        let outcomes: Vec<_> = SOME.iter().map(|s| s.run(&arguments(false, &[]))).collect();
        assert!(!outcomes[0].failed() && outcomes[1].failed());
    }

    #[test]
    fn no_two_steps_share_a_name() {
        for (i, step) in STEPS.iter().enumerate() {
            assert!(
                STEPS[i + 1..].iter().all(|other| other.name != step.name),
                "{}",
                step.name
            );
        }
    }
}
