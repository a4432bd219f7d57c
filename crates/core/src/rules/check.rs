//! What a rule must be.

use alloc::format;
use alloc::string::ToString;

use super::facts::RESERVED;
use super::range::Range;
use super::{InvalidRule, PriorityRule};
use crate::bounds::{RULE_PATTERNS_MAX, RULE_TEXT_BYTES_MAX};

const PAYLOAD_BYTES: (&str, &str) = ("payload_bytes_at_least", "payload_bytes_at_most");
const ARGUMENTS: (&str, &str) = ("arguments_at_least", "arguments_at_most");
const TEXT: &str = "a name of 1 to 128 bytes without control characters";
const PATTERN: &str = "a pattern of 1 to 128 bytes without control characters, such as mail.*";

fn is_text(text: &str) -> bool {
    let is_bounded = (1..=RULE_TEXT_BYTES_MAX).contains(&text.len());
    is_bounded && !text.chars().any(char::is_control)
}

impl PriorityRule {
    /// It makes sense, and some task could match it.
    pub(super) fn check(&self) -> Result<(), InvalidRule> {
        if !is_text(&self.name) {
            return Err(self.invalid("name", &format!("{:?}", self.name), TEXT));
        }
        for (field, patterns) in [("kinds", &self.kinds), ("queues", &self.queues)] {
            self.check_count(field, patterns.len())?;
            if let Some(pattern) = patterns.iter().find(|pattern| !is_text(pattern.as_str())) {
                return Err(self.invalid(field, &format!("{:?}", pattern.as_str()), PATTERN));
            }
        }
        self.check_labels()?;
        self.check_range(PAYLOAD_BYTES, self.payload_bytes)?;
        self.check_range(ARGUMENTS, self.arguments)
    }

    fn check_labels(&self) -> Result<(), InvalidRule> {
        self.check_count("labels", self.labels.len())?;
        for (index, (name, value)) in self.labels.iter().enumerate() {
            if !is_text(name) || name.starts_with(RESERVED) {
                let expected = format!("{TEXT} that does not begin with {RESERVED}");
                return Err(self.invalid("labels", &format!("{name:?}"), &expected));
            }
            if value.as_str().len() > RULE_TEXT_BYTES_MAX {
                let expected = format!("at most {RULE_TEXT_BYTES_MAX} bytes");
                let found = format!("{name}: of {} bytes", value.as_str().len());
                return Err(self.invalid("labels", &found, &expected));
            }
            if self.labels[..index].iter().any(|(known, _)| known == name) {
                let found = format!("{name}, twice");
                return Err(self.invalid("labels", &found, "each label once"));
            }
        }
        Ok(())
    }

    fn check_count(&self, field: &'static str, count: usize) -> Result<(), InvalidRule> {
        if count <= RULE_PATTERNS_MAX {
            return Ok(());
        }
        let expected = format!("at most {RULE_PATTERNS_MAX}");
        Err(self.invalid(field, &format!("of {count}"), &expected))
    }

    fn check_range(
        &self,
        (least_field, most_field): (&'static str, &str),
        range: Range,
    ) -> Result<(), InvalidRule> {
        match (range.least, range.most) {
            (Some(least), Some(most)) if least > most => {
                let expected = format!("at most {most}, which is {most_field}: nothing is both");
                Err(self.invalid(least_field, &least.to_string(), &expected))
            }
            _ => Ok(()),
        }
    }

    fn invalid(&self, field: &'static str, value: &str, expected: &str) -> InvalidRule {
        InvalidRule {
            rule: self.name.clone(),
            field,
            value: value.to_string(),
            expected: expected.to_string(),
        }
    }
}
