//! Forms of what is never shown.

use serde_json::Value;

use super::{Form, Wrong, list};
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
