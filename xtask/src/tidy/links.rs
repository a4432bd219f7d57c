//! Relative links in Markdown lead somewhere.

use std::fs;

use cargo_metadata::camino::Utf8Path;

use crate::finding::Finding;
use crate::tree::TextFile;

/// Links of one file that lead nowhere.
pub(super) fn check(root: &Utf8Path, file: &TextFile) -> Vec<Finding> {
    if file.path.extension() != Some("md") {
        return Vec::new();
    }
    relative_links(&file.text)
        .into_iter()
        .filter(|(_, target)| !leads_somewhere(root, file, target))
        .map(|(line, target)| {
            Finding::at(
                &file.path,
                line,
                format!("the link `{target}` leads nowhere"),
            )
        })
        .collect()
}

/// Whether there is such a file, and in it such a heading if the link names one.
fn leads_somewhere(root: &Utf8Path, file: &TextFile, target: &str) -> bool {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let to = root.join(&file.path).with_file_name("").join(path);
    if anchor.is_empty() || !path.is_empty() && to.extension() != Some("md") {
        return to.exists();
    }
    match path {
        "" => has_heading(&file.text, anchor),
        _ => fs::read_to_string(to).is_ok_and(|text| has_heading(&text, anchor)),
    }
}

/// Whether a heading of the text has this anchor: its letters and digits, in small, with `-` for
/// each space.
fn has_heading(text: &str, anchor: &str) -> bool {
    let heads = text.lines().filter(|line| line.starts_with('#'));
    heads
        .map(|line| line.trim_start_matches('#').trim().to_lowercase())
        .map(|head| head.replace(' ', "-"))
        .map(|head| head.replace(|c: char| !c.is_alphanumeric() && !"-_".contains(c), ""))
        .any(|head| head == anchor)
}

/// The targets of links into the file tree, with the lines that they stand on.
fn relative_links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    let mut in_block = false;
    for (i, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            let targets = targets(&without_code(line));
            links.extend(targets.into_iter().map(|target| (i + 1, target)));
        }
    }
    links
}

/// The line without what stands between backticks.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

fn targets(line: &str) -> Vec<String> {
    let inline = line
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let reference = line
        .strip_prefix('[')
        .filter(|rest| !rest.starts_with('^'))
        .and_then(|rest| rest.split_once("]: "))
        .map(|(_, target)| target);
    inline.chain(reference).filter_map(relative).collect()
}

/// A link without its title; `None` where it leads out of the project.
fn relative(target: &str) -> Option<String> {
    let target = target.split_whitespace().next()?.trim_matches(['<', '>']);
    let is_elsewhere = target.contains("://") || target.starts_with("mailto:");
    (!is_elsewhere).then(|| target.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = "See [here](main.rs#top), [there](../Cargo.toml \"title\"),\n[gone](gone.md).\n\
                    [the words](../../ARCHITECTURE.md#words), [none](../../README.md#gone)\n\
                    # A head, of sorts\n[up](#a-head-of-sorts) [down](#down)\n";
        let file = TextFile {
            path: "src/a.md".into(),
            text: text.to_owned(),
        };
        let found: Vec<_> = check(root, &file).iter().map(ToString::to_string).collect();
        let expected = [
            "src/a.md:2: the link `gone.md` leads nowhere",
            "src/a.md:3: the link `../../README.md#gone` leads nowhere",
            "src/a.md:5: the link `#down` leads nowhere",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn only_relative_links_are_looked_at() {
        let text = "[a](https://example.org/x) [b](#anchor) [c](mailto:a@example.org) ![d](d.svg)";
        assert_eq!(
            relative_links(text),
            [(1, "#anchor".to_owned()), (1, "d.svg".to_owned())]
        );
    }

    #[test]
    fn definitions_of_references_are_links() {
        assert_eq!(
            relative_links("[a]: docs/a.md\n[^1]: a note"),
            [(1, "docs/a.md".to_owned())]
        );
    }

    #[test]
    fn code_holds_no_links() {
        let text = "```rust\nlet x = a[0](b.md);\n```\nand `[x](y.md)` but [z](z.md)";
        assert_eq!(relative_links(text), [(4, "z.md".to_owned())]);
    }
}
