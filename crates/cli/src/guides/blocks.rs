//! What stands between fences in Markdown, and between backticks.

/// A fenced block.
pub(super) struct Block {
    /// The first word of its head, such as `sh`.
    pub(super) language: String,
    /// The line where it begins, from 1.
    pub(super) line: usize,
    pub(super) text: String,
}

const FENCE: &str = "```";

/// The fenced blocks of a page, in order.
pub(super) fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (i, line) in page.lines().enumerate() {
        let head = line.trim_start().strip_prefix(FENCE);
        match (open.take(), head) {
            (Some(block), Some(_)) => blocks.push(block),
            (Some(mut block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some(block);
            }
            (None, Some(head)) => {
                open = Some(Block {
                    language: head.split(',').next().unwrap_or(head).trim().to_owned(),
                    line: i + 1,
                    text: String::new(),
                });
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a fence is not closed");
    blocks
}

/// What stands between single backticks outside of blocks.
pub(super) fn code_spans(page: &str) -> Vec<&str> {
    let mut is_within = false;
    let lines = page.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with(FENCE);
        is_within ^= is_fence;
        !is_fence && !is_within
    });
    lines
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .collect()
}

#[test]
fn blocks_and_spans_are_told_apart() {
    let page = "Say `a b` or `c`:\n```sh\nls `x`\n```\n```rust,no_run\nlet y;\n```\n";
    assert_eq!(code_spans(page), ["a b", "c"]);
    let found = blocks(page);
    let found: Vec<_> = found
        .iter()
        .map(|b| (&*b.language, b.line, &*b.text))
        .collect();
    assert_eq!(found, [("sh", 2, "ls `x`\n"), ("rust", 5, "let y;\n")]);
}
