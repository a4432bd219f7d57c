//! Time zones: which instant a time on the wall is, and what the wall has shown by an instant.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use duly_core::Timestamp;
use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};

use crate::bounds::ZONE_BYTES_MAX;
use crate::quote::quote;

/// The zones that come with this build, so that a rule means the same on every machine.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Names of the database that are no zone anybody lives in.
const NO_ZONES: [&str; 4] = ["Etc/Unknown", "Factory", "localtime", "posixrules"];

/// At most this part of the letters of a guessed name may be wrong.
const LIKENESS_MIN: f64 = 0.6;

/// Clocks are never put back further than this: no two offsets of a zone differ by more.
const SHIFT_MAX: SignedDuration = SignedDuration::from_hours(52);

const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// A time zone of the IANA database. Default: UTC.
///
/// ```
/// use duly_schedule::Zone;
///
/// let zone: Zone = "europe/berlin".parse()?;
/// assert_eq!(zone.name(), "Europe/Berlin");
///
/// let error = "Europe/Berln".parse::<Zone>().unwrap_err();
/// assert!(error.to_string().contains("did you mean Europe/Berlin?"));
/// # Ok::<(), duly_schedule::InvalidZone>(())
/// ```
#[derive(Clone)]
pub struct Zone(TimeZone);

/// The text names no time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "zone {} is not a time zone: expected a name of the IANA database, such as Europe/Berlin or UTC{}",
    quote(.name),
    .nearest.map(|name| format!("; did you mean {name}?")).unwrap_or_default()
)]
pub struct InvalidZone {
    /// What was given.
    pub name: String,
    /// The name that is most like it, if any is.
    pub nearest: Option<&'static str>,
}

impl Zone {
    /// Coordinated universal time, whose clocks are never put forward or back.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// Its name, as the database writes it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// An instant as the clocks of the zone show it, such as `Mon 2026-03-30 09:00:00 +02:00`.
    ///
    /// ```
    /// # use duly_core::Timestamp;
    /// let zone: duly_schedule::Zone = "Europe/Berlin".parse()?;
    /// let at = Timestamp::from_micros(1_774_854_000_000_000);
    /// assert_eq!(zone.show(at), "Mon 2026-03-30 09:00:00 +02:00");
    /// # Ok::<(), duly_schedule::InvalidZone>(())
    /// ```
    #[must_use]
    pub fn show(&self, at: Timestamp) -> String {
        let at = jiff::Timestamp::from_microsecond(at.as_micros())
            .expect("the years 1684 to 2255 lie within what the calendar counts");
        let shown = at.to_zoned(self.0.clone());
        shown.strftime("%a %Y-%m-%d %H:%M:%S %:z").to_string()
    }

    /// All names, in order: what a command line completes, and a form offers.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(String::as_str)
    }

    /// The first instant at which the clocks of the zone show this time or a later one: where they are
    /// put forward past it, the instant at which they are; where they show it twice, the first.
    pub(crate) fn first_showing(&self, wall: DateTime) -> Option<Timestamp> {
        let seconds = match self.0.to_ambiguous_timestamp(wall).offset() {
            AmbiguousOffset::Unambiguous { offset } => seconds_of(wall, offset)?,
            AmbiguousOffset::Fold { before, .. } => seconds_of(wall, before)?,
            AmbiguousOffset::Gap { before, after } => self.end_of_gap(wall, before, after)?,
        };
        let micros = seconds.checked_mul(1_000_000)?;
        let counted = Timestamp::MIN.as_micros()..=Timestamp::MAX.as_micros();
        counted
            .contains(&micros)
            .then(|| Timestamp::from_micros(micros))
    }

    /// When the clocks are put forward past a time.
    fn end_of_gap(&self, wall: DateTime, before: Offset, after: Offset) -> Option<i64> {
        // Read with the later offset, the time lies before the change; with the earlier, after it.
        let earliest = after.to_timestamp(wall).ok()?;
        let latest = before.to_timestamp(wall).ok()?;
        let mut changes = self.0.following(earliest.checked_sub(SECOND).ok()?);
        changes
            .find(|change| change.offset().to_datetime(change.timestamp()) >= wall)
            .map(|change| change.timestamp())
            .filter(|change| *change <= latest)
            .map(jiff::Timestamp::as_second)
    }

    /// The latest time, in whole seconds, that the clocks of the zone have shown by an instant.
    pub(crate) fn latest_shown(&self, at: Timestamp) -> DateTime {
        let second = at.as_micros().div_euclid(1_000_000);
        let now = jiff::Timestamp::from_second(second)
            .expect("the years 1684 to 2255 lie within what the calendar counts");
        let shown = self.0.to_datetime(now);
        // Changes are found strictly before an instant.
        let changes = self.0.preceding(now.saturating_add(SECOND).unwrap_or(now));
        changes
            .map(|change| change.timestamp())
            .take_while(|change| now.duration_since(*change) < SHIFT_MAX)
            .filter_map(|change| change.checked_sub(SECOND).ok())
            .map(|before| self.0.to_datetime(before))
            .fold(shown, DateTime::max)
    }
}

/// Seconds since the epoch at which clocks with this offset show a time.
fn seconds_of(wall: DateTime, offset: Offset) -> Option<i64> {
    Some(offset.to_timestamp(wall).ok()?.as_second())
}

static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut names: Vec<String> = ZONES
        .available()
        .map(|name| name.as_str().to_owned())
        .filter(|name| !NO_ZONES.contains(&name.as_str()))
        .collect();
    names.sort_unstable();
    names
});

/// The name that was probably meant: of all, or of the places alone.
fn nearest(given: &str) -> Option<&'static str> {
    let given = given.to_lowercase().replace(' ', "_");
    let likeness = |name: &str| {
        let name = name.to_lowercase();
        let place = name.rsplit('/').next().unwrap_or_default();
        let whole = strsim::normalized_damerau_levenshtein(&given, &name);
        whole.max(strsim::normalized_damerau_levenshtein(&given, place))
    };
    let rated = Zone::names().map(|name| (likeness(name), name));
    rated
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

impl FromStr for Zone {
    type Err = InvalidZone;

    fn from_str(text: &str) -> Result<Self, InvalidZone> {
        let is_zone = text.len() <= ZONE_BYTES_MAX
            && !NO_ZONES.iter().any(|name| name.eq_ignore_ascii_case(text));
        if let Some(zone) = is_zone.then(|| ZONES.get(text).ok()).flatten() {
            return Ok(Self(zone));
        }
        let short = text.len() <= ZONE_BYTES_MAX;
        Err(InvalidZone {
            name: text.to_owned(),
            nearest: short.then(|| nearest(text)).flatten(),
        })
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::UTC
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Zone {}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name())
    }
}
