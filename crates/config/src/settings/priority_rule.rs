//! `priority_rules.NAME`.

use std::collections::BTreeMap;

use duly_core::Priority;
use duly_core::bounds::RULE_PATTERNS_MAX;
use duly_core::rules::{self, InvalidRule, PriorityRules};

use crate::bounds::{LABELS_MAX, NAME_BYTES_MAX, PAYLOAD_BYTES_MAX};
use crate::form::{Form, list, map, priority, text, whole, yes_or_no};
use crate::group::{Example, Ordered, group};

group! {
    /// Priority rules, by name: how urgent submitted tasks are whose submitter leaves it open. They are
    /// tried in their order here, and the first whose conditions all hold decides; a rule without
    /// conditions holds for every task. Tasks that none decides are normal. They hold for what comes in
    /// through this process: through its API, or by `duly submit` and `duly run` on a store that they open
    /// themselves. What the environment adds comes last.
    PriorityRule {
        /// How urgent the tasks are that it decides. Every rule has to say it.
        [AtOnce] priority: Option<Priority> = None, priority().or_none(), example "critical";

        /// The kind is like one of these.
        [AtOnce] kinds: Vec<String> = Vec::new(), list(pattern(), RULE_PATTERNS_MAX),
            example "[mail.*, sms.send]";

        /// The queue is like one of these.
        [AtOnce] queues: Vec<String> = Vec::new(), list(pattern(), RULE_PATTERNS_MAX),
            example "[core]";

        /// It has all these labels, each with a value like this; "*" is any value.
        [AtOnce] labels: BTreeMap<String, String> = BTreeMap::new(), map(
            text(VALUE, is_value),
            is_label,
            "a name of 1 to 64 bytes that does not begin with duly.",
            LABELS_MAX,
        ), example "{hotfix: \"*\"}";

        /// Its payload has at least so many bytes.
        [AtOnce] payload_bytes_at_least: Option<u32> = None, whole(0..=PAYLOAD_BYTES_MAX).or_none(),
            example "0";

        /// Its payload has at most so many bytes.
        [AtOnce] payload_bytes_at_most: Option<u32> = None, whole(0..=PAYLOAD_BYTES_MAX).or_none(),
            example "1048576";

        /// Its payload is a JSON array of at least so many elements, or an object of at least so many
        /// members.
        [AtOnce] arguments_at_least: Option<u32> = None, whole(0..=PAYLOAD_BYTES_MAX).or_none(),
            example "0";

        /// Its payload is a JSON array of at most so many elements, or an object of at most so many
        /// members.
        [AtOnce] arguments_at_most: Option<u32> = None, whole(0..=PAYLOAD_BYTES_MAX).or_none(),
            example "100";

        /// Whether it also holds for tasks whose submitter says how urgent they are.
        [AtOnce] overrides_given: bool = false, yes_or_no();
    }
}

impl Example for PriorityRule {
    const NAME: &'static str = "hotfix";
}

/// Bytes of a label's name.
const LABEL_NAME_BYTES_MAX: usize = 64;

const VALUE: &str = "a pattern of at most 128 bytes, such as eu-* or \"*\"";

fn pattern() -> Form<String> {
    let expected = format!(
        "a pattern such as mail.*: 1 to {NAME_BYTES_MAX} bytes without control characters, in which \
         * is any text"
    );
    text(expected, crate::form::is_name)
}

fn is_value(text: &str) -> bool {
    text.len() <= NAME_BYTES_MAX
}

pub(super) fn is_label(name: &str) -> bool {
    (1..=LABEL_NAME_BYTES_MAX).contains(&name.len())
        && !name.starts_with("duly.")
        && !name.chars().any(char::is_control)
}

impl PriorityRule {
    /// The rule that the settings say.
    fn rule(&self, name: &str) -> Result<rules::PriorityRule, InvalidRule> {
        let Some(priority) = self.priority else {
            return Err(InvalidRule {
                rule: name.to_owned(),
                field: "priority",
                value: "missing".to_owned(),
                expected: "critical, high, normal or low".to_owned(),
            });
        };
        let mut rule = rules::PriorityRule::new(name, priority);
        for kind in &self.kinds {
            rule = rule.kind(kind.as_str());
        }
        for queue in &self.queues {
            rule = rule.queue(queue.as_str());
        }
        for (name, value) in &self.labels {
            rule = rule.label(name.as_str(), value.as_str());
        }
        if let Some(bytes) = self.payload_bytes_at_least {
            rule = rule.payload_bytes_at_least(bytes.into());
        }
        if let Some(bytes) = self.payload_bytes_at_most {
            rule = rule.payload_bytes_at_most(bytes.into());
        }
        if let Some(count) = self.arguments_at_least {
            rule = rule.arguments_at_least(count.into());
        }
        if let Some(count) = self.arguments_at_most {
            rule = rule.arguments_at_most(count.into());
        }
        Ok(if self.overrides_given {
            rule.overrides_given()
        } else {
            rule
        })
    }
}

impl Ordered<PriorityRule> {
    /// The rules that the settings say, in their order.
    ///
    /// # Errors
    /// [`InvalidRule`]: one of them makes no sense. Never of what [`Config`](crate::Config) has loaded.
    pub fn compile(&self) -> Result<PriorityRules, InvalidRule> {
        let rules = self.iter().map(|(name, said)| said.rule(name));
        PriorityRules::new(rules.collect::<Result<Vec<_>, _>>()?)
    }

    /// What is wrong with them: of each rule the first thing, otherwise of all together.
    pub(crate) fn faults(&self) -> Vec<InvalidRule> {
        let alone = |(name, said): (&str, &PriorityRule)| {
            let rule = said.rule(name);
            rule.and_then(|rule| PriorityRules::new([rule])).err()
        };
        let faults: Vec<_> = self.iter().filter_map(alone).collect();
        if faults.is_empty() {
            return self.compile().err().into_iter().collect();
        }
        faults
    }
}
