//! The times of a pattern, on a calendar without time zones.

use jiff::civil::{Date, DateTime, Time};

use super::Pattern;
use super::bits::{at_least, at_most, first, last};
use super::days::Month;

/// Years that an instant of Duly can lie in, and one more at each end for time zones.
const YEARS: std::ops::RangeInclusive<i16> = 1683..=2256;

impl Pattern {
    /// The first time of the pattern that is not before this one.
    pub(crate) fn at_or_after(&self, from: DateTime) -> Option<DateTime> {
        let date = from.date();
        if self.has_day(date)
            && let Some(time) = self.time_at_or_after(from.time())
        {
            return Some(date.to_datetime(time));
        }
        let time = clock(first(self.hours), first(self.minutes), first(self.seconds));
        Some(self.day_after(date)?.to_datetime(time))
    }

    /// The last time of the pattern that is not after this one.
    pub(crate) fn at_or_before(&self, to: DateTime) -> Option<DateTime> {
        let date = to.date();
        if self.has_day(date)
            && let Some(time) = self.time_at_or_before(to.time())
        {
            return Some(date.to_datetime(time));
        }
        let time = clock(last(self.hours), last(self.minutes), last(self.seconds));
        Some(self.day_before(date)?.to_datetime(time))
    }

    fn has_day(&self, date: Date) -> bool {
        self.days_of(date) >> date.day() & 1 == 1
    }

    /// The days of the month of a date, as bits.
    fn days_of(&self, date: Date) -> u64 {
        if self.months >> date.month() & 1 == 0 {
            return 0;
        }
        let first = date.first_of_month().weekday().to_sunday_zero_offset();
        self.days.of(Month {
            days: date.days_in_month().unsigned_abs(),
            first: first.unsigned_abs(),
        })
    }

    fn day_after(&self, date: Date) -> Option<Date> {
        let mut month = date.first_of_month();
        let mut from = date.day().unsigned_abs() + 1;
        loop {
            if let Some(day) = at_least(self.days_of(month), from) {
                return on(month, day);
            }
            month = month.last_of_month().tomorrow().ok()?;
            from = 1;
            if !YEARS.contains(&month.year()) {
                return None;
            }
        }
    }

    fn day_before(&self, date: Date) -> Option<Date> {
        let mut month = date.first_of_month();
        let mut to = date.day().unsigned_abs() - 1;
        loop {
            if let Some(day) = at_most(self.days_of(month), to) {
                return on(month, day);
            }
            month = month.yesterday().ok()?.first_of_month();
            to = 31;
            if !YEARS.contains(&month.year()) {
                return None;
            }
        }
    }

    fn time_at_or_after(&self, time: Time) -> Option<Time> {
        let (hour, minute, second) = parts(time);
        if self.hours >> hour & 1 == 1 {
            if self.minutes >> minute & 1 == 1
                && let Some(second) = at_least(self.seconds, second)
            {
                return Some(clock(hour, minute, second));
            }
            if let Some(minute) = at_least(self.minutes, minute + 1) {
                return Some(clock(hour, minute, first(self.seconds)));
            }
        }
        let hour = at_least(self.hours, hour + 1)?;
        Some(clock(hour, first(self.minutes), first(self.seconds)))
    }

    fn time_at_or_before(&self, time: Time) -> Option<Time> {
        let (hour, minute, second) = parts(time);
        if self.hours >> hour & 1 == 1 {
            if self.minutes >> minute & 1 == 1
                && let Some(second) = at_most(self.seconds, second)
            {
                return Some(clock(hour, minute, second));
            }
            if let Some(minute) = below(self.minutes, minute) {
                return Some(clock(hour, minute, last(self.seconds)));
            }
        }
        let hour = below(self.hours, hour)?;
        Some(clock(hour, last(self.minutes), last(self.seconds)))
    }
}

/// The greatest number of the set that is less.
fn below(set: u64, than: u8) -> Option<u8> {
    at_most(set, than.checked_sub(1)?)
}

/// A day of the month that begins at a date.
fn on(month: Date, day: u8) -> Option<Date> {
    Date::new(month.year(), month.month(), i8::try_from(day).ok()?).ok()
}

fn parts(time: Time) -> (u8, u8, u8) {
    let parts = [time.hour(), time.minute(), time.second()];
    let [hour, minute, second] = parts.map(i8::unsigned_abs);
    (hour, minute, second)
}

fn clock(hour: u8, minute: u8, second: u8) -> Time {
    let [hour, minute, second] = [hour, minute, second].map(u8::cast_signed);
    Time::constant(hour, minute, second, 0)
}
