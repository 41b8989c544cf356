//! Where the key is in a request, and which subprotocol to answer with.
//!
//! A key comes as `Authorization: Bearer <key>` (RFC 6750), `x-api-key: <key>`, a WebSocket subprotocol
//! `pyai-key.<key>` or `openai-insecure-api-key.<key>` or another configured prefix (a browser cannot set headers), or,
//! where allowed, `?api_key=<key>` or `?access_token=<key>`. Headers, of which the subprotocol is one, win over the
//! query. The subprotocol that is echoed is a marker such as `pyai.v1` or `realtime`, never the one with the key.

use std::borrow::Cow;
use std::fmt;

use crate::Secret;

/// The subprotocol prefixes that carry a key when none are configured.
pub const DEFAULT_SUBPROTOCOL_PREFIXES: &[&str] =
    &["pyai-key.", "openai-insecure-api-key.", "trunkline-key."];

/// The query parameters that carry a key (`access_token` is what PyAI's `/v1/realtime` also takes).
const QUERY_NAMES: [&str; 2] = ["api_key", "access_token"];

/// The parts of a request that can carry a key. Its `Debug` says which are there and not what they hold.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The value of `Authorization`. Schemes other than `Bearer` are not ours and are passed over.
    pub authorization: Option<&'a str>,
    /// The value of `x-api-key`.
    pub x_api_key: Option<&'a str>,
    /// `Sec-WebSocket-Protocol`: its lines, or the tokens in them; lists are split here.
    pub subprotocols: &'a [&'a str],
    /// The query string, without `?`.
    pub query: Option<&'a str>,
    /// Whether a key in the query string is accepted.
    pub allow_query: bool,
    /// Which subprotocols carry a key: what comes before it, with the dot.
    pub subprotocol_prefixes: &'a [&'a str],
}

impl<'a> Request<'a> {
    /// The one key of this request. The same key in two places is one key.
    ///
    /// # Errors
    /// [`PresentError`].
    pub fn credential(&self) -> Result<Presented<'a>, PresentError> {
        let from_headers = single(
            self.in_headers()
                .map(|(key, via)| (Cow::Borrowed(key), via)),
        )?;
        if let Some(presented) = from_headers {
            return Ok(presented);
        }
        let from_query = single(self.in_query().map(|key| (key, Via::Query)))?;
        match from_query {
            Some(presented) if self.allow_query => Ok(presented),
            Some(_) => Err(PresentError::QueryNotAllowed),
            None => Err(PresentError::Missing),
        }
    }

    fn in_headers(&self) -> impl Iterator<Item = (&'a str, Via)> {
        let prefixes = self.subprotocol_prefixes;
        let authorization = self
            .authorization
            .and_then(bearer)
            .map(|key| (key, Via::Authorization));
        let x_api_key = self.x_api_key.map(|key| (key.trim(), Via::XApiKey));
        let subprotocols = tokens(self.subprotocols)
            .filter_map(|token| carried(token, prefixes))
            .map(|key| (key, Via::Subprotocol));
        authorization
            .into_iter()
            .chain(x_api_key)
            .chain(subprotocols)
            .filter(|(key, _)| !key.is_empty())
    }

    fn in_query(&self) -> impl Iterator<Item = Cow<'a, str>> {
        url::form_urlencoded::parse(self.query.unwrap_or_default().as_bytes())
            .filter(|(name, value)| QUERY_NAMES.contains(&name.as_ref()) && !value.is_empty())
            .map(|(_, value)| value)
    }
}

impl Default for Request<'_> {
    /// Nothing in it, the default prefixes, and no key accepted in the query.
    fn default() -> Self {
        Self {
            authorization: None,
            x_api_key: None,
            subprotocols: &[],
            query: None,
            allow_query: false,
            subprotocol_prefixes: DEFAULT_SUBPROTOCOL_PREFIXES,
        }
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("authorization", &self.authorization.is_some())
            .field("x_api_key", &self.x_api_key.is_some())
            .field("subprotocols", &self.subprotocols.len())
            .field("query", &self.query.is_some())
            .field("allow_query", &self.allow_query)
            .field("subprotocol_prefixes", &self.subprotocol_prefixes)
            .finish()
    }
}

/// A key and where it was found.
#[derive(Debug, Clone)]
pub struct Presented<'a> {
    /// The key, unchecked.
    pub credential: Secret<Cow<'a, str>>,
    /// Where it was.
    pub via: Via,
}

impl Presented<'_> {
    /// The text to verify.
    pub fn token(&self) -> &str {
        self.credential.expose()
    }
}

/// Where a key was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    /// `Authorization: Bearer`.
    Authorization,
    /// `x-api-key`.
    XApiKey,
    /// `Sec-WebSocket-Protocol`.
    Subprotocol,
    /// The query string.
    Query,
}

impl Via {
    /// The place as a word, for a metric's label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::XApiKey => "x_api_key",
            Self::Subprotocol => "subprotocol",
            Self::Query => "query",
        }
    }
}

/// Why a request has no one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PresentError {
    /// There is none.
    #[error("expected a key, got none")]
    Missing,
    /// There is one in the query string only, where it is not accepted.
    #[error("expected the key in a header, got it in the query string")]
    QueryNotAllowed,
    /// There are several that differ.
    #[error("expected one key, got several that differ")]
    Conflicting,
}

/// Which of the `known` markers to echo: the first that the client offers, or none.
///
/// The result is always one of `known`, so that nothing the client sent, least of all its key, is echoed.
pub fn marker<'k>(offered: &[&str], known: &[&'k str]) -> Option<&'k str> {
    tokens(offered).find_map(|token| known.iter().copied().find(|marker| *marker == token))
}

/// The one value among `found`, with the place it was first seen in.
fn single<'a>(
    found: impl Iterator<Item = (Cow<'a, str>, Via)>,
) -> Result<Option<Presented<'a>>, PresentError> {
    let mut first: Option<Presented<'a>> = None;
    for (key, via) in found {
        match &first {
            Some(presented) if presented.token() != key => return Err(PresentError::Conflicting),
            Some(_) => {}
            None => {
                first = Some(Presented {
                    credential: Secret::new(key),
                    via,
                })
            }
        }
    }
    Ok(first)
}

/// The tokens of header lines that hold comma-separated lists.
fn tokens<'a>(lines: &[&'a str]) -> impl Iterator<Item = &'a str> {
    lines.iter().flat_map(|line| line.split(',')).map(str::trim)
}

/// The key in `Bearer <key>`; the scheme's case does not matter (RFC 9110 section 11.1).
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, key) = authorization.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

fn carried<'a>(subprotocol: &'a str, prefixes: &[&str]) -> Option<&'a str> {
    prefixes
        .iter()
        .find_map(|prefix| subprotocol.strip_prefix(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(request: Request<'_>) -> Result<(String, Via), PresentError> {
        request
            .credential()
            .map(|presented| (presented.token().to_owned(), presented.via))
    }

    #[test]
    fn every_place() {
        let none = Request::default();
        let key = |via| Ok((String::from("k-1"), via));
        assert_eq!(
            found(Request {
                authorization: Some("Bearer k-1"),
                ..none
            }),
            key(Via::Authorization)
        );
        assert_eq!(
            found(Request {
                authorization: Some(" bEARER   k-1 "),
                ..none
            }),
            key(Via::Authorization)
        );
        assert_eq!(
            found(Request {
                x_api_key: Some(" k-1"),
                ..none
            }),
            key(Via::XApiKey)
        );
        for subprotocols in [
            &["pyai.v1", "pyai-key.k-1"][..],
            &["realtime, openai-insecure-api-key.k-1, openai-beta.realtime-v1"],
            &["trunkline-key.k-1"],
        ] {
            assert_eq!(
                found(Request {
                    subprotocols,
                    ..none
                }),
                key(Via::Subprotocol),
                "{subprotocols:?}"
            );
        }
        let custom = Request {
            subprotocols: &["acme.k-1"],
            subprotocol_prefixes: &["acme."],
            ..none
        };
        assert_eq!(found(custom), key(Via::Subprotocol));
        for query in [
            "api_key=k-1",
            "rate=8000&api_key=k%2D1&api_key=k-1",
            "access_token=k-1",
            "api_key=&api_key=k-1",
        ] {
            assert_eq!(
                found(Request {
                    query: Some(query),
                    allow_query: true,
                    ..none
                }),
                key(Via::Query),
                "{query}"
            );
        }
    }

    #[test]
    fn no_key_is_missing() {
        let requests = [
            Request::default(),
            Request {
                authorization: Some("Bearer"),
                x_api_key: Some(""),
                ..Request::default()
            },
            Request {
                authorization: Some("Basic dXNlcjpwYXNz"),
                ..Request::default()
            },
            Request {
                subprotocols: &["pyai.v1", "pyai-key.", "PYAI-KEY.k-1", ""],
                ..Request::default()
            },
            Request {
                query: Some("api_key=&xapi_key=k-1"),
                allow_query: true,
                ..Request::default()
            },
        ];
        for request in requests {
            assert_eq!(found(request), Err(PresentError::Missing), "{request:?}");
        }
    }

    #[test]
    fn headers_win_over_the_query() {
        let request = Request {
            x_api_key: Some("k-1"),
            query: Some("api_key=k-2"),
            allow_query: true,
            ..Request::default()
        };
        assert_eq!(found(request), Ok(("k-1".into(), Via::XApiKey)));
        assert_eq!(
            found(Request {
                allow_query: false,
                ..request
            }),
            Ok(("k-1".into(), Via::XApiKey))
        );
        assert_eq!(
            found(Request {
                x_api_key: None,
                allow_query: false,
                ..request
            }),
            Err(PresentError::QueryNotAllowed)
        );
    }

    #[test]
    fn two_different_keys_are_refused_and_the_same_twice_is_one() {
        let none = Request::default();
        let conflicts = [
            Request {
                authorization: Some("Bearer k-1"),
                x_api_key: Some("k-2"),
                ..none
            },
            Request {
                authorization: Some("Bearer k-1"),
                subprotocols: &["pyai-key.k-2"],
                ..none
            },
            Request {
                subprotocols: &["pyai-key.k-1", "openai-insecure-api-key.k-2"],
                ..none
            },
            Request {
                query: Some("api_key=k-1&access_token=k-2"),
                allow_query: true,
                ..none
            },
        ];
        for request in conflicts {
            assert_eq!(
                found(request),
                Err(PresentError::Conflicting),
                "{request:?}"
            );
        }
        let same = Request {
            authorization: Some("Bearer k-1"),
            subprotocols: &["pyai-key.k-1"],
            ..none
        };
        assert_eq!(found(same), Ok(("k-1".into(), Via::Authorization)));
    }

    #[test]
    fn the_marker_is_echoed_and_the_key_is_not() {
        let known = ["pyai.v1", "realtime"];
        assert_eq!(
            marker(&["pyai-key.k-1", "pyai.v1"], &known),
            Some("pyai.v1")
        );
        assert_eq!(
            marker(&["realtime, openai-insecure-api-key.k-1, pyai.v1"], &known),
            Some("realtime")
        );
        assert_eq!(marker(&["pyai-key.k-1"], &known), None);
        assert_eq!(marker(&["PYAI.V1", "pyai.v1x", ""], &known), None);
        assert_eq!(marker(&[], &known), None);
    }
}
