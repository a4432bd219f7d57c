//! The priority rules of a process, applied where tasks enter it.

use std::sync::{Arc, PoisonError, RwLock};

use duly_core::rules::{Arguments, Facts, PriorityRules};

use crate::{Encoding, NewTask, TaskRecord};

/// The label that holds the name of the rule that decided a task's priority when it was submitted.
pub const PRIORITY_RULE: &str = "duly.priority_rule";

/// The priority rules of a process. Clones share them: rules that are set hold at once for whatever is
/// submitted afterwards.
///
/// Whoever submits tasks for others, be it the façade, the API or a schedule, [applies](Self::apply)
/// them last, when all else is known of the task.
///
/// ```
/// use duly_core::rules::{PriorityRule, PriorityRules};
/// use duly_core::{Priority, TaskId};
/// use duly_store::priority::{PRIORITY_RULE, Prioritiser};
/// use duly_store::{NewTask, Payload};
///
/// let rules = PriorityRules::new([PriorityRule::new("mails", Priority::High).kind("mail.*")])?;
/// let prioritiser = Prioritiser::new(rules);
/// let mut task = NewTask::new(TaskId::from_bytes([1; 16]), "mail.send", Payload::default());
/// prioritiser.apply(&mut task, false);
/// assert_eq!(task.priority, Priority::High);
/// assert_eq!(task.labels[PRIORITY_RULE], "mails");
/// # Ok::<(), duly_core::rules::InvalidRule>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Prioritiser(Arc<RwLock<Arc<PriorityRules>>>);

impl Prioritiser {
    /// With these rules, until others are set.
    #[must_use]
    pub fn new(rules: PriorityRules) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(rules))))
    }

    /// The rules that hold now.
    #[must_use]
    pub fn rules(&self) -> Arc<PriorityRules> {
        // Whoever panicked meanwhile held it only to clone or to replace a pointer.
        let rules = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&rules)
    }

    /// From now on these rules hold, for all clones. Tasks that were submitted before stay as they are.
    pub fn set(&self, rules: PriorityRules) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
    }

    /// Gives a task the priority of the first rule whose conditions hold, and keeps with it which that
    /// was. `is_given`: its submitter has said how urgent it is, so that only rules count which override
    /// that. A task about which a rule has decided already stays as it is.
    pub fn apply(&self, task: &mut NewTask, is_given: bool) {
        let rules = self.rules();
        if rules.is_empty() || task.labels.contains_key(PRIORITY_RULE) {
            return;
        }
        let Some(rule) = rules.decide(&facts(task, is_given)) else {
            return;
        };
        task.priority = rule.priority();
        let name = rule.name().to_owned();
        task.labels.insert(PRIORITY_RULE.to_owned(), name);
    }
}

impl TaskRecord {
    /// The name of the rule that decided its priority when it was submitted, if one did. The priority may
    /// have been changed since.
    #[must_use]
    pub fn priority_rule(&self) -> Option<&str> {
        self.labels.get(PRIORITY_RULE).map(String::as_str)
    }
}

/// What rules may know of a task.
fn facts(task: &NewTask, is_given: bool) -> Facts<'_> {
    let payload = &task.payload;
    // What is encrypted is no JSON for now, whatever it is once it is read.
    let arguments = match payload.encoding {
        Encoding::Json if payload.key_id.is_none() => Arguments::Json(&payload.bytes),
        _ => Arguments::Unknown,
    };
    Facts::new(&task.kind, &task.queue)
        .labels(&task.labels)
        .payload_bytes(payload.bytes.len() as u64)
        .arguments(arguments)
        .priority_given(is_given)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Name, Payload};
    use duly_core::rules::PriorityRule;
    use duly_core::{Priority, TaskId};

    fn rules() -> PriorityRules {
        PriorityRules::new([
            PriorityRule::new("two", Priority::High).arguments_at_least(2),
            PriorityRule::new("forced", Priority::Low)
                .kind("bulk.*")
                .overrides_given(),
        ])
        .unwrap()
    }

    fn decided(
        kind: &str,
        payload: Payload,
        given: Option<Priority>,
    ) -> (Priority, Option<String>) {
        let mut task = NewTask::new(TaskId::from_bytes([1; 16]), kind, payload);
        task.priority = given.unwrap_or_default();
        Prioritiser::new(rules()).apply(&mut task, given.is_some());
        (task.priority, task.labels.remove(PRIORITY_RULE))
    }

    #[test]
    fn a_given_priority_stands_unless_a_rule_overrides_it() {
        let two = || Payload::json("[1, 2]");
        let by = |priority, rule: &str| (priority, Some(rule.to_owned()));
        assert_eq!(decided("a", two(), None), by(Priority::High, "two"));
        let low = Some(Priority::Low);
        assert_eq!(decided("a", two(), low), (Priority::Low, None));
        let critical = Some(Priority::Critical);
        assert_eq!(
            decided("bulk.a", two(), critical),
            by(Priority::Low, "forced")
        );
        assert_eq!(decided("bulk.a", two(), None), by(Priority::High, "two"));
        assert_eq!(
            decided("a", Payload::json("[]"), None),
            (Priority::Normal, None)
        );
    }

    #[test]
    fn arguments_of_what_is_no_json_are_not_known() {
        let encrypted = Payload {
            key_id: Some(Name::from("key")),
            ..Payload::json("[1, 2]")
        };
        for payload in [Payload::bytes("[1, 2]"), encrypted] {
            assert_eq!(decided("a", payload, None), (Priority::Normal, None));
        }
    }

    #[test]
    fn what_is_decided_stays_decided_and_rules_hold_from_when_they_are_set() {
        let prioritiser = Prioritiser::default();
        let clone = prioritiser.clone();
        let mut task = NewTask::new(
            TaskId::from_bytes([1; 16]),
            "bulk.a",
            Payload::json("[1, 2]"),
        );
        clone.apply(&mut task, false);
        assert!(task.labels.is_empty());
        prioritiser.set(rules());
        clone.apply(&mut task, false);
        let once = task.clone();
        assert_eq!(once.priority, Priority::High);
        clone.apply(&mut task, true);
        assert_eq!(
            task, once,
            "not by the rule that overrides what the first one gave"
        );
    }
}
