//! Which days of a month a pattern means.

use super::InvalidPattern;
use super::field::{DAY, Field, WEEKDAY, digits};

/// Weeks of a month, counted by one of its weekdays.
const WEEKS_MAX: u8 = 5;

/// The two fields of days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Days {
    pub(crate) of_month: DaysOfMonth,
    pub(crate) of_week: DaysOfWeek,
}

/// What the field of days of the month says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DaysOfMonth {
    /// It begins with `*`: days of the week alone restrict.
    pub(crate) is_open: bool,
    /// Bit 1: the first.
    pub(crate) numbers: u64,
    /// Bit 0: the last day; bit 1: the day before it.
    pub(crate) before_last: u64,
    /// Bit 1: the weekday nearest to the first.
    pub(crate) nearest: u64,
    pub(crate) last_weekday: bool,
}

/// What the field of days of the week says. Bit 0 is Sunday.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DaysOfWeek {
    /// It begins with `*`: days of the month alone restrict.
    pub(crate) is_open: bool,
    /// Every one of the month.
    pub(crate) every: u64,
    /// By week, from 0: the first, the second.
    pub(crate) nth: [u64; WEEKS_MAX as usize],
    /// The last one of the month.
    pub(crate) last: u64,
}

/// What the days of a month depend on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Month {
    /// 28 to 31.
    pub(crate) days: u8,
    /// The weekday of the first: 0 is Sunday.
    pub(crate) first: u8,
}

impl Month {
    /// The weekday of a day.
    const fn weekday(self, day: u8) -> u8 {
        (self.first + day - 1) % 7
    }

    const fn is_workday(self, day: u8) -> bool {
        !matches!(self.weekday(day), 0 | 6)
    }

    /// The weekday (Monday to Friday) nearest to a day, within the month.
    fn nearest_workday(self, day: u8) -> u8 {
        match self.weekday(day) {
            6 if day == 1 => 3,
            6 => day - 1,
            0 if day == self.days => day - 2,
            0 => day + 1,
            _ => day,
        }
    }

    fn all(self) -> impl DoubleEndedIterator<Item = u8> {
        1..=self.days
    }
}

impl Days {
    pub(super) fn parse(of_month: &str, of_week: &str) -> Result<Self, InvalidPattern> {
        Ok(Self {
            of_month: DaysOfMonth::parse(of_month)?,
            of_week: DaysOfWeek::parse(of_week)?,
        })
    }

    /// The days of such a month, as bits: bit 1 is the first. If both fields restrict, either will do;
    /// if one is open, both must hold.
    pub(super) fn of(&self, month: Month) -> u64 {
        let (by_month, by_week) = (self.of_month.of(month), self.of_week.of(month));
        if self.of_month.is_open || self.of_week.is_open {
            by_month & by_week
        } else {
            by_month | by_week
        }
    }
}

impl DaysOfMonth {
    fn parse(text: &str) -> Result<Self, InvalidPattern> {
        let mut days = Self {
            is_open: is_open(text),
            ..Self::default()
        };
        for part in parts(text) {
            days.add(part)?;
        }
        Ok(days)
    }

    fn add(&mut self, part: &str) -> Result<(), InvalidPattern> {
        let upper = part.to_ascii_uppercase();
        let wrong = || DAY.wrong(part);
        if upper == "LW" {
            self.last_weekday = true;
        } else if let Some(before) = upper.strip_prefix('L') {
            let before = match before.strip_prefix('-') {
                Some(number) => digits(number)
                    .filter(|days| *days <= 30)
                    .ok_or_else(wrong)?,
                None if before.is_empty() => 0,
                None => return Err(wrong()),
            };
            self.before_last |= 1 << before;
        } else if let Some(day) = upper.strip_suffix('W') {
            self.nearest |= 1 << DAY.number(day).ok_or_else(wrong)?;
        } else {
            self.numbers |= DAY.numbers(part)?;
        }
        Ok(())
    }

    fn of(&self, month: Month) -> u64 {
        let within = (1_u64 << (month.days + 1)) - 2;
        let mut set = self.numbers & within;
        for day in month.all() {
            if self.before_last >> (month.days - day) & 1 == 1 {
                set |= 1 << day;
            }
            if self.nearest >> day & 1 == 1 {
                set |= 1 << month.nearest_workday(day);
            }
        }
        if self.last_weekday {
            let last = month.all().rev().find(|day| month.is_workday(*day));
            set |= last.map_or(0, |day| 1 << day);
        }
        set
    }
}

impl DaysOfWeek {
    fn parse(text: &str) -> Result<Self, InvalidPattern> {
        let mut days = Self {
            is_open: is_open(text),
            ..Self::default()
        };
        for part in parts(text) {
            days.add(part)?;
        }
        Ok(days)
    }

    fn add(&mut self, part: &str) -> Result<(), InvalidPattern> {
        let wrong = || WEEKDAY.wrong(part);
        let day = |word| one(&WEEKDAY, word).ok_or_else(wrong);
        if part.eq_ignore_ascii_case("L") {
            return Err(WEEKDAY.wrong_since(
                part,
                "a weekday before L, such as friL: alone it means Saturday to some and the last day \
                 of the month to others",
            ));
        }
        if let Some((word, week)) = part.split_once('#') {
            if week.eq_ignore_ascii_case("L") {
                self.last |= 1 << day(word)?;
            } else {
                let weeks = 1..=WEEKS_MAX;
                let week = digits(week).filter(|week| weeks.contains(week));
                let week = week.ok_or_else(|| {
                    WEEKDAY.wrong_since(part, "a week from 1 to 5 after #, such as mon#2")
                })?;
                self.nth[usize::from(week - 1)] |= 1 << day(word)?;
            }
        } else if let Some(word) = part.strip_suffix(['L', 'l']) {
            self.last |= 1 << day(word)?;
        } else {
            self.every |= WEEKDAY.numbers(part)?;
        }
        Ok(())
    }

    fn of(&self, month: Month) -> u64 {
        let holds = |day: u8| {
            let weekday = 1_u64 << month.weekday(day);
            let nth = self.nth[usize::from((day - 1) / 7)];
            let is_last = day + 7 > month.days;
            self.every & weekday != 0 || nth & weekday != 0 || (is_last && self.last & weekday != 0)
        };
        let days = month.all().filter(|day| holds(*day));
        days.fold(0, |set, day| set | 1 << day)
    }
}

fn one(field: &Field, word: &str) -> Option<u8> {
    field.number(word).map(|number| field.folded(number))
}

/// It restricts nothing by itself, as in Vixie's cron.
fn is_open(text: &str) -> bool {
    text.starts_with('*') || text == "?"
}

/// The parts of a list of days, where `?` stands for `*`.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let text = if text == "?" { "*" } else { text };
    text.split(',')
}
