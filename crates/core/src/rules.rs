//! Priority rules: how urgent a task is whose submitter does not say it.
//!
//! A rule has conditions about a task's kind, queue, labels, the size of its payload and the number of
//! its arguments, and a priority. Of all rules in order, the first whose conditions all hold decides.
//!
//! ```
//! use duly_core::Priority;
//! use duly_core::rules::{Facts, PriorityRule, PriorityRules};
//!
//! let rules = PriorityRules::new([
//!     PriorityRule::new("hotfix", Priority::Critical).label("hotfix", "*"),
//!     PriorityRule::new("core", Priority::High).queue("core"),
//!     PriorityRule::new("big", Priority::Low).payload_bytes_at_least(100_000),
//! ])?;
//! let decided = rules.decide(&Facts::new("mail.send", "core"));
//! assert_eq!(decided.map(|rule| (rule.name(), rule.priority())), Some(("core", Priority::High)));
//! assert!(rules.decide(&Facts::new("mail.send", "default")).is_none());
//! # Ok::<(), duly_core::rules::InvalidRule>(())
//! ```

mod arguments;
mod check;
mod facts;
mod mismatch;
mod pattern;
mod range;
mod rule;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::bounds::RULES_MAX;
use crate::named::error;

pub use arguments::count as count_arguments;
pub use facts::{Arguments, Facts};
pub use mismatch::Mismatch;
pub use pattern::Pattern;
pub use rule::PriorityRule;

/// A rule that makes no sense, or can never match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidRule {
    /// The name of the rule; empty if it is about all of them.
    pub rule: String,
    /// What of it, such as `kinds`.
    pub field: &'static str,
    /// What stands there.
    pub value: String,
    /// What should.
    pub expected: String,
}

error!(
    InvalidRule {
        rule,
        field,
        value,
        expected
    },
    "priority rule {rule:?}: {field} is {value}: expected {expected}"
);

/// Rules in their order, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriorityRules {
    rules: Vec<PriorityRule>,
}

impl PriorityRules {
    /// These rules, in this order.
    ///
    /// # Errors
    /// [`InvalidRule`]: a rule makes no sense or can never match, two have one name, or there are more
    /// than [`RULES_MAX`].
    pub fn new(rules: impl IntoIterator<Item = PriorityRule>) -> Result<Self, InvalidRule> {
        let rules: Vec<_> = rules.into_iter().take(RULES_MAX + 1).collect();
        if rules.len() > RULES_MAX {
            return Err(InvalidRule {
                rule: String::new(),
                field: "rules",
                value: format!("more than {RULES_MAX}"),
                expected: format!("at most {RULES_MAX}"),
            });
        }
        for (index, rule) in rules.iter().enumerate() {
            rule.check()?;
            if rules[..index].iter().any(|one| one.name() == rule.name()) {
                return Err(InvalidRule {
                    rule: rule.name().to_string(),
                    field: "name",
                    value: "given twice".to_string(),
                    expected: "a name of its own for each rule".to_string(),
                });
            }
        }
        Ok(Self { rules })
    }

    /// There are none: every task is as urgent as its submitter says, or normal.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rules in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &PriorityRule> {
        self.rules.iter()
    }

    /// The first rule whose conditions all hold; `None`: the submitter's word stands, or the default.
    /// Allocates nothing, and looks into the payload only if that is what is left to decide a rule.
    #[must_use]
    pub fn decide(&self, facts: &Facts<'_>) -> Option<&PriorityRule> {
        self.rules.iter().find(|rule| rule.matches(facts))
    }

    /// Rules that can never decide, because an earlier one always does before: each with that one. Not
    /// all that there are: only what one earlier rule shows.
    pub fn unreachable(&self) -> impl Iterator<Item = (&PriorityRule, &PriorityRule)> {
        self.rules.iter().enumerate().filter_map(|(index, rule)| {
            let earlier = self.rules[..index].iter().find(|one| one.covers(rule))?;
            Some((rule, earlier))
        })
    }
}
