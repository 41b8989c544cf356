//! The ways a bot can fail on purpose.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

/// How a bot misbehaves. Times count from the open socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 503 in place of the upgrade.
    Refuse,
    /// 401 in place of the upgrade.
    Unauthorized,
    /// Takes the TCP connection and never answers the upgrade.
    SlowConnect,
    /// Takes the call and never sends anything.
    Mute,
    /// Echoes, then closes with code 1011.
    CloseAfter(Duration),
    /// Echoes, then resets the TCP connection without a close frame.
    DropAfter(Duration),
    /// Three minutes of tone as fast as the socket takes them.
    Flood,
    /// An echo with broken JSON, broken base64, unknown messages and odd sizes mixed in.
    Nonsense,
    /// One message of 1 MiB, then an echo.
    Huge,
    /// Echoes, then neither reads nor writes, and keeps the connection.
    StallAfter(Duration),
}

/// Not a fault this bot knows.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("fault: expected {}, got {got:?}", Fault::EXPECTED)]
pub struct FaultError {
    got: String,
}

impl Fault {
    const EXPECTED: &'static str = "refuse, unauthorized, slow-connect, mute, flood, nonsense, huge, \
         or close-after, drop-after or stall-after with milliseconds up to 3,600,000";
    /// The longest time a fault may wait.
    const LONGEST_MS: u64 = 3_600_000;
}

impl FromStr for Fault {
    type Err = FaultError;

    /// Reads `KIND`, `KIND MS` or `KIND=MS`.
    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut words = text.split([' ', '=']).filter(|word| !word.is_empty());
        let after = |word: Option<&str>| {
            let ms: u64 = word?.parse().ok()?;
            (ms <= Self::LONGEST_MS).then(|| Duration::from_millis(ms))
        };
        let fault = match (words.next(), words.next()) {
            (Some("refuse"), None) => Some(Self::Refuse),
            (Some("unauthorized"), None) => Some(Self::Unauthorized),
            (Some("slow-connect"), None) => Some(Self::SlowConnect),
            (Some("mute"), None) => Some(Self::Mute),
            (Some("flood"), None) => Some(Self::Flood),
            (Some("nonsense"), None) => Some(Self::Nonsense),
            (Some("huge"), None) => Some(Self::Huge),
            (Some("close-after"), ms) => after(ms).map(Self::CloseAfter),
            (Some("drop-after"), ms) => after(ms).map(Self::DropAfter),
            (Some("stall-after"), ms) => after(ms).map(Self::StallAfter),
            _ => None,
        };
        fault
            .filter(|_| words.next().is_none())
            .ok_or_else(|| FaultError {
                got: text.to_owned(),
            })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refuse => f.write_str("refuse"),
            Self::Unauthorized => f.write_str("unauthorized"),
            Self::SlowConnect => f.write_str("slow-connect"),
            Self::Mute => f.write_str("mute"),
            Self::CloseAfter(after) => write!(f, "close-after={}", after.as_millis()),
            Self::DropAfter(after) => write!(f, "drop-after={}", after.as_millis()),
            Self::Flood => f.write_str("flood"),
            Self::Nonsense => f.write_str("nonsense"),
            Self::Huge => f.write_str("huge"),
            Self::StallAfter(after) => write!(f, "stall-after={}", after.as_millis()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_typed() {
        let after = Duration::from_millis(1_500);
        for fault in [
            Fault::Refuse,
            Fault::Unauthorized,
            Fault::SlowConnect,
            Fault::Mute,
            Fault::CloseAfter(after),
            Fault::DropAfter(after),
            Fault::Flood,
            Fault::Nonsense,
            Fault::Huge,
            Fault::StallAfter(after),
        ] {
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
        assert_eq!("drop-after 1500".parse(), Ok(Fault::DropAfter(after)));
    }

    #[test]
    fn what_is_no_fault_is_refused() {
        for text in [
            "",
            "mute 5",
            "close-after",
            "close-after soon",
            "drop-after -1",
            "flood flood",
            "drop-after 1 2",
            "stall-after 3600001",
        ] {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
    }
}
