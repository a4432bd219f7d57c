//! How long files and functions may be.

use crate::finding::Finding;
use crate::source::Source;

/// Lines of a file outside its tests. Near 200 is home; at 500 it wants to be two files.
const FILE_LINES_MAX: usize = 500;

/// Lines of a function. Most are under 10.
const FUNCTION_LINES_MAX: usize = 70;

/// What may be longer: a path, or `path::function`; its lines today; why. Never raise a figure.
const ALLOWANCES: &[Allowance] = &[];

/// Something over the limit, with its ceiling.
struct Allowance {
    place: &'static str,
    lines_max: usize,
    reason: &'static str,
}

/// Something that has a length.
struct Sized {
    place: String,
    line: usize,
    lines: usize,
    limit: usize,
}

/// Files and functions that are too long, and allowances that nothing needs.
pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    check_with(sources, ALLOWANCES)
}

fn check_with(sources: &[Source], allowances: &[Allowance]) -> Vec<Finding> {
    let sized: Vec<_> = sources.iter().flat_map(measure).collect();
    let mut findings: Vec<_> = sized
        .iter()
        .filter_map(|s| objection(s, allowances))
        .collect();
    for allowance in allowances {
        let needed = |s: &Sized| s.place == allowance.place && s.lines > s.limit;
        if !sized.iter().any(needed) {
            let message = format!("needs no allowance (\"{}\"): remove it", allowance.reason);
            findings.push(Finding::about(allowance.place, message));
        }
    }
    findings
}

fn measure(source: &Source) -> Vec<Sized> {
    let functions = source.functions();
    let mut sized: Vec<_> = functions
        .iter()
        .map(|function| Sized {
            place: format!("{}::{}", source.path, function.name),
            line: function.first,
            lines: function.lines(),
            limit: FUNCTION_LINES_MAX,
        })
        .collect();
    sized.push(Sized {
        place: source.path.to_string(),
        line: 0,
        lines: source.lines_outside_tests(),
        limit: FILE_LINES_MAX,
    });
    sized
}

fn objection(sized: &Sized, allowances: &[Allowance]) -> Option<Finding> {
    let allowed = allowances
        .iter()
        .find(|allowance| allowance.place == sized.place);
    let limit = allowed.map_or(sized.limit, |allowance| allowance.lines_max);
    let message = format!("{} lines, at most {limit} expected: split it", sized.lines);
    (sized.lines > limit).then(|| Finding::at(&sized.place, sized.line, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::parse("a.rs".into(), text).expect("the text is Rust")
    }

    fn function(lines: usize) -> String {
        format!("fn f() {{\n{}}}\n", "    g();\n".repeat(lines - 2))
    }

    #[test]
    fn a_long_function_is_found() {
        assert_eq!(
            check_with(&[source(&function(FUNCTION_LINES_MAX))], &[]),
            []
        );
        let found = check_with(&[source(&function(FUNCTION_LINES_MAX + 1))], &[]);
        assert_eq!(
            found[0].to_string(),
            "a.rs::f:1: 71 lines, at most 70 expected: split it"
        );
    }

    #[test]
    fn a_long_file_is_found_and_its_tests_do_not_count() {
        let code = "fn f() {}\n".repeat(FILE_LINES_MAX);
        let tests = format!("{code}#[cfg(test)]\nmod tests {{\n    fn g() {{}}\n}}\n");
        assert_eq!(check_with(&[source(&tests)], &[]), []);
        assert_eq!(
            check_with(&[source(&format!("{code}fn g() {{}}\n"))], &[]).len(),
            1
        );
    }

    #[test]
    fn an_allowance_is_a_ceiling() {
        let allowance = |lines_max| Allowance {
            place: "a.rs::f",
            lines_max,
            reason: "a table",
        };
        assert_eq!(check_with(&[source(&function(80))], &[allowance(80)]), []);
        assert_eq!(
            check_with(&[source(&function(81))], &[allowance(80)]).len(),
            1
        );
    }

    #[test]
    fn an_allowance_without_need_is_noticed() {
        let allowance = Allowance {
            place: "a.rs::f",
            lines_max: 80,
            reason: "a table",
        };
        let found = check_with(&[source(&function(60))], &[allowance]);
        assert_eq!(
            found[0].to_string(),
            "a.rs::f: needs no allowance (\"a table\"): remove it"
        );
    }
}
