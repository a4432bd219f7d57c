//! Orders as people write them: `strict`, `aging:30s`, `deadline:10s`.

use core::fmt;
use core::str::FromStr;

use super::OrderPolicy;
use crate::named::error;
use crate::{DELAY_MAX, duration};

/// The text names no order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidOrder;

error!(
    InvalidOrder,
    "not an order: expected strict, aging:30s or deadline:10s, with any duration up to 366 days"
);

/// As it is read: a step or a slack in whole milliseconds.
///
/// ```
/// use core::time::Duration;
/// use duly_core::OrderPolicy;
///
/// let aging = OrderPolicy::Aging { step: Duration::from_secs(30) };
/// assert_eq!("aging:30s".parse(), Ok(aging));
/// assert_eq!(aging.to_string(), "aging:30s");
/// ```
impl fmt::Display for OrderPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Strict => f.write_str("strict"),
            Self::Aging { step } => write!(f, "aging:{}", duration::format(*step)),
            Self::Deadline { default_slack } => {
                write!(f, "deadline:{}", duration::format(*default_slack))
            }
        }
    }
}

impl FromStr for OrderPolicy {
    type Err = InvalidOrder;

    fn from_str(text: &str) -> Result<Self, InvalidOrder> {
        let Some((name, span)) = text.split_once(':') else {
            return match text {
                "strict" => Ok(Self::Strict),
                _ => Err(InvalidOrder),
            };
        };
        let span = duration::parse(span).map_err(|_| InvalidOrder)?;
        match name {
            "aging" if !span.is_zero() && span <= DELAY_MAX => Ok(Self::Aging { step: span }),
            "deadline" if span <= DELAY_MAX => Ok(Self::Deadline {
                default_slack: span,
            }),
            _ => Err(InvalidOrder),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn what_is_written_is_read() {
        for text in [
            "strict",
            "aging:30s",
            "aging:366d",
            "deadline:0s",
            "deadline:1500ms",
        ] {
            let order: OrderPolicy = text.parse().unwrap();
            assert_eq!(order.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_order_is_refused() {
        for text in [
            "",
            "Strict",
            "strict:1s",
            "aging",
            "aging:",
            "aging:30",
            "aging:0s",
            "aging:367d",
            "deadline",
            "deadline:367d",
            "fifo:1s",
            "aging: 30s",
        ] {
            assert_eq!(text.parse::<OrderPolicy>(), Err(InvalidOrder), "{text}");
        }
    }
}
