//! Limits, and what they are attached to, as text.

use duly_core::{Limit, Rate};
use serde::{Deserialize, Serialize};

use super::element::LimitUseElement;
use super::text::Micros;
use crate::{InvalidInput, LimitUse, Name, Subject, validate};

/// A limit and what it bounds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitElement {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    concurrency: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate: Option<RateElement>,
    /// What its rate has given out, where that is kept.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    given: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RateElement {
    permits: u32,
    period_us: Micros,
    burst: u32,
}

/// What a queue, a kind or a tenant has attached.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttachmentElement {
    to: SubjectElement,
    limits: Vec<LimitUseElement>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum SubjectElement {
    Queue(String),
    Kind(String),
    Tenant(String),
}

impl LimitElement {
    pub(crate) fn new(name: &Name, limit: &Limit, given: String) -> Self {
        Self {
            name: name.as_str().to_owned(),
            concurrency: limit.concurrency,
            rate: limit.rate.map(|rate| RateElement {
                permits: rate.permits(),
                period_us: Micros(rate.period()),
                burst: rate.bursts(),
            }),
            given,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its name, what it bounds, and what its rate has given out.
    ///
    /// # Errors
    /// Its rate is none: it cannot even be made of what is not allowed.
    pub(crate) fn into_limit(self) -> Result<(Name, Limit, String), InvalidInput> {
        let rate = self.rate.map(|rate| {
            validate::rate(rate.permits, rate.period_us.0, rate.burst)?;
            Ok(Rate::new(rate.permits, rate.period_us.0).burst(rate.burst))
        });
        let limit = Limit {
            concurrency: self.concurrency,
            rate: rate.transpose()?,
        };
        Ok((self.name.into(), limit, self.given))
    }
}

impl AttachmentElement {
    pub(crate) fn new(subject: &Subject, limits: &[LimitUse]) -> Self {
        let name = subject.name().as_str().to_owned();
        Self {
            to: match subject {
                Subject::Queue(_) => SubjectElement::Queue(name),
                Subject::Kind(_) => SubjectElement::Kind(name),
                Subject::Tenant(_) => SubjectElement::Tenant(name),
            },
            limits: limits.iter().map(LimitUseElement::new).collect(),
        }
    }

    pub(crate) fn into_attachment(self) -> (Subject, Vec<LimitUse>) {
        let subject = match self.to {
            SubjectElement::Queue(name) => Subject::Queue(name.into()),
            SubjectElement::Kind(name) => Subject::Kind(name.into()),
            SubjectElement::Tenant(name) => Subject::Tenant(name.into()),
        };
        (subject, self.limits.into_iter().map(Into::into).collect())
    }
}
