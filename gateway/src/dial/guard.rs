//! Whom the gateway may dial: no machine of its own network because somebody wrote its address into a URL.
//!
//! Pure. A URL is judged when it is read, and every address its name resolves to before it is connected to, so
//! that a name that leads elsewhere on second thought leads nowhere.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use trunkline_call::DialFault;
use trunkline_protocol::Secret;
use url::{Host, Url};

use super::allowed::Allowed;

/// The longest URL that is dialled.
const MAX_URL_BYTES: usize = 4_096;

/// Judges targets. Everything public may be dialled with TLS; what is on the list also privately and without.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    allow: Vec<Allowed>,
}

/// A URL that may be dialled once its addresses have been looked at. Its `Debug` holds no credential.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    /// How it is reached.
    pub scheme: Scheme,
    /// The name or address.
    pub host: Host<String>,
    /// Named or the scheme's own.
    pub port: u16,
    /// Path and query, as they go into the request.
    pub path: Secret,
    /// `Basic …`, from the URL's user name and password.
    pub authorization: Option<Secret>,
}

/// The schemes that can be dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// A WebSocket without TLS.
    Ws,
    /// A WebSocket.
    Wss,
    /// HTTP without TLS.
    Http,
    /// HTTP.
    Https,
}

/// Why something is not dialled. Names no part of the URL but host and port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    /// The URL is of another kind.
    #[error("expected a URL with ws:, wss:, http: or https:")]
    Scheme,
    /// It is longer than a server takes.
    #[error("expected a URL of at most {MAX_URL_BYTES} bytes, got {0}")]
    Length(usize),
    /// It names a place within a document.
    #[error("expected a URL without a fragment (#…)")]
    Fragment,
    /// Nobody could be reached safely.
    #[error("{0} is not on the list of what may be dialled without TLS")]
    Plaintext(Place),
    /// It leads into a network that is not the public one.
    #[error("{place} is {kind}, and not on the list of what may be dialled all the same")]
    Address {
        /// The address.
        place: Place,
        /// Which network.
        kind: &'static str,
    },
}

/// Host and port, for operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(String);

impl Guard {
    /// Allows `allow` beside what is public and safe.
    pub fn new(allow: Vec<Allowed>) -> Self {
        Self { allow }
    }

    /// Whether a URL may be dialled at all, and what is in it. Where its host is an address that is judged as
    /// well; where it is a name its addresses are still to be judged.
    ///
    /// # Errors
    /// It never may.
    pub fn check_url(&self, url: &Url) -> Result<Target, Blocked> {
        let scheme = Scheme::of(url).ok_or(Blocked::Scheme)?;
        if url.as_str().len() > MAX_URL_BYTES {
            return Err(Blocked::Length(url.as_str().len()));
        }
        if url.fragment().is_some() {
            return Err(Blocked::Fragment);
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(Blocked::Scheme);
        };
        let query = url.query().map(|query| format!("?{query}"));
        let target = Target {
            scheme,
            host: host.to_owned(),
            port,
            path: Secret::new(format!("{}{}", url.path(), query.unwrap_or_default())),
            authorization: authorization(url),
        };
        match &target.host {
            Host::Ipv4(address) => self.check_address(&target, IpAddr::V4(*address))?,
            Host::Ipv6(address) => self.check_address(&target, IpAddr::V6(*address))?,
            Host::Domain(name) => {
                // A network on the list may turn out to be where the name leads.
                let could_be = |entry: &Allowed| entry.is_network() || entry.has_name(name, port);
                if !scheme.is_tls() && !self.allow.iter().any(could_be) {
                    return Err(Blocked::Plaintext(target.place()));
                }
            }
        }
        Ok(target)
    }

    /// Whether the target may be reached at this address.
    ///
    /// # Errors
    /// It may not: the address is not public, or there is no TLS, and it is not on the list.
    pub fn check_address(&self, target: &Target, address: IpAddr) -> Result<(), Blocked> {
        let on_list = |entry: &Allowed| {
            let named = match &target.host {
                Host::Domain(name) => entry.has_name(name, target.port),
                Host::Ipv4(_) | Host::Ipv6(_) => false,
            };
            named || entry.has_address(address, target.port)
        };
        if self.allow.iter().any(on_list) {
            return Ok(());
        }
        if let Some(kind) = not_public(address) {
            let place = Place::of(&address, target.port);
            return Err(Blocked::Address { place, kind });
        }
        if !target.scheme.is_tls() {
            return Err(Blocked::Plaintext(Place::of(&address, target.port)));
        }
        Ok(())
    }
}

impl Target {
    /// Host and port, for operators.
    pub fn place(&self) -> Place {
        Place::of(&self.host, self.port)
    }

    /// The URL as it is dialled, without user name and password: what signatures are made over.
    pub(super) fn url(&self, scheme: Scheme) -> Secret {
        Secret::new(format!(
            "{}://{}{}",
            scheme.label(),
            self.authority(),
            self.path.expose()
        ))
    }

    /// The value of `Host`: the port is left out where it is the scheme's own.
    pub(super) fn authority(&self) -> String {
        if self.port == self.scheme.port() {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Whether both are the same server, so that what is meant for one may be shown to the other.
    pub(super) fn is_same_server(&self, other: &Self) -> bool {
        (&self.host, self.port, self.scheme) == (&other.host, other.port, other.scheme)
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Target({self})")
    }
}

/// Scheme, host and port; never more.
impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", self.scheme.label(), self.place())
    }
}

impl Scheme {
    fn of(url: &Url) -> Option<Self> {
        [Self::Ws, Self::Wss, Self::Http, Self::Https]
            .into_iter()
            .find(|scheme| scheme.label() == url.scheme())
    }

    /// As in a URL.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ws => "ws",
            Self::Wss => "wss",
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// Whether it is reached by TLS.
    pub const fn is_tls(self) -> bool {
        matches!(self, Self::Wss | Self::Https)
    }

    /// Whether it is a WebSocket's.
    pub const fn is_websocket(self) -> bool {
        matches!(self, Self::Ws | Self::Wss)
    }

    const fn port(self) -> u16 {
        if self.is_tls() { 443 } else { 80 }
    }
}

impl From<&Blocked> for DialFault {
    fn from(blocked: &Blocked) -> Self {
        match blocked {
            Blocked::Scheme | Blocked::Length(_) | Blocked::Fragment => Self::BadRequest,
            Blocked::Plaintext(_) | Blocked::Address { .. } => Self::Blocked,
        }
    }
}

impl Place {
    fn of(host: &impl ToString, port: u16) -> Self {
        let host = host.to_string();
        if host.contains(':') && !host.starts_with('[') {
            Self(format!("[{host}]:{port}"))
        } else {
            Self(format!("{host}:{port}"))
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// RFC 7617 of the URL's user name and password, the way Exotel passes credentials.
fn authorization(url: &Url) -> Option<Secret> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let mut pair: Vec<u8> = percent_decode_str(url.username()).collect();
    pair.push(b':');
    pair.extend(percent_decode_str(url.password().unwrap_or_default()));
    Some(Secret::new(format!("Basic {}", STANDARD.encode(pair))))
}

/// What an address is that the whole internet cannot reach, by IANA's registries of special-purpose addresses
/// (RFC 6890 and its updates); `None` for one that it can.
fn not_public(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => not_public_v4(v4),
        IpAddr::V6(v6) => not_public_v6(v6),
    }
}

/// First address, bits of the prefix, and what it is.
const NOT_PUBLIC_V4: [(Ipv4Addr, u32, &str); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8, "of this network"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "a provider's own"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "reserved"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "for documentation"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "a 6to4 relay's"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "for benchmarks"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "for documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "for documentation"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast"),
    (Ipv4Addr::BROADCAST, 32, "broadcast"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved"),
];

fn not_public_v4(address: Ipv4Addr) -> Option<&'static str> {
    let within = |first: Ipv4Addr, bits: u32| {
        let mask = u32::MAX << (32 - bits);
        address.to_bits() & mask == first.to_bits()
    };
    let found = NOT_PUBLIC_V4
        .iter()
        .find(|(first, bits, _)| within(*first, *bits));
    found.map(|(_, _, kind)| *kind)
}

/// First address, bits of the prefix, and what it is.
const NOT_PUBLIC_V6: [(Ipv6Addr, u32, &str); 10] = [
    (Ipv6Addr::LOCALHOST, 128, "loopback"),
    (Ipv6Addr::UNSPECIFIED, 128, "unspecified"),
    (Ipv6Addr::new(0xFC00, 0, 0, 0, 0, 0, 0, 0), 7, "private"),
    (Ipv6Addr::new(0xFE80, 0, 0, 0, 0, 0, 0, 0), 10, "link-local"),
    (Ipv6Addr::new(0xFEC0, 0, 0, 0, 0, 0, 0, 0), 10, "site-local"),
    (Ipv6Addr::new(0xFF00, 0, 0, 0, 0, 0, 0, 0), 8, "multicast"),
    // Teredo, benchmarks, ORCHID: no server is in there.
    (
        Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0),
        23,
        "of a protocol",
    ),
    (
        Ipv6Addr::new(0x2001, 0xDB8, 0, 0, 0, 0, 0, 0),
        32,
        "for documentation",
    ),
    (
        Ipv6Addr::new(0x3FFF, 0, 0, 0, 0, 0, 0, 0),
        20,
        "for documentation",
    ),
    // NAT64 of a network's own choice (RFC 8215): where it leads is that network's secret.
    (
        Ipv6Addr::new(0x64, 0xFF9B, 1, 0, 0, 0, 0, 0),
        48,
        "a translator's",
    ),
];

fn not_public_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some(inner) = inner_v4(address) {
        return not_public_v4(inner);
    }
    let within = |first: Ipv6Addr, bits: u32| {
        let mask = u128::MAX << (128 - bits);
        address.to_bits() & mask == first.to_bits()
    };
    let found = NOT_PUBLIC_V6
        .iter()
        .find(|(first, bits, _)| within(*first, *bits));
    let kind = found.map(|(_, _, kind)| *kind);
    // All that IANA has given out to be reached is in 2000::/3.
    let global = within(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
    kind.or((!global).then_some("reserved"))
}

/// The IPv4 address that is really reached: IPv4-mapped (::ffff:0:0/96), NAT64 (64:ff9b::/96), 6to4 (2002::/16).
fn inner_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let bits = address.to_bits();
    let low = Ipv4Addr::from_bits(bits as u32);
    match address.segments() {
        [0, 0, 0, 0, 0, 0xFFFF, ..] | [0x64, 0xFF9B, 0, 0, 0, 0, ..] => Some(low),
        [0x2002, ..] => Some(Ipv4Addr::from_bits((bits >> 80) as u32)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
