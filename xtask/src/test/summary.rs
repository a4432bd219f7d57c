//! The table at the end.

use std::time::Duration;

use super::step::{Outcome, heading};
use crate::terminal::{Colour, paint};

/// Prints one row per step, and the whole time.
pub(super) fn print(outcomes: &[Outcome]) {
    println!("\n{}", heading("summary"));
    for outcome in outcomes {
        let colour = match outcome {
            Outcome { error: Some(_), .. } => Colour::Red,
            Outcome {
                skipped: Some(_), ..
            } => Colour::Yellow,
            _ => Colour::Green,
        };
        println!("{}", paint(&row(outcome), colour));
    }
    let total: Duration = outcomes.iter().map(|outcome| outcome.took).sum();
    println!("        {:<14} {:>8.1} s", "all", total.as_secs_f64());
}

fn row(outcome: &Outcome) -> String {
    let word = match outcome {
        Outcome { error: Some(_), .. } => "FAILED",
        Outcome {
            skipped: Some(_), ..
        } => "SKIPPED",
        _ => "ok",
    };
    let seconds = outcome.took.as_secs_f64();
    let row = format!("{word:<7} {:<14} {seconds:>8.1} s", outcome.name);
    match outcome.error.as_ref().or(outcome.skipped.as_ref()) {
        Some(error) => format!("{row}  {error}"),
        None => row,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_row_says_why() {
        let took = Duration::from_millis(1_250);
        let good = Outcome {
            name: "fmt",
            took,
            error: None,
            skipped: None,
        };
        let bad = Outcome {
            name: "tidy",
            took,
            error: Some("2 findings".to_owned()),
            skipped: None,
        };
        assert_eq!(row(&good), "ok      fmt                 1.2 s");
        assert_eq!(row(&bad), "FAILED  tidy                1.2 s  2 findings");
        let skipped = Outcome {
            name: "fuzz",
            took,
            error: None,
            skipped: Some("no nightly".to_owned()),
        };
        assert_eq!(
            row(&skipped),
            "SKIPPED fuzz                1.2 s  no nightly"
        );
    }
}
