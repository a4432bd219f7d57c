//! What values may look like: a form reads a node, says what it expects, and shows a value again.
//! What a variable, a file and a flag may say is the same, because the same form reads it.

use serde_json::Value;

use crate::node::Node;
use crate::origin::Origin;

mod list;
mod map;
mod scalar;
mod secret;
mod weights;

pub(crate) use list::list;
pub(crate) use map::map;
pub(crate) use scalar::{
    address, duration, is_name, log_format, name, order, path, priority, rate, store, text, whole,
    yes_or_no,
};
pub(crate) use secret::{secret, secret_map, secrets};
pub(crate) use weights::weights;

/// What is wrong with a value, or with a part of it.
pub(crate) struct Wrong {
    /// Where.
    pub(crate) origin: Origin,
    /// Which part, such as `[2]`; empty for the whole.
    pub(crate) part: String,
    /// What stands there, for a message.
    pub(crate) value: String,
    /// What should.
    pub(crate) expected: String,
}

impl Wrong {
    pub(crate) fn new(node: &Node, expected: &str) -> Self {
        Self {
            origin: node.origin.clone(),
            part: String::new(),
            value: node.described(),
            expected: expected.to_owned(),
        }
    }
}

/// The outcome of reading: the value, or everything that is wrong with it.
pub(crate) type Read<T> = Result<T, Vec<Wrong>>;

/// How a node is read.
type Reading<T> = Box<dyn Fn(&Node) -> Read<T>>;

/// What values of a setting may look like.
pub(crate) struct Form<T> {
    /// Such as `a whole number, 1 to 100`.
    pub(crate) expected: String,
    pub(crate) read: Reading<T>,
    /// The value as JSON, which is YAML too. Secrets are shown as they are only to compare them.
    pub(crate) reveal: Box<dyn Fn(&T) -> Value>,
    /// The same for everybody's eyes.
    pub(crate) show: Box<dyn Fn(&T) -> Value>,
}

impl<T: 'static> Form<T> {
    /// Reads one text.
    pub(crate) fn of_text(
        expected: impl Into<String>,
        parse: impl Fn(&str) -> Option<T> + 'static,
        show: fn(&T) -> Value,
    ) -> Self {
        let expected = expected.into();
        let wanted = expected.clone();
        let read = move |node: &Node| {
            let parsed = node.text().and_then(&parse);
            parsed.ok_or_else(|| vec![Wrong::new(node, &wanted)])
        };
        Self {
            expected,
            read: Box::new(read),
            reveal: Box::new(show),
            show: Box::new(show),
        }
    }

    /// The same, for a value that need not be.
    pub(crate) fn or_none(self) -> Form<Option<T>> {
        let (read, reveal, show) = (self.read, self.reveal, self.show);
        Form {
            expected: self.expected,
            read: Box::new(move |node| read(node).map(Some)),
            reveal: Box::new(move |value| value.as_ref().map_or(Value::Null, &reveal)),
            show: Box::new(move |value| value.as_ref().map_or(Value::Null, &show)),
        }
    }
}
