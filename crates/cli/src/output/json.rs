//! JSON for people, every name and number as it was written.

/// How deep lines are set in; deeper still, or in a text that is very long, it stays as it is.
const DEPTH_MAX: usize = 32;

/// Sets out JSON in lines: what is read and written again would change the order of names, long
/// numbers, and names that are there twice.
pub(crate) fn set_out(json: &str) -> String {
    lines(json).unwrap_or_else(|| json.to_owned())
}

fn lines(json: &str) -> Option<String> {
    let mut text = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut rest = json.trim().chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => string(&mut rest, &mut text),
            '{' | '[' => {
                text.push(c);
                while rest.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(end) = rest.next_if(|&end| end == '}' || end == ']') {
                    text.push(end);
                    continue;
                }
                depth += 1;
                (depth <= DEPTH_MAX).then_some(())?;
                line(&mut text, depth);
            }
            '}' | ']' => {
                depth = depth.checked_sub(1)?;
                line(&mut text, depth);
                text.push(c);
            }
            ',' => {
                text.push(c);
                line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => text.push(c),
        }
    }
    Some(text)
}

/// A string up to its end; what stands after a backslash does not end it.
fn string(rest: &mut impl Iterator<Item = char>, text: &mut String) {
    text.push('"');
    while let Some(c) = rest.next() {
        text.push(c);
        match c {
            '\\' => text.extend(rest.next()),
            '"' => return,
            _ => {}
        }
    }
}

fn line(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_as_they_were_written() {
        let json =
            r#"{"z":1.50,"a":[12345678901234567890123, 1e400],"a":{},"s":"a\\\"{,:","e":[ ]}"#;
        let expected = "{\n  \"z\": 1.50,\n  \"a\": [\n    12345678901234567890123,\n    1e400\n  ],\n  \
                        \"a\": {},\n  \"s\": \"a\\\\\\\"{,:\",\n  \"e\": []\n}";
        assert_eq!(set_out(json), expected);
        assert_eq!(set_out("7"), "7");
    }

    #[test]
    fn what_is_deep_stays_as_it_is() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(set_out(&deep), deep);
    }
}
