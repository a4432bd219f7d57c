//! Names that are never reused: of a task, and of one life of a worker.

use core::fmt;
use core::str::FromStr;

use uuid::Uuid;

use crate::Timestamp;
use crate::named::error;

/// The text is not a UUID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidId;

error!(
    InvalidId,
    "not an id: expected a UUID such as 01932f5e-7c1a-7b3e-9d55-0242ac120002"
);

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// A `UUIDv7` from an instant (its first 48 bits, in milliseconds) and random bytes.
            #[must_use]
            pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
                Self(uuid::Builder::from_unix_timestamp_millis(now.as_millis(), &random).into_uuid())
            }

            /// From its 16 bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// Its 16 bytes; byte order is the order of ids.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
            }
        }
    };
}

id! {
    /// The id of a task: a UUID, by default version 7 (so that ids sort by the time they were made).
    ///
    /// A client may choose it: submitting the same id twice is one task.
    ///
    /// ```
    /// use duly_core::{TaskId, Timestamp};
    ///
    /// let id = TaskId::new(Timestamp::from_micros(1_700_000_000_000_000), [7; 10]);
    /// assert_eq!(id.to_string().parse(), Ok(id));
    /// ```
    TaskId
}

impl TaskId {
    /// When it was made, to the millisecond, where the id says so: version 7 does.
    #[must_use]
    pub fn made_at(&self) -> Option<Timestamp> {
        let (seconds, nanos) = self.0.get_timestamp()?.to_unix();
        let micros = i64::try_from(seconds)
            .ok()?
            .checked_mul(1_000_000)?
            .checked_add(i64::from(nanos / 1_000))?;
        (self.0.get_version_num() == 7).then(|| Timestamp::from_micros(micros))
    }
}

id! {
    /// One life of a worker: new at every start of its process. Leases hang on it, so that a worker
    /// started again under the same name cannot speak for its predecessor.
    Incarnation
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn ids_sort_by_time() {
        let early = TaskId::new(Timestamp::from_micros(1_000_000), [0xff; 10]);
        let late = TaskId::new(Timestamp::from_micros(2_000_000), [0; 10]);
        assert!(early < late);
        assert_eq!(early.as_bytes()[6] >> 4, 7, "version 7");
        assert_eq!(late.made_at(), Some(Timestamp::from_micros(2_000_000)));
        assert_eq!(TaskId::from_bytes([0; 16]).made_at(), None);
    }

    #[test]
    fn text_round_trips_and_rubbish_is_refused() {
        let id = TaskId::from_bytes(*b"0123456789abcdef");
        assert_eq!(id.to_string().parse::<TaskId>(), Ok(id));
        assert_eq!("not-a-uuid".parse::<TaskId>(), Err(InvalidId));
        assert_eq!("".parse::<TaskId>(), Err(InvalidId));
    }
}
