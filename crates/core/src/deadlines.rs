//! By when a task must have begun, and by when it must have ended.

use crate::Timestamp;

/// Two instants, either of which may be missing: a task must have begun before the first, and ended
/// before the second.
///
/// It is as large as two instants, so a task without them pays for no mark that says so.
///
/// ```
/// use duly_core::{Deadlines, Timestamp};
///
/// let [early, late] = [1, 2].map(Timestamp::from_micros);
/// let both = Deadlines::new(Some(late), Some(early));
/// assert_eq!((both.start(), both.finish()), (Some(late), Some(early)));
/// assert_eq!(both.earliest(), Some(early));
/// assert_eq!(both.after(early), Deadlines::new(Some(late), None));
/// assert_eq!(Deadlines::NONE.earliest(), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    start: i64,
    finish: i64,
}

/// Beyond every instant.
const NEVER: i64 = i64::MAX;

impl Deadlines {
    /// Neither.
    pub const NONE: Self = Self {
        start: NEVER,
        finish: NEVER,
    };

    /// The instants before which a task must have begun, and must have ended.
    #[must_use]
    pub fn new(start: Option<Timestamp>, finish: Option<Timestamp>) -> Self {
        let micros = |at: Option<Timestamp>| at.map_or(NEVER, Timestamp::as_micros);
        Self {
            start: micros(start),
            finish: micros(finish),
        }
    }

    /// It must have begun before this.
    #[must_use]
    pub fn start(self) -> Option<Timestamp> {
        instant(self.start)
    }

    /// It must have ended before this.
    #[must_use]
    pub fn finish(self) -> Option<Timestamp> {
        instant(self.finish)
    }

    /// The earlier of the two: what still waits then expires.
    #[must_use]
    #[inline]
    pub fn earliest(self) -> Option<Timestamp> {
        instant(self.start.min(self.finish))
    }

    /// Without those that have passed at `now`.
    #[must_use]
    pub fn after(self, now: Timestamp) -> Self {
        let ahead = |at: &Timestamp| *at > now;
        Self::new(self.start().filter(ahead), self.finish().filter(ahead))
    }
}

#[inline]
fn instant(micros: i64) -> Option<Timestamp> {
    (micros != NEVER).then(|| Timestamp::from_micros(micros))
}

impl Default for Deadlines {
    /// Neither.
    fn default() -> Self {
        Self::NONE
    }
}

impl core::fmt::Debug for Deadlines {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Deadlines")
            .field("start", &self.start())
            .field("finish", &self.finish())
            .finish()
    }
}
