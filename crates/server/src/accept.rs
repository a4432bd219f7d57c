//! In which forms a client takes its answer.

use axum::http::{HeaderMap, header};

/// The header `Accept`.
pub(crate) struct Accept(String);

impl Accept {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT);
        let texts = values.iter().filter_map(|value| value.to_str().ok());
        Self(texts.collect::<Vec<_>>().join(","))
    }

    /// Nothing is said: anything will do.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// How much one of these is wanted: that of the first of them that is named, 0 if none is.
    pub(crate) fn quality(&self, ranges: &[&str]) -> f32 {
        let of = |wanted: &str| self.0.split(',').find_map(|range| weight(range, wanted));
        ranges.iter().find_map(|range| of(range)).unwrap_or(0.0)
    }
}

fn weight(range: &str, wanted: &str) -> Option<f32> {
    let mut parts = range.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case(wanted) {
        return None;
    }
    let q = parts.find_map(|part| part.strip_prefix("q="));
    Some(q.and_then(|q| q.trim().parse().ok()).unwrap_or(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_range_that_is_named_counts() {
        let mut headers = HeaderMap::new();
        assert!(Accept::of(&headers).is_empty());
        headers.append(header::ACCEPT, "A/b;v=1;q=0.5".parse().unwrap());
        headers.append(header::ACCEPT, "*/*; q=0.1, a/c".parse().unwrap());
        let accept = Accept::of(&headers);
        assert!(!accept.is_empty());
        for (ranges, quality) in [
            (&["a/b"][..], 0.5),
            (&["x/y", "*/*"], 0.1),
            (&["a/c", "*/*"], 1.0),
            (&["x/y"], 0.0),
        ] {
            assert!(
                (accept.quality(ranges) - quality).abs() < f32::EPSILON,
                "{ranges:?}"
            );
        }
    }
}
