//! Counting the arguments of a task in the text of its payload.

/// How many elements a JSON array has, or how many members a JSON object. `None` for any other JSON, and
/// for a text that ends too early or goes on behind its end. Nothing is built, and nothing else is
/// checked: of what is no JSON the count means nothing.
///
/// ```
/// use duly_core::rules::count_arguments;
///
/// assert_eq!(count_arguments(br#"["a, b", [1, 2], {}]"#), Some(3));
/// assert_eq!(count_arguments(br#"{"to": "ada", "cc": ["bob", "eve"]}"#), Some(2));
/// assert_eq!(count_arguments(b"7"), None);
/// ```
#[must_use]
pub fn count(json: &[u8]) -> Option<u64> {
    let json = json.trim_ascii();
    let inner = json
        .strip_prefix(b"[")
        .or_else(|| json.strip_prefix(b"{"))?;
    let mut bytes = inner.iter();
    let (mut depth, mut commas, mut is_empty) = (1_u64, 0, true);
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => pass_string(&mut bytes)?,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            b',' if depth == 1 => commas += 1,
            _ => {}
        }
        if depth == 0 {
            let is_all = bytes.as_slice().is_empty();
            return is_all.then_some(if is_empty { 0 } else { commas + 1 });
        }
        is_empty = is_empty && byte.is_ascii_whitespace();
    }
    None
}

/// Goes behind the quote that ends a string.
fn pass_string(bytes: &mut core::slice::Iter<'_, u8>) -> Option<()> {
    loop {
        match bytes.next()? {
            b'"' => return Some(()),
            b'\\' => drop(bytes.next()?),
            _ => {}
        }
    }
}
