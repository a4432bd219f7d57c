//! What the ids and the jitter of a schedule's ticks follow from.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use duly_core::{TaskId, Timestamp};

use crate::quote::quote;

/// Random bits that a schedule keeps all its life: from them and from the instant of a tick follow the
/// id of its task and its jitter. So whoever fires a tick a second time, because the answer was lost or
/// the leader changed, submits the same task again, which is one task.
///
/// Give each schedule bits of its own when it is made, 16 random bytes or those of a `UUIDv7`: one
/// that is removed and made again under the same name is another schedule.
///
/// ```
/// use duly_core::Timestamp;
/// use duly_schedule::Seed;
///
/// let (seed, tick) = (Seed::from_bytes([7; 16]), Timestamp::from_micros(1_000_000));
/// assert_eq!(seed.task_id(tick), seed.task_id(tick));
/// assert_eq!(seed.task_id(tick).made_at(), Some(tick));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seed([u64; 2]);

/// The text is not a seed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("seed {} is not valid: expected 32 hexadecimal digits", quote(.value))]
pub struct InvalidSeed {
    /// What was given.
    pub value: String,
}

/// What the bits of an id, and those of a jitter, are mixed with: so that neither tells the other.
const ID: [u64; 2] = [0x6475_6c79_2074_6173, 0x6b20_6f66_2061_2074];
const JITTER: u64 = 0x6a69_7474_6572_2e2e;

impl Seed {
    /// From 16 bytes, of which at least 74 bits are random.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        let bits = u128::from_be_bytes(bytes);
        Self([(bits >> 64) as u64, bits as u64])
    }

    /// Its 16 bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        ((self.0[0] as u128) << 64 | self.0[1] as u128).to_be_bytes()
    }

    /// The id of the task of a tick: a `UUIDv7` of the tick's instant, always the same.
    #[must_use]
    pub fn task_id(self, tick: Timestamp) -> TaskId {
        let first = self.mixed(tick, ID[0]);
        let second = mix(self.mixed(tick, ID[1]) ^ first.rotate_left(32));
        let bits = (u128::from(first) << 64 | u128::from(second)).to_be_bytes();
        let mut random = [0; 10];
        random.copy_from_slice(&bits[..10]);
        TaskId::new(tick, random)
    }

    /// How much later than its instant a tick runs: from nothing to `jitter`, evenly, always the same.
    #[must_use]
    pub fn jitter(self, tick: Timestamp, jitter: Duration) -> Duration {
        let span = u64::try_from(jitter.as_micros()).unwrap_or(u64::MAX);
        let share = u128::from(self.mixed(tick, JITTER)) * (u128::from(span) + 1);
        Duration::from_micros(u64::try_from(share >> 64).unwrap_or(span))
    }

    /// 64 bits that follow from all bits of the seed, the instant and a purpose.
    fn mixed(self, tick: Timestamp, purpose: u64) -> u64 {
        let tick = mix(tick.as_micros().cast_unsigned() ^ purpose);
        mix(mix(self.0[0] ^ tick).wrapping_add(self.0[1]))
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}", self.0[0], self.0[1])
    }
}

impl FromStr for Seed {
    type Err = InvalidSeed;

    fn from_str(text: &str) -> Result<Self, InvalidSeed> {
        let is_hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let bits = is_hex
            .then(|| u128::from_str_radix(text, 16).ok())
            .flatten();
        let bits = bits.ok_or_else(|| InvalidSeed {
            value: text.to_owned(),
        })?;
        Ok(Self::from_bytes(bits.to_be_bytes()))
    }
}

/// The finalizer of `SplitMix64`: every bit of the answer follows from every bit asked.
const fn mix(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn at(tick: i64) -> Timestamp {
        Timestamp::from_micros(1_767_225_600_000_000 + tick * 1_000_000)
    }

    #[test]
    fn ids_are_as_they_always_were() {
        let seed = Seed::from_bytes(*b"0123456789abcdef");
        let ids = [0, 1].map(|tick| seed.task_id(at(tick)).to_string());
        assert_eq!(
            ids,
            [
                "019b76da-a800-71a6-9f73-6ae79add7b0d",
                "019b76da-abe8-7a34-b799-6d6a29229a89"
            ]
        );
        assert_eq!(Seed::from_bytes(seed.to_bytes()), seed);
    }

    #[test]
    fn text_round_trips_and_rubbish_is_refused() {
        let seed = Seed::from_bytes(*b"0123456789abcdef");
        assert_eq!(seed.to_string(), "30313233343536373839616263646566");
        assert_eq!(seed.to_string().parse(), Ok(seed));
        for text in ["", "+0313233343536373839616263646566", "3031"] {
            let error = text.parse::<Seed>().unwrap_err().to_string();
            assert!(error.contains("expected 32 hexadecimal digits"), "{error}");
        }
    }

    #[test]
    fn ids_differ_by_schedule_and_by_tick() {
        let mut ids = HashSet::new();
        for seed in 0..100_u128 {
            let seed = Seed::from_bytes((seed << 64 | seed.reverse_bits()).to_be_bytes());
            ids.extend((0..100).map(|tick| seed.task_id(at(tick))));
        }
        assert_eq!(ids.len(), 10_000);
        let of_one_instant = (0..10_000_u128).map(|seed| Seed::from_bytes(seed.to_be_bytes()));
        let ids: HashSet<_> = of_one_instant.map(|seed| seed.task_id(at(0))).collect();
        assert_eq!(ids.len(), 10_000);
    }

    #[test]
    fn jitter_is_even_and_never_more_than_asked() {
        let seed = Seed::from_bytes([3; 16]);
        let jitter = Duration::from_secs(10);
        let drawn: Vec<_> = (0..10_000)
            .map(|tick| seed.jitter(at(tick), jitter))
            .collect();
        assert!(drawn.iter().all(|one| *one <= jitter));
        for second in 0..10 {
            let within = |one: &&Duration| one.as_secs() == second;
            let count = drawn.iter().filter(within).count();
            assert!((850..1_150).contains(&count), "{count} in second {second}");
        }
        assert_eq!(seed.jitter(at(0), Duration::ZERO), Duration::ZERO);
        assert!(seed.jitter(at(0), Duration::MAX) > Duration::ZERO);
        assert_eq!(seed.jitter(at(5), jitter), seed.jitter(at(5), jitter));
    }
}
