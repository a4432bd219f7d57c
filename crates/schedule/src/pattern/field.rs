//! One field of a pattern: a list of numbers, names, ranges and steps.

use super::InvalidPattern;

/// What a field holds.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    /// The least number.
    min: u8,
    /// The greatest number that `*` means.
    max: u8,
    /// The greatest number that may be written: 7 is Sunday as well.
    written_max: u8,
    /// Names for numbers, from `min` on.
    names: &'static [&'static str],
    expected: &'static str,
}

pub(super) static SECOND: Field = Field {
    name: "second",
    min: 0,
    max: 59,
    written_max: 59,
    names: &[],
    expected: "*, or numbers from 0 to 59 with , - and /, such as 0,30 or */10",
};
pub(super) static MINUTE: Field = Field {
    name: "minute",
    ..SECOND
};
pub(super) static HOUR: Field = Field {
    name: "hour",
    min: 0,
    max: 23,
    written_max: 23,
    names: &[],
    expected: "*, or numbers from 0 to 23 with , - and /, such as 9-17 or */2",
};
pub(super) static DAY: Field = Field {
    name: "day of month",
    min: 1,
    max: 31,
    written_max: 31,
    names: &[],
    expected: "*, or numbers from 1 to 31 with , - and /, L (the last day), L-3 (three days before it), \
               15W (the weekday nearest to the 15th) or LW (the last weekday)",
};
pub(super) static MONTH: Field = Field {
    name: "month",
    min: 1,
    max: 12,
    written_max: 12,
    names: &[
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ],
    expected: "*, or numbers from 1 to 12 or names (jan to dec) with , - and /, such as 1,7 or mar-oct",
};
pub(super) static WEEKDAY: Field = Field {
    name: "day of week",
    min: 0,
    max: 6,
    written_max: 7,
    names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    expected: "*, or numbers from 0 to 7 (0 and 7 are Sunday) or names (sun to sat) with , - and /, \
               mon#2 (the second Monday) or friL (the last Friday)",
};

impl Field {
    /// That a part of the field is not valid.
    pub(super) fn wrong(&self, value: &str) -> InvalidPattern {
        self.wrong_since(value, self.expected)
    }

    pub(super) fn wrong_since(&self, value: &str, expected: &'static str) -> InvalidPattern {
        InvalidPattern::Field {
            field: self.name,
            value: value.to_owned(),
            expected,
        }
    }

    /// The numbers that one part of a list means: `*`, `5`, `mon`, `1-5`, and with a step `*/2`,
    /// `1-9/2`, and `5/2` for "from 5 on".
    pub(super) fn numbers(&self, part: &str) -> Result<u64, InvalidPattern> {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(self.step(part, step)?)),
            None => (part, None),
        };
        let (low, high) = if range == "*" {
            (self.min, self.max)
        } else if let Some((low, high)) = range.split_once('-') {
            self.range(part, low, high)?
        } else {
            let low = self.number(range).ok_or_else(|| self.wrong(part))?;
            (
                low,
                if step.is_some() {
                    self.max.max(low)
                } else {
                    low
                },
            )
        };
        let numbers = (low..=high).step_by(step.unwrap_or(1).into());
        Ok(numbers.fold(0, |set, number| set | 1 << self.folded(number)))
    }

    fn range(&self, part: &str, low: &str, high: &str) -> Result<(u8, u8), InvalidPattern> {
        let numbers = self.number(low).zip(self.number(high));
        let (low, high) = numbers.ok_or_else(|| self.wrong(part))?;
        // A range to Sunday ends with the week.
        let high = if self.folded(high) == 0 && self.written_max > self.max && low > 0 {
            self.written_max
        } else {
            high
        };
        if low > high {
            return Err(self.wrong_since(
                part,
                "a range from the lower to the higher: where it goes past the end, write two, such as \
                 22-23,0-2",
            ));
        }
        Ok((low, high))
    }

    fn step(&self, part: &str, step: &str) -> Result<u8, InvalidPattern> {
        let all = self.max - self.min + 1;
        let step = digits(step).ok_or_else(|| self.wrong(part))?;
        if step == 0 || step > all {
            return Err(self.wrong_since(
                part,
                "a step from 1 to as many as the field counts: what is longer is an interval, such \
                 as @every 90m",
            ));
        }
        Ok(step)
    }

    /// The number that a word means.
    pub(super) fn number(&self, word: &str) -> Option<u8> {
        let named = self.names.iter().zip(self.min..);
        let number = named
            .filter(|(name, _)| name.eq_ignore_ascii_case(word))
            .map(|(_, number)| number)
            .next()
            .or_else(|| digits(word))?;
        (self.min..=self.written_max)
            .contains(&number)
            .then_some(number)
    }

    /// A number with one name: Sunday is 0.
    pub(super) const fn folded(&self, number: u8) -> u8 {
        if number > self.max { self.min } else { number }
    }
}

/// A number of one to three digits, without a sign.
pub(super) fn digits(text: &str) -> Option<u8> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}
