//! How deep JSON is nested: most programs that read it go to some depth only.

/// How deep arrays and objects are nested in what is known to be JSON.
pub(crate) fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut is_text, mut is_escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => is_text = !is_text,
            b'[' | b'{' if !is_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_texts_is_not_nested() {
        for (json, deep) in [
            ("7", 0),
            ("[]", 1),
            (r#"[{"a": [1]}, [2]]"#, 3),
            (r#""[[[""#, 0),
            (r#"["\"[[[", "\\", {}]"#, 2),
        ] {
            assert_eq!(depth(json), deep, "{json}");
        }
    }
}
