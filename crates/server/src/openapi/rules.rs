//! What the fields of a body have to do with each other: what their types cannot say.

use duly_core::State;
use duly_core::bounds::{LIMIT_WEIGHT_MAX, TASK_LIMITS_MAX};
use serde_json::{Value, json};
use utoipa::Modify;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{OpenApi, RefOr};

use crate::port::bounds::{
    LABEL_NAME_BYTES_MAX, LABEL_VALUE_BYTES_MAX, LABELS_MAX, NAME_BYTES_MAX,
};

/// Adds the rules to the schemas of the bodies.
pub(super) struct Rules;

impl Modify for Rules {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        for (name, rules) in all() {
            let schema = components.schemas.get_mut(name);
            let Some(RefOr::T(Schema::Object(body))) = schema else {
                panic!("{name} is no body of an operation");
            };
            let more = body.extensions.get_or_insert_default();
            more.insert("allOf".to_owned(), json!(rules));
        }
    }
}

/// The rules of each body.
fn all() -> [(&'static str, Vec<Value>); 10] {
    let due = || not_both("delay_ms", "run_at");
    let change = ["priority", "run_at", "delay_ms"].map(given);
    let settings = [
        "paused",
        "draining",
        "order",
        "fair",
        "bound",
        "retention_completed_ms",
        "retention_failed_ms",
    ];
    [
        (
            "NewTask",
            vec![
                due(),
                not_both("deadline_in_ms", "deadline"),
                not_both("finish_in_ms", "finish_by"),
                not_both("unique_while", "unique_for_ms"),
                labels(),
                limits(),
            ],
        ),
        ("TaskChange", vec![due(), any(&change)]),
        ("QueueChange", vec![any(&settings.map(given)), one_order()]),
        ("LimitSet", vec![any(&["concurrency", "rate"].map(given))]),
        ("Attachment", vec![subject()]),
        ("Detachment", vec![subject()]),
        ("Bulk", vec![due(), actions(), meant()]),
        ("ScheduleDefinition", vec![one_rule(), template()]),
        ("FailedRetry", vec![dead_letters()]),
        ("FailedDiscard", vec![dead_letters()]),
    ]
}

/// One thing says when; only clocks have a zone.
fn one_rule() -> Value {
    json!({"oneOf": [
        {"allOf": [given("cron")], "not": any(&["every_ms", "at"].map(given))},
        {"allOf": [given("every_ms")], "not": any(&["cron", "at", "zone"].map(given))},
        {"allOf": [given("at")], "not": any(&["cron", "every_ms", "zone"].map(given))},
    ]})
}

/// A queue has one order.
fn one_order() -> Value {
    json!({"properties": {"order": {"maxProperties": 1}}})
}

/// What each tick has for itself, no task says for all.
fn template() -> Value {
    let own = ["id", "delay_ms", "run_at", "deadline", "finish_by"].map(given);
    json!({"properties": {"task": {"not": any(&own)}}})
}

/// Labels are few and short, and none of the layers' own.
fn labels() -> Value {
    let of = json!({
        "maxProperties": LABELS_MAX,
        "propertyNames": {
            "minLength": 1,
            "maxLength": LABEL_NAME_BYTES_MAX,
            "not": {"pattern": "^duly\\."},
        },
        "additionalProperties": {"maxLength": LABEL_VALUE_BYTES_MAX},
    });
    json!({"properties": {"labels": of}})
}

/// Limits are few; their names are names, and their weights are bounded.
fn limits() -> Value {
    let of = json!({
        "maxProperties": TASK_LIMITS_MAX,
        "propertyNames": {
            "minLength": 1,
            "maxLength": NAME_BYTES_MAX,
            "pattern": r"^[^\x00-\x1f\x7f-\x9f]+$",
        },
        "additionalProperties": {"minimum": 1, "maximum": LIMIT_WEIGHT_MAX},
    });
    json!({"properties": {"limits": of}})
}

/// One thing is meant.
fn subject() -> Value {
    let fields = ["queue", "kind", "tenant"];
    let only = |field: &str| {
        let others = fields.into_iter().filter(|other| *other != field);
        let rules: Vec<Value> = others.map(absent).chain([given(field)]).collect();
        every(&rules)
    };
    any(&fields.map(only))
}

/// What each action of a bulk needs, and takes.
fn actions() -> Value {
    let action = |names: &[&str]| json!({"properties": {"action": {"enum": names}}});
    let no_payload = || json!({"properties": {"payload": false}});
    let no_time = || every(&[absent("run_at"), absent("delay_ms")]);
    let no_priority = || absent("priority");
    any(&[
        every(&[
            action(&["cancel", "discard"]),
            no_priority(),
            no_time(),
            no_payload(),
        ]),
        every(&[action(&["retry"]), no_priority(), no_time()]),
        every(&[
            action(&["reprioritise"]),
            given("priority"),
            no_time(),
            no_payload(),
        ]),
        every(&[
            action(&["reschedule"]),
            no_priority(),
            any(&[given("run_at"), given("delay_ms")]),
            no_payload(),
        ]),
    ])
}

/// Which dead letters: some by id, or those that a filter means.
fn dead_letters() -> Value {
    let states = [State::Failed, State::TimedOut].map(State::name);
    let states = json!({"properties": {"state": {"items": {"enum": states}}}});
    any(&[
        every(&[
            given("ids"),
            absent("filter"),
            absent("cursor"),
            json!({"properties": {"all": {"const": false}}}),
        ]),
        every(&[
            absent("ids"),
            meant(),
            json!({"properties": {"filter": states}}),
        ]),
    ])
}

/// A filter with a condition, or all.
fn meant() -> Value {
    let condition = any(&[
        json!({"required": ["state"], "properties": {"state": {"minItems": 1}}}),
        json!({"required": ["overdue"], "properties": {"overdue": {"const": true}}}),
        given("queue"),
        given("kind"),
        given("tenant"),
        given("worker"),
        given("due_before"),
        given("submitted_from"),
        given("submitted_before"),
        given("label"),
    ]);
    any(&[
        json!({"required": ["all"], "properties": {"all": {"const": true}}}),
        every(&[
            given("filter"),
            json!({"properties": {"filter": condition}}),
        ]),
    ])
}

fn not_both(one: &str, other: &str) -> Value {
    any(&[absent(one), absent(other)])
}

/// `null` is as good as nothing.
fn absent(field: &str) -> Value {
    json!({"properties": {field: {"type": "null"}}})
}

fn given(field: &str) -> Value {
    json!({"required": [field], "properties": {field: {"not": {"type": "null"}}}})
}

fn any(rules: &[Value]) -> Value {
    json!({"anyOf": rules})
}

fn every(rules: &[Value]) -> Value {
    json!({"allOf": rules})
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The names of all properties that rules speak of.
    fn fields(rule: &Value, found: &mut BTreeSet<String>) {
        match rule {
            Value::Object(members) => {
                for (name, value) in members {
                    if name == "properties" {
                        let named = value.as_object().expect("properties have names");
                        found.extend(named.keys().cloned());
                        named.values().for_each(|value| fields(value, found));
                    } else {
                        fields(value, found);
                    }
                }
            }
            Value::Array(values) => values.iter().for_each(|value| fields(value, found)),
            _ => {}
        }
    }

    #[test]
    fn rules_speak_of_fields_that_there_are() {
        let document: Value = serde_json::from_slice(&crate::openapi()).expect("it is JSON");
        let schemas = &document["components"]["schemas"];
        for (name, rules) in all() {
            assert_eq!(schemas[name]["allOf"], json!(rules), "{name}");
            let mut found = BTreeSet::new();
            fields(&json!(rules), &mut found);
            assert!(!found.is_empty());
            for field in found {
                let known =
                    [name, "Filter", "NewTask"].map(|of| schemas[of]["properties"].get(&field));
                assert!(known.iter().any(Option::is_some), "{name} has no {field}");
            }
        }
    }
}
