//! Maps whose names the user chooses.

use std::collections::BTreeMap;

use serde_json::Value;

use super::list::too_many;
use super::{Form, Read, Wrong};
use crate::node::{Content, Entry, Node, quoted};
use crate::yaml;

/// Names with a value each. On one line as in YAML: `{zone: a}`.
pub(crate) fn map<T: 'static>(
    value: Form<T>,
    is_name: fn(&str) -> bool,
    expected_name: &'static str,
    length_max: usize,
) -> Form<BTreeMap<String, T>> {
    let expected = format!(
        "a map such as {{name: value}}; each value is {}",
        value.expected
    );
    let wanted = expected.clone();
    let (read, reveal, show) = (value.read, value.reveal, value.show);
    let entry = move |entry: &Entry| {
        if !is_name(&entry.name) {
            return Err(vec![Wrong {
                origin: entry.origin.clone(),
                part: " (a name)".to_owned(),
                value: quoted(&entry.name),
                expected: expected_name.to_owned(),
            }]);
        }
        read(&entry.node).map_err(|wrongs| {
            let part = |wrong: Wrong| Wrong {
                part: format!(".{}", entry.name),
                ..wrong
            };
            wrongs.into_iter().map(part).collect()
        })
    };
    Form {
        expected,
        read: Box::new(move |node| {
            let entries = entries(node, &wanted)?;
            if entries.len() > length_max {
                return Err(vec![too_many(node, entries.len(), length_max)]);
            }
            all(&entries, &entry)
        }),
        reveal: Box::new(move |values| object(values, &reveal)),
        show: Box::new(move |values| object(values, &show)),
    }
}

fn object<T>(values: &BTreeMap<String, T>, show: impl Fn(&T) -> Value) -> Value {
    let shown = values
        .iter()
        .map(|(name, value)| (name.clone(), show(value)));
    Value::Object(shown.collect())
}

/// The entries of a map, or of what stands for one on one line.
fn entries(node: &Node, wanted: &str) -> Read<Vec<Entry>> {
    match &node.content {
        Content::Map(entries) => Ok(entries.clone()),
        Content::Line(text) => match yaml::line(text, &node.origin) {
            Ok(Node {
                content: Content::Map(entries),
                ..
            }) => Ok(entries),
            _ => Err(vec![Wrong::new(node, wanted)]),
        },
        _ => Err(vec![Wrong::new(node, wanted)]),
    }
}

fn all<T>(entries: &[Entry], read: impl Fn(&Entry) -> Read<T>) -> Read<BTreeMap<String, T>> {
    let (mut values, mut wrongs) = (BTreeMap::new(), Vec::new());
    for entry in entries {
        match read(entry) {
            Ok(value) => drop(values.insert(entry.name.clone(), value)),
            Err(wrong) => wrongs.extend(wrong),
        }
    }
    if wrongs.is_empty() {
        Ok(values)
    } else {
        Err(wrongs)
    }
}
