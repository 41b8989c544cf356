//! The tokens that are refused before their time, and the file that names them.
//!
//! The file is appended to and never rewritten while a gateway reads it. One line a token:
//! `<24 hexadecimal digits of the token id> [expires_at_s] [# comment]`. Blank lines and comments are skipped.
//! The expiry is the token's own: once it has passed the entry is no longer needed.

use std::collections::BTreeMap;

use crate::{CLOCK_SKEW_S, TokenId};

/// The most tokens a set holds: some 40 MB.
pub const MAX_REVOCATIONS: usize = 1_000_000;

/// A bounded set of revoked tokens.
///
/// When it is full, further tokens are *not* revoked: [`Insert::Full`] and [`Self::refused`] say so, and a gateway
/// should report itself unfit rather than carry on quietly.
#[derive(Debug, Clone)]
pub struct Revocations {
    /// Token to its expiry; `u64::MAX` where that is not known.
    expiries_s: BTreeMap<TokenId, u64>,
    max: usize,
    refused: u64,
}

impl Revocations {
    /// An empty set with the usual bound, [`MAX_REVOCATIONS`].
    pub const fn new() -> Self {
        Self::with_max(MAX_REVOCATIONS)
    }

    /// An empty set that holds at most `max` tokens.
    pub const fn with_max(max: usize) -> Self {
        Self {
            expiries_s: BTreeMap::new(),
            max,
            refused: 0,
        }
    }

    /// Whether the token was revoked.
    pub fn contains(&self, token_id: TokenId) -> bool {
        self.expiries_s.contains_key(&token_id)
    }

    /// Revokes a token. A known one keeps the later of its expiries.
    pub fn insert(&mut self, revocation: Revocation) -> Insert {
        let expires_at_s = revocation.expires_at_s.unwrap_or(u64::MAX);
        if let Some(known) = self.expiries_s.get_mut(&revocation.token_id) {
            *known = expires_at_s.max(*known);
            return Insert::Known;
        }
        if self.expiries_s.len() >= self.max {
            self.refused = self.refused.saturating_add(1);
            return Insert::Full;
        }
        self.expiries_s.insert(revocation.token_id, expires_at_s);
        Insert::Added
    }

    /// Reads what was appended to the file since the last time and says how far it came.
    ///
    /// A last line without a line end is taken at its word as soon as its token id is complete (a revocation should
    /// not wait for a newline) but counts as unread, so that it is read again when the rest has arrived. Bytes that
    /// make no sense are counted and skipped: one bad line must not hide the next.
    pub fn read(&mut self, appended: &[u8]) -> ReadReport {
        let mut report = ReadReport::default();
        for line in appended.split_inclusive(|&byte| byte == b'\n') {
            let text = String::from_utf8_lossy(line);
            if line.ends_with(b"\n") {
                report.consumed_bytes += line.len();
                report.count(Revocation::parse_line(&text), self);
            } else if let Some(token_id) = text
                .split_ascii_whitespace()
                .next()
                .and_then(|word| word.parse().ok())
            {
                // The expiry may be cut short, and too early an expiry would let the token live again.
                report.count(
                    Ok(Some(Revocation {
                        token_id,
                        expires_at_s: None,
                    })),
                    self,
                );
            }
        }
        report
    }

    /// Forgets tokens that have expired by `now_s`, with the clock skew to spare; says how many.
    pub fn prune(&mut self, now_s: u64) -> usize {
        let before = self.expiries_s.len();
        self.expiries_s
            .retain(|_, expires_at_s| expires_at_s.saturating_add(CLOCK_SKEW_S) > now_s);
        before - self.expiries_s.len()
    }

    /// How many tokens are revoked.
    pub fn len(&self) -> usize {
        self.expiries_s.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.expiries_s.is_empty()
    }

    /// How often a token could not be revoked because the set was full. Anything but 0 means that the set is not
    /// complete; it never goes down again.
    pub const fn refused(&self) -> u64 {
        self.refused
    }
}

impl Default for Revocations {
    fn default() -> Self {
        Self::new()
    }
}

/// One line of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// The token.
    pub token_id: TokenId,
    /// When the token would have expired, in Unix seconds; `None` if that is not known.
    pub expires_at_s: Option<u64>,
}

impl Revocation {
    /// Reads one line, with or without its line end; `None` for a blank line or a comment.
    ///
    /// # Errors
    /// [`RevocationLineError`].
    pub fn parse_line(line: &str) -> Result<Option<Self>, RevocationLineError> {
        let facts = line.split_once('#').map_or(line, |(facts, _)| facts);
        let mut words = facts.split_ascii_whitespace();
        let Some(token_id) = words.next() else {
            return Ok(None);
        };
        let token_id = token_id.parse().map_err(|_| RevocationLineError::TokenId)?;
        let expires_at_s = words
            .next()
            .map(str::parse)
            .transpose()
            .map_err(|_| RevocationLineError::Expiry)?;
        match words.next() {
            Some(_) => Err(RevocationLineError::Trailing),
            None => Ok(Some(Self {
                token_id,
                expires_at_s,
            })),
        }
    }

    /// The line to append, with its line end. Append it with one write.
    pub fn format_line(&self) -> String {
        match self.expires_at_s {
            Some(expires_at_s) => format!("{} {expires_at_s}\n", self.token_id),
            None => format!("{}\n", self.token_id),
        }
    }
}

/// What became of one revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insert {
    /// The token is revoked from now on.
    Added,
    /// It was before.
    Known,
    /// The set is full and the token is **not** revoked.
    Full,
}

/// What [`Revocations::read`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadReport {
    /// How far to go on from the next time: everything up to the last line end.
    pub consumed_bytes: usize,
    /// Tokens that are revoked now and were not before.
    pub added: usize,
    /// Lines that were not understood.
    pub bad_lines: usize,
    /// Tokens that are not revoked because the set is full.
    pub refused: usize,
}

impl ReadReport {
    fn count(
        &mut self,
        line: Result<Option<Revocation>, RevocationLineError>,
        into: &mut Revocations,
    ) {
        match line.map(|found| found.map(|revocation| into.insert(revocation))) {
            Ok(Some(Insert::Added)) => self.added += 1,
            Ok(Some(Insert::Full)) => self.refused += 1,
            Ok(Some(Insert::Known) | None) => {}
            Err(_) => self.bad_lines += 1,
        }
    }
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RevocationLineError {
    /// The first word is not a token id.
    #[error("expected a token id of 24 hexadecimal digits")]
    TokenId,
    /// The second word is not a time.
    #[error("expected the token's expiry in Unix seconds after its id")]
    Expiry,
    /// There is a third word.
    #[error("expected nothing but a comment after the expiry")]
    Trailing,
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "000000000000000000000001";
    const B: &str = "000000000000000000000002";

    fn id(text: &str) -> TokenId {
        text.parse().unwrap()
    }

    #[test]
    fn lines_round_trip() {
        for expires_at_s in [None, Some(0), Some(1_900_000_000), Some(u64::MAX)] {
            let revocation = Revocation {
                token_id: id(A),
                expires_at_s,
            };
            assert_eq!(
                Revocation::parse_line(&revocation.format_line()),
                Ok(Some(revocation))
            );
        }
        assert_eq!(
            Revocation {
                token_id: id(A),
                expires_at_s: Some(5)
            }
            .format_line(),
            format!("{A} 5\n")
        );
    }

    #[test]
    fn comments_and_nonsense() {
        assert_eq!(Revocation::parse_line("  \r\n"), Ok(None));
        assert_eq!(Revocation::parse_line("# leaked in a screenshot"), Ok(None));
        let commented = Revocation::parse_line(&format!("{A} 7 # leaked\r\n"))
            .unwrap()
            .unwrap();
        assert_eq!(
            commented,
            Revocation {
                token_id: id(A),
                expires_at_s: Some(7)
            }
        );
        assert_eq!(
            Revocation::parse_line("0001"),
            Err(RevocationLineError::TokenId)
        );
        assert_eq!(
            Revocation::parse_line(&format!("{A} soon")),
            Err(RevocationLineError::Expiry)
        );
        assert_eq!(
            Revocation::parse_line(&format!("{A} 7 8")),
            Err(RevocationLineError::Trailing)
        );
    }

    #[test]
    fn a_file_is_read_as_it_grows() {
        let text = format!("# list\n{A} 100\nnonsense \u{fffd}\n{B} 2000\n");
        let mut revocations = Revocations::new();
        // A has arrived but for its line end and half its expiry.
        let first = revocations.read(&text.as_bytes()[..34]);
        assert_eq!(
            first,
            ReadReport {
                consumed_bytes: 7,
                added: 1,
                ..ReadReport::default()
            }
        );
        assert!(revocations.contains(id(A)));
        let second = revocations.read(&text.as_bytes()[7..]);
        assert_eq!(
            second,
            ReadReport {
                consumed_bytes: text.len() - 7,
                added: 1,
                bad_lines: 1,
                refused: 0
            }
        );
        assert!(revocations.contains(id(B)));
    }

    #[test]
    fn a_half_written_id_is_left_for_later_and_invalid_utf8_is_a_bad_line() {
        let mut revocations = Revocations::new();
        assert_eq!(revocations.read(&A.as_bytes()[..23]), ReadReport::default());
        assert_eq!(revocations.read(b"\xff\xfe\n").bad_lines, 1);
        assert!(revocations.is_empty());
    }

    #[test]
    fn a_cut_short_expiry_does_not_let_a_token_live_again() {
        let mut revocations = Revocations::new();
        revocations.read(format!("{A} 19").as_bytes());
        assert_eq!(revocations.prune(1_900_000_000), 0);
        assert!(revocations.contains(id(A)));
    }

    #[test]
    fn a_full_set_says_so_and_expired_tokens_make_room() {
        let mut revocations = Revocations::with_max(1);
        let (first, second) = (
            Revocation {
                token_id: id(A),
                expires_at_s: Some(100),
            },
            Revocation {
                token_id: id(B),
                expires_at_s: None,
            },
        );
        assert_eq!(revocations.insert(first), Insert::Added);
        assert_eq!(revocations.insert(first), Insert::Known);
        assert_eq!(revocations.insert(second), Insert::Full);
        assert!(!revocations.contains(id(B)));
        assert_eq!(revocations.refused(), 1);
        assert_eq!((revocations.prune(159), revocations.prune(160)), (0, 1));
        assert_eq!(revocations.insert(second), Insert::Added);
        assert_eq!((revocations.prune(u64::MAX - 1), revocations.len()), (0, 1));
    }
}
