//! The older text format, which most scrapers take.

/// From OpenMetrics: there a counter's samples have a suffix that its name has not, and there is an
/// end.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut help = None;
    for line in text.lines() {
        if line.starts_with("# HELP ") {
            help = Some(line);
            continue;
        }
        if line == "# EOF" || line.starts_with("# UNIT ") {
            continue;
        }
        let counter = line
            .strip_prefix("# TYPE ")
            .and_then(|rest| rest.strip_suffix(" counter"));
        if let Some(help) = help.take() {
            match counter {
                Some(name) => plain.push_str(&help.replacen(name, &total(name), 1)),
                None => plain.push_str(help),
            }
            plain.push('\n');
        }
        match counter {
            Some(name) => plain.push_str(&format!("# TYPE {} counter", total(name))),
            None => plain.push_str(line),
        }
        plain.push('\n');
    }
    plain
}

fn total(name: &str) -> String {
    format!("{name}_total")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_named_as_their_samples_are() {
        let text = "# HELP a_b Things.\n# TYPE a_b counter\na_b_total 1\n\
                    # HELP a_seconds Time.\n# TYPE a_seconds gauge\n# UNIT a_seconds seconds\n\
                    a_seconds 2.0\n# EOF\n";
        assert_eq!(
            plain(text),
            "# HELP a_b_total Things.\n# TYPE a_b_total counter\na_b_total 1\n\
             # HELP a_seconds Time.\n# TYPE a_seconds gauge\na_seconds 2.0\n"
        );
    }
}
