//! What a key may do: a list of `area:action` names, with `area:*` and `*` as wildcards.
//!
//! Source: PyAI's API document names the scopes and the `omni:*` wildcard. The set is open (an operator may add
//! scopes of their own); [`KNOWN_SCOPES`] is what the gateway itself asks for or its REST surfaces name.

use std::fmt;
use std::str::FromStr;

/// The most scopes one key carries.
pub const MAX_SCOPES: usize = 32;

/// The longest `area` or `action`, in bytes.
const MAX_PART_BYTES: usize = 32;

/// The scopes that have a meaning here. A tool that mints keys can warn about others: see [`Scopes::unknown`].
pub const KNOWN_SCOPES: [&str; 14] = [
    "omni:session",
    "omni:read",
    "realtime:session",
    "flow:session",
    "hear:stream",
    "hear:transcribe",
    "voice:synthesize",
    "voice:clone",
    "voice:design",
    "transcribe:jobs",
    "telephony:stream",
    "telephony:manage",
    "trace:read",
    "trace:configure",
];

/// A set of granted scopes: at least one, at most [`MAX_SCOPES`], each once, in alphabetical order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// Reads a list separated by commas, white space or both; repeats are dropped.
    ///
    /// # Errors
    /// [`ScopeError`] for an empty list, a longer one than [`MAX_SCOPES`], or a name that is not `area:action`,
    /// `area:*` or `*` in lower-case letters, digits, `_`, `-` and `.`.
    pub fn parse(list: &str) -> Result<Self, ScopeError> {
        let names = list.split(|c: char| c == ',' || c.is_ascii_whitespace());
        let mut scopes = Vec::new();
        for name in names.filter(|name| !name.is_empty()) {
            if !is_scope(name) {
                return Err(ScopeError::Name { got: shown(name) });
            }
            scopes.push(name.to_owned());
        }
        scopes.sort_unstable();
        scopes.dedup();
        match scopes.len() {
            0 => Err(ScopeError::Empty),
            got if got > MAX_SCOPES => Err(ScopeError::TooMany {
                got,
                max: MAX_SCOPES,
            }),
            _ => Ok(Self(scopes)),
        }
    }

    /// Whether these scopes grant `needed`. A `needed` wildcard is granted only by the same or a wider wildcard.
    pub fn allows(&self, needed: &str) -> bool {
        self.0.iter().any(|granted| grants(granted, needed))
    }

    /// Whether these scopes grant at least one of `needed`.
    pub fn allows_any(&self, needed: &[&str]) -> bool {
        needed.iter().any(|scope| self.allows(scope))
    }

    /// Whether everything `narrower` grants is granted here: what a key may hand on to a token made from it.
    pub fn covers(&self, narrower: &Self) -> bool {
        narrower.iter().all(|scope| self.allows(scope))
    }

    /// The scopes, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The scopes that grant nothing in [`KNOWN_SCOPES`], which are most likely misspelt.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.iter()
            .filter(|granted| !KNOWN_SCOPES.iter().any(|known| grants(granted, known)))
    }
}

impl FromStr for Scopes {
    type Err = ScopeError;

    fn from_str(list: &str) -> Result<Self, ScopeError> {
        Self::parse(list)
    }
}

impl fmt::Display for Scopes {
    /// The list separated by single spaces, as OAuth writes it (RFC 6749 section 3.3).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

/// Why a list of scopes was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// No scope at all.
    #[error("expected at least one scope, got none")]
    Empty,
    /// One of the names has the wrong shape.
    #[error("expected `area:action`, `area:*` or `*` in lower case, got `{got}`")]
    Name {
        /// The start of the name, with anything but printable ASCII replaced.
        got: String,
    },
    /// More scopes than a key carries.
    #[error(
        "expected at most {max} scopes, got {got}; a wildcard such as `omni:*` stands for many"
    )]
    TooMany {
        /// How many different ones there were.
        got: usize,
        /// [`MAX_SCOPES`].
        max: usize,
    },
}

fn grants(granted: &str, needed: &str) -> bool {
    granted == "*"
        || granted == needed
        || granted
            .strip_suffix('*')
            .is_some_and(|area| needed.starts_with(area))
}

fn is_scope(name: &str) -> bool {
    let is_part = |part: &str| {
        (1..=MAX_PART_BYTES).contains(&part.len())
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-.".contains(&b))
    };
    name == "*"
        || name
            .split_once(':')
            .is_some_and(|(area, action)| is_part(area) && (action == "*" || is_part(action)))
}

/// Enough of a name to recognise it by, nothing that could upset a terminal, and too little of a key to matter if
/// someone put one here.
fn shown(name: &str) -> String {
    let printable = |c: char| if c.is_ascii_graphic() { c } else { '?' };
    name.chars().take(24).map(printable).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_grant_their_area_and_nothing_else() {
        let table = [
            ("*", "omni:session", true),
            ("*", "*", true),
            ("omni:*", "omni:session", true),
            ("omni:*", "omni:*", true),
            ("omni:*", "omnibus:session", false),
            ("omni:*", "hear:stream", false),
            ("omni:*", "*", false),
            ("omni:session", "omni:session", true),
            ("omni:session", "omni:sessions", false),
            ("omni:session", "omni:*", false),
            ("omni:session", "omni:", false),
            ("omni:session", "", false),
            ("hear:stream, telephony:stream", "telephony:stream", true),
        ];
        for (granted, needed, expected) in table {
            assert_eq!(
                Scopes::parse(granted).unwrap().allows(needed),
                expected,
                "{granted} for {needed}"
            );
        }
    }

    #[test]
    fn lists_are_sorted_and_deduplicated() {
        let scopes = Scopes::parse(" omni:session,hear:stream\thear:stream ,, ").unwrap();
        assert_eq!(scopes.to_string(), "hear:stream omni:session");
        assert_eq!(scopes.to_string().parse(), Ok(scopes));
    }

    #[test]
    fn errors_say_what_was_found() {
        assert_eq!(Scopes::parse(" , "), Err(ScopeError::Empty));
        for name in [
            "omni",
            "omni:",
            ":session",
            "Omni:session",
            "omni:ses*",
            "*:session",
            "a:b:c",
            "omni:séance",
        ] {
            assert!(
                matches!(Scopes::parse(name), Err(ScopeError::Name { .. })),
                "{name}"
            );
        }
        assert_eq!(
            Scopes::parse("a:\u{1b}[2J"),
            Err(ScopeError::Name {
                got: "a:?[2J".into()
            })
        );
        let many: Vec<_> = (0..=MAX_SCOPES).map(|n| format!("area:n{n}")).collect();
        assert_eq!(
            Scopes::parse(&many.join(",")),
            Err(ScopeError::TooMany { got: 33, max: 32 })
        );
    }

    #[test]
    fn a_key_hands_on_only_what_it_holds() {
        let key = Scopes::parse("omni:* hear:stream").unwrap();
        assert!(key.covers(&Scopes::parse("omni:session").unwrap()));
        assert!(key.covers(&Scopes::parse("omni:* hear:stream").unwrap()));
        assert!(!key.covers(&Scopes::parse("omni:session hear:*").unwrap()));
        assert!(!key.covers(&Scopes::parse("*").unwrap()));
        assert!(key.allows_any(&["flow:session", "omni:session"]));
        assert!(!key.allows_any(&[]));
    }

    #[test]
    fn misspelt_scopes_are_found() {
        let scopes = Scopes::parse("omni:sesion omni:session voice:* acme:* *").unwrap();
        assert_eq!(
            scopes.unknown().collect::<Vec<_>>(),
            ["acme:*", "omni:sesion"]
        );
    }
}
