//! Rules as sentences, for people.

use duly_core::{Timestamp, duration};

use super::Rule;
use crate::instant;
use crate::pattern::{Days, DaysOfMonth, DaysOfWeek, Pattern, numbers};

/// As many times of a day are told one by one.
const TIMES_MAX: usize = 6;

const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Monday to Friday; bit 0 is Sunday.
const WORKDAYS: u64 = 0b011_1110;
const WEEKEND: u64 = 0b100_0001;
const ALL_WEEKDAYS: u64 = 0b111_1111;

impl Rule {
    /// The rule as a sentence, for people.
    ///
    /// ```
    /// use duly_schedule::Rule;
    ///
    /// let rule = Rule::cron("0 9 * * mon-fri", "Europe/Berlin".parse()?)?;
    /// assert_eq!(rule.describe(), "at 09:00 on weekdays, Europe/Berlin");
    /// # Ok::<(), duly_schedule::InvalidRule>(())
    /// ```
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Cron { pattern, zone } => format!("{}, {zone}", of_pattern(pattern)),
            Self::Every { period, anchor } => {
                let period = duration::format(period.get());
                if *anchor == Timestamp::default() {
                    return format!("every {period}");
                }
                format!("every {period}, counted from {}", instant::format(*anchor))
            }
            Self::Once { at } => format!("once, at {}", instant::format(*at)),
        }
    }
}

fn of_pattern(pattern: &Pattern) -> String {
    let mut sentence = times(pattern).unwrap_or_else(|| fields_of_time(pattern));
    let days = days(&pattern.days);
    if !days.is_empty() {
        sentence = format!("{sentence} {days}");
    } else if sentence.starts_with("at ") && !sentence.contains(" of every ") {
        sentence.push_str(" every day");
    }
    let months: Vec<_> = numbers(pattern.months).collect();
    if months.len() < MONTHS.len() {
        let name = |month: u8| MONTHS[usize::from(month) - 1].to_owned();
        sentence = format!("{sentence} in {}", listed(&months, name));
    }
    sentence
}

/// The times of a day one by one, if they are few.
fn times(pattern: &Pattern) -> Option<String> {
    let counts = [pattern.hours, pattern.minutes, pattern.seconds];
    let count: u32 = counts.iter().map(|set| set.count_ones()).product();
    if count as usize > TIMES_MAX {
        return None;
    }
    let mut times = Vec::new();
    for hour in numbers(pattern.hours) {
        for minute in numbers(pattern.minutes) {
            for second in numbers(pattern.seconds) {
                times.push(match pattern.seconds {
                    1 => format!("{hour:02}:{minute:02}"),
                    _ => format!("{hour:02}:{minute:02}:{second:02}"),
                });
            }
        }
    }
    Some(format!("at {}", joined(&times)))
}

/// The fields of time, the shortest unit first.
fn fields_of_time(pattern: &Pattern) -> String {
    let minutes = unit(pattern.minutes, 60, "minute");
    let seconds = (pattern.seconds != 1).then(|| unit(pattern.seconds, 60, "second"));
    let within = match seconds {
        Some(seconds) if minutes == "every minute" && seconds.starts_with("every") => seconds,
        Some(seconds) => {
            let minutes = minutes.strip_prefix("at ").unwrap_or(&minutes);
            format!("{seconds} of {minutes}")
        }
        None => minutes.clone(),
    };
    let hours: Vec<_> = numbers(pattern.hours).collect();
    if hours.len() == 24 {
        let is_named = minutes.starts_with("at ");
        return within + if is_named { " of every hour" } else { "" };
    }
    if let Some(step) = step(&hours, 24) {
        return format!("{within} of every {} hour", ordinal(step));
    }
    match (is_run(&hours), &hours[..]) {
        (true, [first, .., last]) => format!("{within} between {first:02}:00 and {last:02}:59"),
        _ => {
            let names = listed(&hours, |hour| format!("{hour:02}"));
            let noun = if hours.len() == 1 { "hour" } else { "hours" };
            format!("{within} of the {noun} {names}")
        }
    }
}

/// Which seconds or minutes.
fn unit(set: u64, all: u8, name: &str) -> String {
    let members: Vec<_> = numbers(set).collect();
    if members.len() == usize::from(all) {
        return format!("every {name}");
    }
    if let Some(step) = step(&members, all) {
        return format!("every {step} {name}s");
    }
    let plural = if members.len() == 1 { "" } else { "s" };
    format!("at {name}{plural} {}", listed(&members, |n| n.to_string()))
}

fn days(days: &Days) -> String {
    let (of_month, of_week) = (of_month(&days.of_month), &days.of_week);
    let is_both = days.of_month.is_open || days.of_week.is_open;
    match (of_month, of_week.every == ALL_WEEKDAYS) {
        (None, true) => String::new(),
        (None, false) if is_both => format!("on {}", weekdays(of_week, true)),
        (None, false) => String::new(),
        (Some(of_month), true) if is_both => format!("on {of_month}"),
        (Some(_), true) => String::new(),
        (Some(of_month), false) if is_both => {
            format!("on {of_month}, if that is {}", weekdays(of_week, false))
        }
        (Some(of_month), false) => format!("on {of_month} or on {}", weekdays(of_week, true)),
    }
}

/// Which days of the month; `None`: all.
fn of_month(days: &DaysOfMonth) -> Option<String> {
    let listed_days: Vec<_> = numbers(days.numbers).collect();
    if listed_days.len() == 31 {
        return None;
    }
    let mut phrases = Vec::new();
    if is_run(&listed_days)
        && let [first, .., last] = &listed_days[..]
    {
        phrases.push(format!("the {} to the {}", ordinal(*first), ordinal(*last)));
    } else {
        phrases.extend(
            listed_days
                .iter()
                .map(|day| format!("the {}", ordinal(*day))),
        );
    }
    let nearest = numbers(days.nearest);
    phrases.extend(nearest.map(|day| format!("the weekday nearest to the {}", ordinal(day))));
    phrases.extend(numbers(days.before_last).map(|before| match before {
        0 => "the last day".to_owned(),
        1 => "the day before the last".to_owned(),
        _ => format!("the day {before} days before the last"),
    }));
    if days.last_weekday {
        phrases.push("the last weekday".to_owned());
    }
    Some(format!("{} of the month", joined(&phrases)))
}

/// Which weekdays; `short`: "weekdays" and "weekends" have a name.
fn weekdays(days: &DaysOfWeek, short: bool) -> String {
    let name = |day: u8| WEEKDAYS[usize::from(day)].to_owned();
    let mut phrases = Vec::new();
    match days.every {
        WORKDAYS if short => phrases.push("weekdays".to_owned()),
        WEEKEND if short => phrases.push("weekends".to_owned()),
        every => {
            let every: Vec<_> = numbers(every).collect();
            match &every[..] {
                [first, _, .., last] if is_run(&every) => {
                    phrases.push(format!("{} to {}", name(*first), name(*last)));
                }
                _ => phrases.extend(every.iter().map(|day| name(*day))),
            }
        }
    }
    let mut of_month = Vec::new();
    for (week, set) in (1..).zip(days.nth) {
        of_month.extend(numbers(set).map(|day| format!("the {} {}", ordinal(week), name(day))));
    }
    of_month.extend(numbers(days.last).map(|day| format!("the last {}", name(day))));
    if !of_month.is_empty() {
        phrases.push(format!("{} of the month", joined(&of_month)));
    }
    joined(&phrases)
}

/// The numbers, of which three or more in a row are told as a range.
fn listed(numbers: &[u8], name: impl Fn(u8) -> String) -> String {
    if is_run(numbers)
        && let [first, .., last] = numbers
    {
        return format!("{} to {}", name(*first), name(*last));
    }
    let names: Vec<_> = numbers.iter().map(|number| name(*number)).collect();
    joined(&names)
}

/// Three or more in a row.
fn is_run(numbers: &[u8]) -> bool {
    numbers.len() >= 3 && numbers.windows(2).all(|pair| pair[0] + 1 == pair[1])
}

/// The step, if these are all multiples of one that divides the whole.
fn step(numbers: &[u8], all: u8) -> Option<u8> {
    let [0, step, ..] = numbers else { return None };
    let multiples = (0..all).step_by(usize::from(*step));
    (all.is_multiple_of(*step) && multiples.eq(numbers.iter().copied())).then_some(*step)
}

/// `a`, `a and b`, `a, b and c`.
fn joined(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [word] => word.clone(),
        [words @ .., last] => format!("{} and {last}", words.join(", ")),
    }
}

fn ordinal(number: u8) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}
