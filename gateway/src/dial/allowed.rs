//! What may be dialled although it is private, and without TLS: one entry of `egress.allow`.
//!
//! ```text
//! 127.0.0.1   127.0.0.1:9000   fd00::1   [fd00::1]:9000      an address
//! 10.1.0.0/16   10.1.0.0/16:443   fd00::/8   [fd00::/8]:443  a network
//! bots.internal   bots.internal:9000                         a host name, whatever it resolves to
//! ```

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use url::Host;

/// One entry: an address, a network or a host name, at any port or at one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    place: Place,
    /// `None` is any.
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// Addresses that share the first `bits`. Those of IPv4 are held as IPv4-mapped IPv6.
    Network { bits: u8, prefix: u128 },
    /// In lower case, without a final dot.
    Name(String),
}

/// An entry that means nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected an address, a network (ADDRESS/BITS) or a host name, each with :PORT or without, got {0:?}"
)]
pub struct NotAllowed(String);

impl Allowed {
    /// Whether this host name is allowed at this port.
    pub(super) fn has_name(&self, name: &str, port: u16) -> bool {
        let Place::Name(allowed) = &self.place else {
            return false;
        };
        let name = name.strip_suffix('.').unwrap_or(name);
        allowed.eq_ignore_ascii_case(name) && self.has_port(port)
    }

    /// Whether this address is allowed at this port. An IPv4-mapped one counts as what it maps to.
    pub(super) fn has_address(&self, address: IpAddr, port: u16) -> bool {
        let Place::Network { bits, prefix } = self.place else {
            return false;
        };
        masked(wide(address), bits) == prefix && self.has_port(port)
    }

    /// Whether it allows addresses, so that a name may lead to one.
    pub(super) const fn is_network(&self) -> bool {
        matches!(self.place, Place::Network { .. })
    }

    fn has_port(&self, port: u16) -> bool {
        self.port.is_none_or(|allowed| allowed == port)
    }
}

impl FromStr for Allowed {
    type Err = NotAllowed;

    fn from_str(text: &str) -> Result<Self, NotAllowed> {
        let wrong = || NotAllowed(text.to_owned());
        let (place, port) = split_port(text).ok_or_else(wrong)?;
        let place = network(place).or_else(|| name(place)).ok_or_else(wrong)?;
        Ok(Self { place, port })
    }
}

/// Parts what is named from its port; the brackets of IPv6 go.
fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    if let Some(inner) = text.strip_prefix('[') {
        let (place, rest) = inner.split_once(']')?;
        let port = match rest.strip_prefix(':') {
            Some(port) => Some(parse_port(port)?),
            None if rest.is_empty() => None,
            None => return None,
        };
        return place.contains(':').then_some((place, port));
    }
    match text.split_once(':') {
        // Two colons and no brackets: IPv6 without a port.
        Some((_, rest)) if rest.contains(':') => Some((text, None)),
        Some((place, port)) => Some((place, Some(parse_port(port)?))),
        None => Some((text, None)),
    }
}

fn parse_port(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port > 0)
}

fn network(text: &str) -> Option<Place> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits.parse::<u8>().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let (width, above) = match address {
        IpAddr::V4(_) => (32, 96),
        IpAddr::V6(_) => (128, 0),
    };
    let bits = bits.unwrap_or(width);
    let prefix = masked(wide(address), bits.checked_add(above)?);
    // Bits beyond the length are a slip that would allow more than is written.
    let is_whole = prefix == wide(address) && bits <= width;
    is_whole.then_some(Place::Network {
        bits: bits + above,
        prefix,
    })
}

fn name(text: &str) -> Option<Place> {
    let name = text.strip_suffix('.').unwrap_or(text);
    let Host::Domain(name) = Host::parse(name).ok()? else {
        // Another spelling of IPv4 (`10.1`, `0x0a000001`) than the usual one.
        return None;
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    name.bytes().all(is_plain).then_some(Place::Name(name))
}

fn wide(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    }
    .to_bits()
}

fn masked(address: u128, bits: u8) -> u128 {
    let mask = u128::MAX.checked_shl(128 - u32::from(bits.min(128)));
    address & mask.unwrap_or(0)
}

impl std::fmt::Display for Allowed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.place, self.port) {
            (Place::Name(name), _) => f.write_str(name)?,
            (Place::Network { bits, prefix }, port) => {
                let address = Ipv6Addr::from_bits(*prefix);
                match (address.to_ipv4_mapped(), port) {
                    (Some(v4), _) if *bits >= 96 => write!(f, "{v4}/{}", bits - 96)?,
                    (_, None) => write!(f, "{address}/{bits}")?,
                    (_, Some(_)) => write!(f, "[{address}/{bits}]")?,
                }
            }
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(text: &str) -> Allowed {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_entry_is_an_address_a_network_or_a_name_at_any_port_or_one() {
        for (entry, inside, outside) in [
            ("127.0.0.1", ["127.0.0.1", "::ffff:127.0.0.1"], "127.0.0.2"),
            ("10.1.0.0/16", ["10.1.0.0", "10.1.255.255"], "10.2.0.0"),
            ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255"], "::1"),
            ("fd00::1", ["fd00::1", "fd00:0::1"], "fd00::2"),
            ("fd00::/8", ["fd00::", "fdff:ffff::ffff"], "fe00::"),
            ("::/0", ["::1", "10.0.0.1"], "none"),
        ] {
            let any = allowed(entry);
            let bracketed = entry.contains(':');
            let with_port = if bracketed {
                format!("[{entry}]:9000")
            } else {
                format!("{entry}:9000")
            };
            let one = allowed(&with_port);
            for inside in inside.map(address) {
                assert!(any.has_address(inside, 1), "{entry} {inside}");
                assert!(one.has_address(inside, 9_000), "{with_port} {inside}");
                assert!(!one.has_address(inside, 9_001), "{with_port} {inside}");
                assert!(!any.has_name(&inside.to_string(), 1));
            }
            if let Ok(outside) = outside.parse() {
                assert!(!any.has_address(outside, 1), "{entry} {outside}");
            }
            for entry in [any, one] {
                assert_eq!(allowed(&entry.to_string()), entry, "{entry}");
            }
        }
    }

    #[test]
    fn a_name_is_the_same_in_any_case_and_with_a_final_dot() {
        for entry in ["bots.internal", "Bots.Internal.", "bots.internal:9000"] {
            let entry = allowed(entry);
            assert!(entry.has_name("BOTS.internal.", 9_000));
            assert!(entry.has_name("bots.internal", 9_000));
            assert!(!entry.has_name("a.bots.internal", 9_000));
            assert!(!entry.has_name("internal", 9_000));
            assert!(!entry.has_address(address("127.0.0.1"), 9_000));
            assert_eq!(allowed(&entry.to_string()), entry);
        }
        assert!(!allowed("bots.internal:9000").has_name("bots.internal", 9_001));
        assert!(allowed("bücher.example").has_name("xn--bcher-kva.example", 1));
    }

    #[test]
    fn what_is_neither_is_refused_and_named() {
        for entry in [
            "",
            ":9000",
            "10.1",
            "0x7f000001",
            "10.1.0.0/33",
            "10.1.2.3/16",
            "fd00::/129",
            "fd00::1/8",
            "10.0.0.1:",
            "10.0.0.1:0",
            "10.0.0.1:65536",
            "10.0.0.1:+80",
            "[fd00::1",
            "[fd00::1]9000",
            "[10.0.0.1]:80",
            "[host]:80",
            "a b",
            "http://host",
            "host/path",
            "*",
            "host/8",
        ] {
            let error = entry.parse::<Allowed>().expect_err(entry);
            assert!(error.to_string().ends_with(&format!("got {entry:?}")));
        }
    }
}
