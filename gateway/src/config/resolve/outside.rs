//! Values that lead outside: credentials, URLs and headers. No error shows what may be a credential; of a URL it
//! shows host and port at most.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use trunkline_protocol::Secret;
use url::Url;

use super::errors::Table;
use crate::config::typed::TypedSecret;
use crate::dial::{Blocked, EgressConfig, Guard, MAX_HEADERS, check_header};

/// The longest URL that is written down.
const URL_BYTES: usize = 2_048;

/// The longest credential in a file.
const FILE_BYTES: u64 = 64 * 1_024;

/// What values outside of the configuration are looked up and judged by.
#[derive(Debug)]
pub(super) struct Outside<'a> {
    base: &'a Path,
    guard: Guard,
}

/// What a URL is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    WebSocket,
    Http,
}

impl Kind {
    const fn schemes(self) -> [&'static str; 2] {
        match self {
            Self::WebSocket => ["wss", "ws"],
            Self::Http => ["https", "http"],
        }
    }
}

impl<'a> Outside<'a> {
    /// Files are taken relative to `base`.
    pub(super) fn new(base: &'a Path, egress: &EgressConfig) -> Self {
        let guard = Guard::new(egress.allow.clone());
        Self { base, guard }
    }

    /// What paths are relative to.
    pub(super) const fn base(&self) -> &'a Path {
        self.base
    }

    /// A credential, which is not empty.
    pub(super) fn credential(
        &self,
        key: &str,
        typed: Option<&TypedSecret>,
        table: &mut Table<'_>,
    ) -> Option<Secret> {
        let value = self.value(key, typed?, table)?;
        if value.expose().is_empty() {
            table.wrong(key, "expected a text, got an empty one");
            return None;
        }
        Some(value)
    }

    /// What is written, or what is found where it says.
    pub(super) fn value(
        &self,
        key: &str,
        typed: &TypedSecret,
        table: &mut Table<'_>,
    ) -> Option<Secret> {
        let found = match typed {
            TypedSecret::Text(secret) => Ok(secret.clone()),
            TypedSecret::Env(typed) => from_environment(&typed.env),
            TypedSecret::File(typed) => from_file(&self.base.join(&typed.file)),
        };
        found.map_err(|error| table.wrong(key, error)).ok()
    }

    /// A URL that may be dialled, as far as can be told before its name is resolved.
    pub(super) fn url(
        &self,
        key: &str,
        typed: Option<&TypedSecret>,
        kind: Kind,
        table: &mut Table<'_>,
    ) -> Option<Secret> {
        let url = self.credential(key, typed, table)?;
        match self.check_url(url.expose(), kind) {
            Ok(()) => Some(url),
            Err(error) => {
                table.wrong(key, error);
                None
            }
        }
    }

    fn check_url(&self, text: &str, kind: Kind) -> Result<(), String> {
        if text.len() > URL_BYTES {
            let bytes = text.len();
            return Err(format!("expected at most {URL_BYTES} bytes, got {bytes}"));
        }
        let [secure, plain] = kind.schemes();
        let expected = format!("expected a URL that begins with {secure}:// or {plain}://");
        let url = Url::parse(text).map_err(|error| format!("{expected}, got none: {error}"))?;
        if !kind.schemes().contains(&url.scheme()) {
            return Err(format!("{expected}, got {}:", url.scheme()));
        }
        let place = || {
            let host = url.host_str().unwrap_or_default();
            let port = url.port_or_known_default().unwrap_or_default();
            format!("{host}:{port}")
        };
        match self.guard.check_url(&url) {
            Ok(_) => Ok(()),
            Err(Blocked::Address { .. } | Blocked::Plaintext(_)) if url.scheme() == plain => {
                Err(format!(
                    "expected {secure}://, or egress.allow = [\"{}\"], got {plain}: without it",
                    place()
                ))
            }
            Err(blocked @ Blocked::Address { .. }) => Err(format!(
                "expected a public address, or egress.allow = [\"{}\"]: {blocked}",
                place()
            )),
            Err(blocked) => Err(blocked.to_string()),
        }
    }

    /// Headers by name, and one more that is written as a line: `Name: value`.
    pub(super) fn headers(
        &self,
        typed: &BTreeMap<String, TypedSecret>,
        line: Option<(&str, &TypedSecret)>,
        table: &mut Table<'_>,
    ) -> Vec<(String, Secret)> {
        let mut headers: Vec<(String, Secret)> = Vec::new();
        for (name, typed) in typed {
            let Some(value) = self.value("headers", typed, table) else {
                continue;
            };
            match check_header(name, value.expose()) {
                Ok(()) => headers.push((name.clone(), value)),
                Err(error) => table.wrong("headers", error),
            }
        }
        if let Some((key, line)) = line
            && let Some(line) = self.value(key, line, table)
        {
            match split(&line) {
                Ok((name, _)) if headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(&name)) => {
                    table.wrong(key, format_args!("{name} is among the headers already"));
                }
                Ok(header) => headers.push(header),
                Err(error) => table.wrong(key, error),
            }
        }
        if headers.len() > MAX_HEADERS {
            let got = headers.len();
            table.wrong(
                "headers",
                format_args!("expected at most {MAX_HEADERS}, got {got}"),
            );
        }
        headers
    }
}

/// `Name: value`, as one header.
fn split(line: &Secret) -> Result<(String, Secret), String> {
    let Some((name, value)) = line.expose().split_once(':') else {
        return Err("expected \"Name: value\", got no colon".to_owned());
    };
    let value = value.trim();
    check_header(name, value)?;
    Ok((name.to_owned(), Secret::new(value)))
}

fn from_environment(name: &str) -> Result<Secret, String> {
    match std::env::var(name) {
        Ok(value) => Ok(Secret::new(value)),
        Err(std::env::VarError::NotPresent) => {
            Err(format!("expected {name} in the environment, got nothing"))
        }
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(format!("expected UTF-8 in {name}, got something else"))
        }
    }
}

fn from_file(path: &Path) -> Result<Secret, String> {
    let at = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(FILE_BYTES + 1).read_to_string(&mut text))
        .map_err(|error| at(&error))?;
    if text.len() as u64 > FILE_BYTES {
        return Err(at(&format_args!("expected at most {FILE_BYTES} bytes")));
    }
    Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
}
