//! Limits.

use std::time::Duration;

use duly_core::{OrderPolicy, Timestamp};
use serde::{Deserialize, Serialize};

use crate::new::millis;
use crate::{object, time};

/// The answer of `GET /v1/limits`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Limits {
    /// A page of them, by name.
    pub limits: Vec<Limit>,
    /// What to give as `after` for the next page; `null`: that was all.
    pub next: Option<String>,
}

/// A limit as it stands at the instant it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Limit {
    /// Its name.
    pub name: String,
    /// How much may run at once, by weight; `null`: any.
    pub concurrency: Option<u32>,
    /// How much may begin per period, by weight; `null`: any.
    pub rate: Option<Rate>,
    /// How much of it is in use: what the attempts weigh that workers hold.
    pub in_use: u64,
    /// When there is a permit of its rate; `null`: now, or it has no rate.
    #[serde(with = "time::option")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub next_permit_at: Option<Timestamp>,
    /// What it is attached to: queues, then kinds, then tenants, each by name, the first 100 of them.
    /// `GET /v1/limits/{name}/attached` tells all.
    pub attached: Vec<Attachment>,
    /// How many queues, kinds and tenants it is attached to, those that `attached` leaves out among them.
    pub attached_count: u64,
}

/// So many per period, evenly, after a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// How many per period.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub permits: u32,
    /// The period.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 31_622_400_000_u64))]
    pub period_ms: u64,
    /// How many at once after a while without any: as many as `permits` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub burst: Option<u32>,
}

/// The body of `PUT /v1/limits/{name}`: a concurrency, a rate, or both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(min_properties = 1))]
#[serde(deny_unknown_fields)]
pub struct LimitSet {
    /// How much may run at once, by weight: any unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub concurrency: Option<u32>,
    /// How much may begin per period, by weight: any unless given.
    #[serde(
        default,
        deserialize_with = "object::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub rate: Option<Rate>,
}

/// What a limit is attached to: exactly one of `queue`, `kind` and `tenant`. Also the body of
/// `POST /v1/limits/{name}/attach`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// The queue, all of whose tasks are bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Name>))]
    pub queue: Option<String>,
    /// The kind, all of whose tasks are bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Name>))]
    pub kind: Option<String>,
    /// The tenant, all of whose tasks are bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Name>))]
    pub tenant: Option<String>,
    /// What each task there weighs: 1 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub weight: Option<u32>,
}

/// The answer of `GET /v1/limits/{name}/attached`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attachments {
    /// A page of what the limit is attached to: queues, then kinds, then tenants, each by name.
    pub attached: Vec<Attachment>,
    /// What to give as `after` for the next page; `null`: that was all.
    pub next: Option<String>,
}

/// The body of `POST /v1/limits/{name}/detach`: exactly one of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Detachment {
    /// The queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Name>))]
    pub queue: Option<String>,
    /// The kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Name>))]
    pub kind: Option<String>,
    /// The tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Name>))]
    pub tenant: Option<String>,
}

/// In which order the tasks of a queue run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// By priority, then by the instant a task was due.
    #[default]
    Strict,
    /// One priority is worth a head start, so that what waits long enough overtakes everything.
    Aging(#[serde(deserialize_with = "object::required")] Aging),
    /// By priority, then by deadline.
    Deadline(#[serde(deserialize_with = "object::required")] ByDeadline),
}

/// How a queue ages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Aging {
    /// What one priority is worth.
    #[cfg_attr(feature = "openapi", schema(maximum = 31_622_400_000_u64))]
    pub step_ms: u64,
}

/// How a queue goes by deadlines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ByDeadline {
    /// A task without a deadline counts as if it had one this long after it was due.
    #[cfg_attr(feature = "openapi", schema(maximum = 31_622_400_000_u64))]
    pub default_slack_ms: u64,
}

impl From<OrderPolicy> for Order {
    fn from(order: OrderPolicy) -> Self {
        match order {
            OrderPolicy::Strict => Self::Strict,
            OrderPolicy::Aging { step } => Self::Aging(Aging {
                step_ms: millis(step),
            }),
            OrderPolicy::Deadline { default_slack } => Self::Deadline(ByDeadline {
                default_slack_ms: millis(default_slack),
            }),
        }
    }
}

impl From<Order> for OrderPolicy {
    fn from(order: Order) -> Self {
        match order {
            Order::Strict => Self::Strict,
            Order::Aging(aging) => Self::Aging {
                step: Duration::from_millis(aging.step_ms),
            },
            Order::Deadline(by) => Self::Deadline {
                default_slack: Duration::from_millis(by.default_slack_ms),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_round_trips() {
        let text = r#"{"concurrency":3,"rate":{"permits":50,"period_ms":1000,"burst":10}}"#;
        let set: LimitSet = crate::parse_object(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&set).unwrap(), text);
        let text = r#"{"kind":"mail","weight":2}"#;
        let attachment: Attachment = crate::parse_object(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&attachment).unwrap(), text);
    }

    #[test]
    fn orders_round_trip() {
        assert!(crate::parse::<Order>(br#"{"aging":[5]}"#).is_err());
        for text in [
            r#""strict""#,
            r#"{"aging":{"step_ms":30000}}"#,
            r#"{"deadline":{"default_slack_ms":10000}}"#,
        ] {
            let order: Order = crate::parse(text.as_bytes()).unwrap();
            assert_eq!(Order::from(OrderPolicy::from(order)), order);
            assert_eq!(serde_json::to_string(&order).unwrap(), text);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, field) in [
            (r#"{"concurrency": -1}"#, "concurrency"),
            (r#"{"rate": {"permits": 1}}"#, "rate"),
            (r#"{"rate": {"permits": 1.5}}"#, "rate.permits"),
            (r#"{"rate": [1, 2]}"#, "rate"),
            (r#"{"slots": 1}"#, "slots"),
        ] {
            let error = crate::parse_object::<LimitSet>(text.as_bytes()).unwrap_err();
            let found = error.field.clone().unwrap_or_default();
            assert!(found.ends_with(field), "{field}: {error} ({found})");
        }
    }
}
