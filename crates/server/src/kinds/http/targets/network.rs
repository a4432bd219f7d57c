//! Networks: addresses with a common beginning.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network, such as `10.0.0.0/8`; a single address is one too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    first: IpAddr,
    bits: u8,
}

impl Network {
    pub(super) const fn v4(octets: [u8; 4], bits: u8) -> Self {
        let [a, b, c, d] = octets;
        Self {
            first: IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
            bits,
        }
    }

    /// The network of the addresses that begin with these two groups.
    pub(super) const fn v6(groups: [u16; 2], bits: u8) -> Self {
        let [a, b] = groups;
        Self {
            first: IpAddr::V6(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0)),
            bits,
        }
    }

    /// From text; the error says what is wrong. `None`: it is no address at all.
    pub(super) fn parse(text: &str) -> Option<Result<Self, String>> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => most,
            Some(digits) => match number(digits).filter(|bits| *bits <= most) {
                Some(bits) => bits,
                None => return Some(Err(format!("a length of 0 to {most} after the slash"))),
            },
        };
        let whole = Self {
            first: address,
            bits,
        };
        let first = whole.masked(address);
        if first != address {
            return Some(Err(format!(
                "{first}/{bits}, the first address of that network"
            )));
        }
        Some(Ok(whole.plain()))
    }

    pub(super) fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.first.is_ipv4() && self.masked(address) == self.first
    }

    /// An address with all but the first bits cleared.
    fn masked(&self, address: IpAddr) -> IpAddr {
        let bits = u32::from(self.bits);
        match address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - bits).unwrap_or_default();
                Ipv4Addr::from_bits(address.to_bits() & mask).into()
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - bits).unwrap_or_default();
                Ipv6Addr::from_bits(address.to_bits() & mask).into()
            }
        }
    }

    /// A network of IPv4 addresses that is written as IPv6, as the IPv4 network that it is.
    fn plain(self) -> Self {
        match plain(self.first) {
            first @ IpAddr::V4(_) if self.first.is_ipv6() && self.bits >= 96 => Self {
                first,
                bits: self.bits - 96,
            },
            _ => self,
        }
    }
}

fn number(digits: &str) -> Option<u8> {
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let has_zero = digits.len() > 1 && digits.starts_with('0');
    (is_plain && !has_zero).then(|| digits.parse().ok())?
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = if self.first.is_ipv4() { 32 } else { 128 };
        if self.bits == whole {
            return write!(f, "{}", self.first);
        }
        write!(f, "{}/{}", self.first, self.bits)
    }
}

/// An address as it is connected to: an IPv4 address in the clothes of IPv6 (`::ffff:10.0.0.1`) is one.
pub(super) const fn plain(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// The IPv4 address that a gateway would go on to from this one: of NAT64 (`64:ff9b::/96`, and
/// `64:ff9b:1::/96` of those that a network may choose itself) and 6to4 (`2002::/16`), and the one of the
/// long gone IPv4-compatible addresses (`::/96`).
pub(super) fn embedded(address: IpAddr) -> Option<IpAddr> {
    let IpAddr::V6(address) = address else {
        return None;
    };
    let bits = match address.segments() {
        [0x64, 0xff9b, 0 | 1, 0, 0, 0, ..] | [0, 0, 0, 0, 0, 0, ..] => address.to_bits(),
        [0x2002, ..] => address.to_bits() >> 80,
        _ => return None,
    };
    Some(Ipv4Addr::from_bits(bits as u32).into())
}
