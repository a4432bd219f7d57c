//! What somebody may have meant.

/// At most this part of the letters may be wrong.
const LIKENESS_MIN: f64 = 0.6;

/// The name that is most like another, if any is like it at all.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase().replace('-', "_");
    let likeness = |known| strsim::normalized_damerau_levenshtein(&name, known);
    let rated = known.into_iter().map(|known| (likeness(known), known));
    let alike = rated.filter(|(likeness, _)| *likeness >= LIKENESS_MIN);
    alike
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_misspelt_is_guessed_and_what_is_something_else_is_not() {
        let known = ["concurrency", "queues", "shutdown_timeout"];
        for (name, expected) in [
            ("concurency", Some("concurrency")),
            ("Queue", Some("queues")),
            ("shutdown-timeout", Some("shutdown_timeout")),
            ("retries", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known), expected, "{name}");
        }
    }
}
