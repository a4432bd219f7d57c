//! Lists.

use serde_json::Value;

use super::{Form, Read, Wrong};
use crate::node::{Content, Node};
use crate::yaml;

/// A list of things of one form. On one line: `a, b`, or as in YAML `[a, b]`.
pub(crate) fn list<T: 'static>(item: Form<T>, length_max: usize) -> Form<Vec<T>> {
    let expected = format!("a list such as [a, b]; each is {}", item.expected);
    let wanted = expected.clone();
    let (read, reveal, show) = (item.read, item.reveal, item.show);
    Form {
        expected,
        read: Box::new(move |node| {
            let items = items(node, &wanted)?;
            if items.len() > length_max {
                return Err(vec![too_many(node, items.len(), length_max)]);
            }
            all(&items, &read)
        }),
        reveal: Box::new(move |values| values.iter().map(&reveal).collect()),
        show: Box::new(move |values| Value::Array(values.iter().map(&show).collect())),
    }
}

/// The items of a list, or of what stands for one on one line.
fn items(node: &Node, wanted: &str) -> Read<Vec<Node>> {
    match &node.content {
        Content::List(items) => Ok(items.clone()),
        Content::Line(text) if text.trim_start().starts_with('[') => {
            match yaml::line(text, &node.origin) {
                Ok(Node {
                    content: Content::List(items),
                    ..
                }) => Ok(items),
                _ => Err(vec![Wrong::new(node, wanted)]),
            }
        }
        Content::Line(text) if text.trim().is_empty() => Ok(Vec::new()),
        Content::Line(text) => Ok(text.split(',').map(|part| one(node, part)).collect()),
        _ => Err(vec![Wrong::new(node, wanted)]),
    }
}

fn one(line: &Node, part: &str) -> Node {
    Node {
        origin: line.origin.clone(),
        content: Content::Text(part.trim().to_owned()),
    }
}

fn all<T>(items: &[Node], read: impl Fn(&Node) -> Read<T>) -> Read<Vec<T>> {
    let (mut values, mut wrongs) = (Vec::new(), Vec::new());
    for (i, item) in items.iter().enumerate() {
        match read(item) {
            Ok(value) => values.push(value),
            Err(wrong) => wrongs.extend(wrong.into_iter().map(|wrong| Wrong {
                part: format!("[{i}]{}", wrong.part),
                ..wrong
            })),
        }
    }
    if wrongs.is_empty() {
        Ok(values)
    } else {
        Err(wrongs)
    }
}

pub(super) fn too_many(node: &Node, length: usize, most: usize) -> Wrong {
    Wrong {
        value: format!("{} of {length}", node.described()),
        ..Wrong::new(node, &format!("at most {most}"))
    }
}
