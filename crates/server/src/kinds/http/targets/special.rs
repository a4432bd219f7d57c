//! Addresses that are not public: special purposes (the registries of RFC 6890 and its successors), and
//! what else a machine should not be led to by strangers.

use std::net::IpAddr;

use super::network::{Network, embedded};

/// Ranges that are not public, with what they are for.
const SPECIAL: &[(Network, &str)] = &[
    (Network::v4([0, 0, 0, 0], 8), "this network"),
    (Network::v4([10, 0, 0, 0], 8), "private"),
    (Network::v4([100, 64, 0, 0], 10), "carrier-grade NAT"),
    (Network::v4([127, 0, 0, 0], 8), "loopback"),
    (Network::v4([168, 63, 129, 16], 32), "cloud metadata"),
    (
        Network::v4([169, 254, 0, 0], 16),
        "link-local, cloud metadata",
    ),
    (Network::v4([172, 16, 0, 0], 12), "private"),
    (Network::v4([192, 0, 0, 0], 24), "protocol assignments"),
    (Network::v4([192, 0, 2, 0], 24), "documentation"),
    (Network::v4([192, 88, 99, 0], 24), "6to4 relay"),
    (Network::v4([192, 168, 0, 0], 16), "private"),
    (Network::v4([198, 18, 0, 0], 15), "benchmarking"),
    (Network::v4([198, 51, 100, 0], 24), "documentation"),
    (Network::v4([203, 0, 113, 0], 24), "documentation"),
    (Network::v4([224, 0, 0, 0], 4), "multicast"),
    (Network::v4([240, 0, 0, 0], 4), "reserved"),
    (Network::v6([0xfc00, 0], 7), "unique local"),
    (Network::v6([0xfe80, 0], 10), "link-local"),
    (Network::v6([0xfec0, 0], 10), "site-local"),
    (Network::v6([0xff00, 0], 8), "multicast"),
    (Network::v6([0x2001, 0], 23), "protocol assignments"),
    (Network::v6([0x2001, 0xdb8], 32), "documentation"),
    (Network::v6([0x3fff, 0], 20), "documentation"),
];

/// What IPv6 addresses are given out from; and the gateways to IPv4, which are judged by where they lead.
const UNICAST: Network = Network::v6([0x2000, 0], 3);
const NAT64: Network = Network::v6([0x64, 0xff9b], 96);

/// What an address is for that is not public.
pub(super) fn special(address: IpAddr) -> Option<&'static str> {
    let known = SPECIAL
        .iter()
        .find(|(network, _)| network.contains(address));
    if let Some((_, kind)) = known {
        return Some(kind);
    }
    match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(at) if at.is_loopback() => Some("loopback"),
        IpAddr::V6(at) if at.is_unspecified() => Some("unspecified"),
        IpAddr::V6(_) if !UNICAST.contains(address) && !NAT64.contains(address) => Some("reserved"),
        IpAddr::V6(_) => embedded(address).and_then(special),
    }
}
