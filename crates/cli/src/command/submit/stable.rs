//! Ids that a run's name and a line's number always make anew.

use duly_core::TaskId;

/// The id of a line: a UUID of version 8 from 122 bits of a hash (FNV-1a) of name and number.
pub(super) fn id(run: &str, line: u64) -> TaskId {
    let mut hash = Fnv::new();
    hash.write(run.as_bytes());
    hash.write(&[0]);
    hash.write(&line.to_be_bytes());
    let mut bytes = hash.0.to_be_bytes();
    bytes[6] = 0x80 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    TaskId::from_bytes(bytes)
}

/// The hash FNV-1a in 128 bits: it spreads well, and nobody gains by a collision here.
struct Fnv(u128);

impl Fnv {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

    const fn new() -> Self {
        Self(Self::OFFSET)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(Self::PRIME);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_hash_is_fnv_1a() {
        let mut hash = Fnv::new();
        hash.write(b"foobar");
        assert_eq!(hash.0, 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
    }

    #[test]
    fn the_same_line_of_the_same_run_is_the_same_task_and_no_other_is() {
        assert_eq!(id("march", 7), id("march", 7));
        let mut seen = HashSet::new();
        for run in ["march", "april", "", "march\0"] {
            for line in 0..10_000 {
                assert!(seen.insert(id(run, line)), "{run} {line}");
            }
        }
        assert_eq!(id("march", 7).as_bytes()[6] >> 4, 8, "version 8");
    }
}
