//! HTTP/1.1 as bytes: one request, one answer (RFC 9112).

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::PATIENCE;

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Names in lower case, in the order of the answer.
    pub headers: Vec<(String, String)>,
    /// As many bytes as `content-length` says; nothing after a 101.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of this name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; `null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// Gets `path` on a connection of its own.
///
/// # Panics
/// There is no answer within [`PATIENCE`].
pub async fn get(address: SocketAddr, path: &str) -> Answer {
    exchange(
        address,
        &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"),
    )
    .await
}

/// Sends a request as it is written, on a connection of its own.
///
/// # Panics
/// There is no answer within [`PATIENCE`].
pub async fn exchange(address: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    send(&mut stream, request).await.0
}

/// Sends a request and reads its answer; also gives what came behind it.
pub(crate) async fn send(stream: &mut TcpStream, request: &str) -> (Answer, Vec<u8>) {
    stream
        .write_all(request.as_bytes())
        .await
        .expect("the request taken");
    timeout(PATIENCE, read(stream))
        .await
        .unwrap_or_else(|_| panic!("no answer within {PATIENCE:?}"))
}

async fn read(stream: &mut TcpStream) -> (Answer, Vec<u8>) {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        let read = stream.read_buf(&mut bytes).await.expect("an answer");
        assert!(read > 0, "connection closed before the end of an answer");
    };
    let rest = bytes.split_off(end);
    let mut answer = head(&String::from_utf8_lossy(&bytes));
    let length = answer.header("content-length").map_or(0, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("content-length {text:?}"))
    });
    answer.body = rest;
    while answer.body.len() < length {
        let read = stream.read_buf(&mut answer.body).await.expect("a body");
        assert!(read > 0, "connection closed within a body");
    }
    let early = answer.body.split_off(length);
    (answer, early)
}

fn head(text: &str) -> Answer {
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let status = status.and_then(|code| code.parse().ok());
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    Answer {
        status: status.unwrap_or_else(|| panic!("expected an HTTP answer, got {text:?}")),
        headers,
        body: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_status_and_headers() {
        let answer = head("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\n\r\n");
        assert_eq!(answer.status, 429);
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_eq!(answer.header("server"), None);
    }
}
