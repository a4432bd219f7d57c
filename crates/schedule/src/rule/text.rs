//! Rules as text: what stores keep. `cron Europe/Berlin 0 9 * * mon-fri`, `every 15m`,
//! `every 15m from 2026-01-01T00:07:00Z`, `once 2026-01-01T09:00:00Z`.

use std::fmt;
use std::str::FromStr;

use duly_core::Timestamp;

use super::{InvalidRule, Rule};
use crate::instant;

impl fmt::Display for Rule {
    /// Text that can be read again, now and by later versions.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cron { pattern, zone } => write!(f, "cron {zone} {pattern}"),
            Self::Every { period, anchor } if *anchor == Timestamp::default() => {
                write!(f, "every {period}")
            }
            Self::Every { period, anchor } => {
                write!(f, "every {period} from {}", instant::format(*anchor))
            }
            Self::Once { at } => write!(f, "once {}", instant::format(*at)),
        }
    }
}

impl FromStr for Rule {
    type Err = InvalidRule;

    fn from_str(text: &str) -> Result<Self, InvalidRule> {
        let wrong = || InvalidRule::Text {
            value: text.to_owned(),
        };
        let (word, rest) = text.split_once(' ').ok_or_else(wrong)?;
        match word {
            "cron" => {
                let (zone, pattern) = rest.split_once(' ').ok_or_else(wrong)?;
                Self::cron(pattern, zone.parse()?)
            }
            "every" => {
                let (period, anchor) = match rest.split_once(" from ") {
                    Some((period, anchor)) => (period, instant::parse(anchor).ok_or_else(wrong)?),
                    None => (rest, Timestamp::default()),
                };
                let period = period.parse()?;
                Ok(Self::Every { period, anchor })
            }
            "once" => instant::parse(rest).map(Self::once).ok_or_else(wrong),
            _ => Err(wrong()),
        }
    }
}
