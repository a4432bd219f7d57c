//! How often a task is tried, and when again, on the wire.

use std::time::Duration;

use duly_core::RetryPolicy;
use serde::{Deserialize, Serialize};

use crate::new::millis;

/// How the delay grows from one retry to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Backoff {
    /// Always `delay_ms`.
    Fixed,
    /// `delay_ms`, twice that, three times that …
    Linear,
    /// `delay_ms`, twice that, four times that …: the default.
    #[default]
    Exponential,
}

/// How a delay is spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Jitter {
    /// Exactly the delay.
    None,
    /// Anything from zero to the delay.
    Full,
    /// Half the delay, and anything from zero to the other half.
    Equal,
    /// The delay, more or less by up to `jitter_permille` thousandths of it: the default.
    #[default]
    Proportional,
}

/// When a task is tried again; what is left out has the default.
///
/// ```
/// let retry: duly_api::Retry = duly_api::parse_object(br#"{"backoff": "fixed", "delay_ms": 250}"#)?;
/// assert_eq!(retry.policy(3).delay(1, 0).as_millis(), 225); // ±10 %
/// # Ok::<(), duly_api::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// How the delay grows.
    #[serde(default)]
    pub backoff: Backoff,
    /// The first delay: 1,000 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 31_622_400_000_u64))]
    pub delay_ms: Option<u64>,
    /// The longest delay (not for `fixed`): 3,600,000 (an hour) unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 31_622_400_000_u64))]
    pub ceiling_ms: Option<u64>,
    /// How the delay is spread.
    #[serde(default)]
    pub jitter: Jitter,
    /// How far `proportional` spreads it, in thousandths: 100 (±10 %) unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jitter_permille: Option<u16>,
}

impl Retry {
    /// The first delay unless given.
    pub const DELAY_MS: u64 = 1_000;
    /// The longest delay unless given: an hour.
    pub const CEILING_MS: u64 = 3_600_000;
    /// How far `proportional` spreads unless given.
    pub const JITTER_PERMILLE: u16 = 100;

    /// The rule that it means.
    #[must_use]
    pub fn policy(&self, attempts_max: u32) -> RetryPolicy {
        let delay = Duration::from_millis(self.delay_ms.unwrap_or(Self::DELAY_MS));
        let ceiling = Duration::from_millis(self.ceiling_ms.unwrap_or(Self::CEILING_MS));
        let backoff = match self.backoff {
            Backoff::Fixed => duly_core::Backoff::Fixed { delay },
            Backoff::Linear => duly_core::Backoff::Linear {
                step: delay,
                ceiling,
            },
            Backoff::Exponential => duly_core::Backoff::Exponential {
                base: delay,
                ceiling,
            },
        };
        let jitter = match self.jitter {
            Jitter::None => duly_core::Jitter::None,
            Jitter::Full => duly_core::Jitter::Full,
            Jitter::Equal => duly_core::Jitter::Equal,
            Jitter::Proportional => duly_core::Jitter::Proportional {
                permille: self.jitter_permille.unwrap_or(Self::JITTER_PERMILLE),
            },
        };
        RetryPolicy {
            attempts_max,
            backoff,
            jitter,
        }
    }
}

impl From<&RetryPolicy> for Retry {
    /// As it is shown, every number spelled out.
    fn from(policy: &RetryPolicy) -> Self {
        let (backoff, delay, ceiling) = match policy.backoff {
            duly_core::Backoff::Fixed { delay } => (Backoff::Fixed, delay, None),
            duly_core::Backoff::Linear { step, ceiling } => (Backoff::Linear, step, Some(ceiling)),
            duly_core::Backoff::Exponential { base, ceiling } => {
                (Backoff::Exponential, base, Some(ceiling))
            }
        };
        let (jitter, jitter_permille) = match policy.jitter {
            duly_core::Jitter::None => (Jitter::None, None),
            duly_core::Jitter::Full => (Jitter::Full, None),
            duly_core::Jitter::Equal => (Jitter::Equal, None),
            duly_core::Jitter::Proportional { permille } => (Jitter::Proportional, Some(permille)),
        };
        Self {
            backoff,
            delay_ms: Some(millis(delay)),
            ceiling_ms: ceiling.map(millis),
            jitter,
            jitter_permille,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_said_is_the_default_policy() {
        let default = RetryPolicy::default();
        assert_eq!(Retry::default().policy(default.attempts_max), default);
    }

    #[test]
    fn every_policy_round_trips() {
        for backoff in [Backoff::Fixed, Backoff::Linear, Backoff::Exponential] {
            for jitter in [
                Jitter::None,
                Jitter::Full,
                Jitter::Equal,
                Jitter::Proportional,
            ] {
                let retry = Retry {
                    backoff,
                    delay_ms: Some(7),
                    ceiling_ms: (backoff != Backoff::Fixed).then_some(9),
                    jitter,
                    jitter_permille: (jitter == Jitter::Proportional).then_some(5),
                };
                assert_eq!(Retry::from(&retry.policy(4)), retry);
                let text = serde_json::to_vec(&retry).unwrap();
                assert_eq!(crate::parse(&text), Ok(retry));
            }
        }
    }
}
