//! Cron patterns: read, checked, and searched.

mod bits;
mod days;
mod field;
mod search;

use std::fmt;
use std::str::FromStr;

use crate::bounds::PATTERN_BYTES_MAX;
use crate::quote::quote;
pub(crate) use bits::numbers;
pub(crate) use days::{Days, DaysOfMonth, DaysOfWeek, Month};
use field::{Field, HOUR, MINUTE, MONTH, SECOND};

/// The nicknames, with the fields that they stand for.
const NICKNAMES: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// A cron pattern: which times of a calendar, by fields.
///
/// Five fields, or six with the seconds first:
///
/// | field | numbers | besides |
/// |---|---|---|
/// | second | 0–59 | 0 if there are five fields |
/// | minute | 0–59 | |
/// | hour | 0–23 | |
/// | day of month | 1–31 | `L` the last day, `L-3` three days before it, `15W` the weekday (Monday to Friday) nearest to the 15th within the month, `LW` the last weekday, `?` as `*` |
/// | month | 1–12 | `jan` to `dec` |
/// | day of week | 0–7, 0 and 7 are Sunday | `sun` to `sat`, `mon#2` the second Monday, `friL` the last Friday, `?` as `*` |
///
/// Each is `*` or a list (`1,5`) of numbers, names, ranges (`9-17`) and steps (`*/10`, `9-17/2`, and
/// `5/20` for "from 5 on"). Upper and lower case mean the same. In place of all fields: `@yearly`,
/// `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight`, `@hourly`.
///
/// **The two fields of days** are joined as in Vixie's cron: if both restrict, a day that fits either
/// is one (`0 0 13 * fri`: every 13th and every Friday); if one of them begins with `*` or is `?`, a
/// day must fit both.
///
/// A pattern that no day ever fits, such as 30 February, is refused when it is read.
///
/// ```
/// use duly_schedule::Pattern;
///
/// let pattern: Pattern = "0 9 * * mon-fri".parse()?;
/// assert_eq!(pattern.as_str(), "0 9 * * mon-fri");
///
/// let error = "0 25 * * *".parse::<Pattern>().unwrap_err();
/// assert!(error.to_string().starts_with("hour \"25\" is not valid: expected"));
/// # Ok::<(), duly_schedule::InvalidPattern>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    pub(crate) seconds: u64,
    pub(crate) minutes: u64,
    pub(crate) hours: u64,
    pub(crate) months: u64,
    pub(crate) days: Days,
}

/// The text is not a cron pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPattern {
    /// It is too long.
    #[error("pattern of {bytes} bytes is too long: expected at most {PATTERN_BYTES_MAX}")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// It has not as many fields as a pattern has.
    #[error(
        "pattern {} has {found} fields: expected 5 (minute, hour, day of month, month, day of week), \
         or 6 with the second before them{}", quote(.pattern), .advice
    )]
    Fields {
        /// What was given.
        pattern: String,
        /// How many fields it has.
        found: usize,
        /// What to do, if that can be guessed.
        advice: &'static str,
    },
    /// One field is wrong.
    #[error("{field} {} is not valid: expected {expected}", quote(.value))]
    Field {
        /// The name of the field.
        field: &'static str,
        /// The part that is wrong.
        value: String,
        /// What was expected.
        expected: &'static str,
    },
    /// There is no such nickname.
    #[error(
        "pattern {} is not known: expected @yearly, @annually, @monthly, @weekly, @daily, @midnight, \
         @hourly or @every with a duration, such as @every 90s", quote(.name)
    )]
    Nickname {
        /// What was given.
        name: String,
    },
    /// A time zone stands before the fields.
    #[error(
        "pattern {} names a time zone: expected the fields alone; give the zone beside the pattern, as \
         the zone of the schedule", quote(.pattern)
    )]
    ZoneInside {
        /// What was given.
        pattern: String,
    },
    /// There is no such day.
    #[error(
        "pattern {} never comes: expected a day of month that some month of the pattern has",
        quote(.pattern)
    )]
    Never {
        /// What was given.
        pattern: String,
    },
}

impl Pattern {
    /// Its text, with one space between fields; a nickname stays one.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn parse(text: &str) -> Result<Self, InvalidPattern> {
        if text.len() > PATTERN_BYTES_MAX {
            return Err(InvalidPattern::TooLong { bytes: text.len() });
        }
        let mut fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let kept = fields.join(" ");
        if kept.starts_with('@') {
            fields = nickname(&kept)?.split(' ').collect();
        } else if kept.starts_with("TZ=") || kept.starts_with("CRON_TZ=") {
            return Err(InvalidPattern::ZoneInside { pattern: kept });
        }
        let pattern = Self::of_fields(&fields, kept)?;
        if pattern.is_never() {
            return Err(InvalidPattern::Never {
                pattern: pattern.text,
            });
        }
        Ok(pattern)
    }

    fn of_fields(fields: &[&str], text: String) -> Result<Self, InvalidPattern> {
        let (second, fields) = match fields {
            [second, rest @ ..] if rest.len() == 5 => (*second, rest),
            rest => ("0", rest),
        };
        let [minute, hour, day, month, weekday] = fields else {
            return Err(wrong_count(fields.len(), text));
        };
        Ok(Self {
            text,
            seconds: list(&SECOND, second)?,
            minutes: list(&MINUTE, minute)?,
            hours: list(&HOUR, hour)?,
            months: list(&MONTH, month)?,
            days: Days::parse(day, weekday)?,
        })
    }

    /// No day fits: of any month that a calendar can have, beginning on any weekday.
    fn is_never(&self) -> bool {
        let lengths = |month: u8| match month {
            2 => 28..=29,
            4 | 6 | 9 | 11 => 30..=30,
            _ => 31..=31,
        };
        let mut months = numbers(self.months).flat_map(lengths);
        !months.any(|days| (0..7).any(|first| self.days.of(Month { days, first }) != 0))
    }
}

fn list(field: &Field, text: &str) -> Result<u64, InvalidPattern> {
    let mut parts = text.split(',').map(|part| field.numbers(part));
    parts.try_fold(0, |set, numbers| Ok(set | numbers?))
}

fn nickname(text: &str) -> Result<&'static str, InvalidPattern> {
    let known = NICKNAMES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(text));
    let (_, fields) = known.ok_or_else(|| InvalidPattern::Nickname {
        name: text.to_owned(),
    })?;
    Ok(fields)
}

fn wrong_count(found: usize, pattern: String) -> InvalidPattern {
    let advice = match found {
        7 => "; years are no field: give the schedule a start and an end",
        1 => "; an interval is written @every 15m",
        _ => "",
    };
    InvalidPattern::Fields {
        pattern,
        found,
        advice,
    }
}

impl FromStr for Pattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        Self::parse(text)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}
