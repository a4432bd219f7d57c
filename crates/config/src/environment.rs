//! The environment: `DULY__SERVER__LISTEN` is `server.listen`.
//!
//! Names of settings are written in capitals, with two underlines between them. A name that the user
//! chooses is read in small letters: `DULY__QUEUES__MAIL__BOUND` is `queues.mail.bound`; others go into
//! a map on one line, as in `DULY__QUEUES={Mail: {bound: 5}}`. Lists are `a, b` or `[a, b]`.

use std::ffi::{OsStr, OsString};

use crate::bounds::FILE_BYTES_MAX;
use crate::fault::Fault;
use crate::node::{Content, Entry, Node};
use crate::origin::Origin;

/// What the names of variables begin with.
const PREFIX: &str = "DULY__";
/// Between the names of a path.
const SEPARATOR: &str = "__";
/// Shorter names for what is set most.
const SHORT: [(&str, &str); 2] = [
    ("DULY_STORE", "DULY__STORE"),
    ("DULY_LOG", "DULY__LOGS__LEVEL"),
];

/// Whether a variable is meant for the configuration.
pub(crate) fn is_ours(name: &OsStr) -> bool {
    // With one underline too few it is meant for it all the same.
    let is_long = || {
        let name = name.to_string_lossy();
        name.starts_with("DULY_") && name["DULY_".len()..].contains(SEPARATOR)
    };
    is_short(name) || name.as_encoded_bytes().starts_with(PREFIX.as_bytes()) || is_long()
}

/// A layer for each variable, in an order that does not depend on the system; and what is wrong.
pub(crate) fn layers(variables: &[(OsString, OsString)]) -> (Vec<Node>, Vec<Fault>) {
    let mut variables: Vec<_> = variables.iter().collect();
    // A map as a whole comes before its entries, and a short name before the long one.
    variables.sort_by_key(|(name, _)| (!is_short(name), name.clone()));
    let (mut layers, mut faults) = (Vec::new(), twice(&variables));
    for (name, value) in variables {
        match layer(name, value) {
            Ok(layer) => layers.push(layer),
            Err(fault) => faults.push(fault),
        }
    }
    (layers, faults)
}

fn is_short(name: &OsStr) -> bool {
    SHORT.iter().any(|(short, _)| name == *short)
}

/// Both names of a setting, with values that differ: nobody knows which is meant.
fn twice(variables: &[&(OsString, OsString)]) -> Vec<Fault> {
    let value = |name: &str| variables.iter().find(|(n, _)| n == name).map(|(_, v)| v);
    let twice = SHORT.iter().filter(|(short, long)| {
        let (short, long) = (value(short), value(long));
        short.is_some() && long.is_some() && short != long
    });
    let fault = |(short, long): &(&str, &str)| {
        let message = format!("{long} says something else: expected one of them");
        Fault::new(Origin::Variable((*short).to_owned()), message)
    };
    twice.map(fault).collect()
}

fn layer(name: &OsStr, value: &OsStr) -> Result<Node, Fault> {
    let shown = name.to_string_lossy().into_owned();
    let origin = Origin::Variable(shown.clone());
    let fault = |message: &str| Fault::new(origin.clone(), message.to_owned());
    let name = name.to_str();
    let name = name.ok_or_else(|| fault("the name is not UTF-8: expected DULY__ and a setting"))?;
    let value = value.to_str();
    let value = value.ok_or_else(|| fault("the value is not UTF-8: expected text"))?;
    if value.len() > FILE_BYTES_MAX {
        let message = format!(
            "the value is {} bytes: expected at most {FILE_BYTES_MAX}",
            value.len()
        );
        return Err(fault(&message));
    }
    let long = SHORT.iter().find(|(short, _)| *short == name);
    let name = long.map_or(name, |(_, long)| long);
    let path = name.strip_prefix(PREFIX).ok_or_else(|| {
        let meant = name.replacen("DULY_", PREFIX, 1);
        fault(&format!(
            "two underlines are expected after DULY: did you mean {meant}?"
        ))
    })?;
    let path: Vec<_> = path.split(SEPARATOR).map(str::to_lowercase).collect();
    if path.iter().any(String::is_empty) {
        return Err(fault(
            "a name is missing between two underlines: expected such as DULY__SERVER__LISTEN",
        ));
    }
    let leaf = Node {
        origin: origin.clone(),
        content: Content::Line(value.to_owned()),
    };
    Ok(nested(&path, leaf))
}

/// A value with the maps around it.
pub(crate) fn nested<S: AsRef<str>>(path: &[S], leaf: Node) -> Node {
    path.iter().rev().fold(leaf, |node, name| Node {
        origin: node.origin.clone(),
        content: Content::Map(vec![Entry {
            name: name.as_ref().to_owned(),
            origin: node.origin.clone(),
            node,
        }]),
    })
}
