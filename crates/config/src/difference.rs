//! What has changed between two configurations.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::config::Config;
use crate::group::Effect;
use crate::row::{Row, shown};

/// A setting whose value has changed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Difference {
    /// Such as `worker.concurrency`.
    pub setting: String,
    /// Its value before; secrets are veiled. `null` if it had none.
    pub from: Value,
    /// Its value after.
    pub to: Value,
    /// When the change takes effect.
    pub effect: Effect,
}

impl fmt::Display for Difference {
    /// `worker.concurrency: 64 -> 8`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (shown(&self.from), shown(&self.to));
        write!(f, "{}: {from} -> {to}", self.setting)
    }
}

impl Config {
    /// What is different in a later configuration, in the order of the template; what is gone is last.
    #[must_use]
    pub fn differences(&self, later: &Self) -> Vec<Difference> {
        let before = self.rows();
        let mut before: BTreeMap<_, _> = before.iter().map(|row| (&*row.setting, row)).collect();
        let after = later.rows();
        let changed = after.iter().filter_map(|to| {
            let from = before.remove(&*to.setting);
            let same = from.is_some_and(|from| from.revealed == to.revealed);
            (!same).then(|| difference(from, Some(to)))
        });
        let mut differences: Vec<_> = changed.flatten().collect();
        differences.extend(
            before
                .into_values()
                .filter_map(|row| difference(Some(row), None)),
        );
        differences
    }
}

fn difference(from: Option<&Row>, to: Option<&Row>) -> Option<Difference> {
    let row = to.or(from)?;
    let value = |row: Option<&Row>| row.map_or(Value::Null, |row| row.value.clone());
    Some(Difference {
        setting: row.setting.clone(),
        from: value(from),
        to: value(to),
        effect: row.effect,
    })
}
