//! Forms of what is never shown.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Form, Wrong, list, map};
use crate::Secret;
use crate::snippet::VEIL;

/// A text that is never shown, not even in the message that refuses it.
pub(crate) fn secret(expected: &'static str, check: fn(&str) -> bool) -> Form<Secret> {
    let parse = move |text: &str| check(text).then(|| Secret::from(text));
    let mut form = Form::of_text(expected, parse, |_| Value::from(VEIL));
    form.reveal = Box::new(|secret| secret.expose().into());
    veiled(form)
}

/// A list of them.
pub(crate) fn secrets(item: Form<Secret>, length_max: usize) -> Form<Vec<Secret>> {
    veiled(list(item, length_max))
}

/// A map of them.
pub(crate) fn secret_map(
    value: Form<Secret>,
    is_name: fn(&str) -> bool,
    expected_name: &'static str,
    length_max: usize,
) -> Form<BTreeMap<String, Secret>> {
    veiled(map(value, is_name, expected_name, length_max))
}

/// Quotes no value when it refuses one.
fn veiled<T: 'static>(mut form: Form<T>) -> Form<T> {
    let read = form.read;
    form.read = Box::new(move |node| {
        read(node).map_err(|wrongs| {
            let veil = |wrong: Wrong| Wrong {
                value: VEIL.to_owned(),
                ..wrong
            };
            wrongs.into_iter().map(veil).collect()
        })
    });
    form
}
