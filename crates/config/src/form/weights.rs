//! Names with what each weighs.

use std::collections::BTreeMap;

use duly_core::bounds::LIMIT_WEIGHT_MAX;

use super::{Form, Wrong, is_name, list, map, name, whole};
use crate::node::{Content, Node, quoted};

const NAME: &str = "a name: 1 to 128 bytes without control characters";

/// A list of names that weigh 1 each, or a map of names with weights.
pub(crate) fn weights(length_max: usize) -> Form<BTreeMap<String, u32>> {
    let mut form = map(whole(1..=LIMIT_WEIGHT_MAX), is_name, NAME, length_max);
    form.expected = format!(
        "a list of names such as [a, b], or a map of names with what each task weighs, 1 to \
         {LIMIT_WEIGHT_MAX}, such as {{a: 1, b: 3}}"
    );
    let (weighed, names) = (form.read, list(name(), length_max).read);
    form.read = Box::new(move |node| {
        if is_map(node) {
            return weighed(node);
        }
        let mut even = BTreeMap::new();
        for name in names(node)? {
            if even.contains_key(&name) {
                let twice = Wrong {
                    value: format!("a list with {} twice", quoted(&name)),
                    ..Wrong::new(node, "each name once")
                };
                return Err(vec![twice]);
            }
            even.insert(name, 1);
        }
        Ok(even)
    });
    form
}

fn is_map(node: &Node) -> bool {
    match &node.content {
        Content::Map(_) => true,
        Content::Line(text) => text.trim_start().starts_with('{'),
        _ => false,
    }
}
