//! The opening handshake of a WebSocket, by hand (RFC 6455 §4.1).

use std::net::SocketAddr;

use tokio::net::{TcpSocket, TcpStream};

use crate::http::{Answer, send};

/// The nonce of the RFC's example (§1.3) and its answer.
const NONCE: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A socket to be opened.
#[derive(Clone, Debug)]
pub struct Dial {
    /// Where.
    pub address: SocketAddr,
    /// Path and query.
    pub path: String,
    headers: Vec<(String, String)>,
    receive_buffer_bytes: Option<u32>,
}

/// A socket that was opened.
#[derive(Debug)]
pub struct Opened {
    /// The connection, behind the handshake.
    pub stream: TcpStream,
    /// What the gateway sent behind its answer.
    pub early: Vec<u8>,
    /// Its answer.
    pub answer: Answer,
}

impl Dial {
    /// A WebSocket request for `path` with the headers every one needs.
    pub fn new(address: SocketAddr, path: &str) -> Self {
        let dial = Self {
            address,
            path: path.to_owned(),
            headers: Vec::new(),
            receive_buffer_bytes: None,
        };
        dial.header("Connection", "Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", NONCE)
    }

    /// With one more header, or another value for one there is.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without a header.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// With a key in `Authorization`.
    #[must_use]
    pub fn bearer(self, key: &str) -> Self {
        self.header("Authorization", &format!("Bearer {key}"))
    }

    /// With a kernel buffer as small as it gets, so that a peer that stops reading is soon felt.
    #[must_use]
    pub fn receiving_little(mut self) -> Self {
        self.receive_buffer_bytes = Some(2_048);
        self
    }

    /// Asks, whatever the answer.
    ///
    /// # Panics
    /// There is no answer.
    pub async fn ask(&self) -> Opened {
        let socket = TcpSocket::new_v4().expect("a socket");
        if let Some(bytes) = self.receive_buffer_bytes {
            socket.set_recv_buffer_size(bytes).expect("SO_RCVBUF");
        }
        let mut stream = socket.connect(self.address).await.expect("a connection");
        stream.set_nodelay(true).expect("TCP_NODELAY");
        let mut request = format!("GET {} HTTP/1.1\r\nHost: {}\r\n", self.path, self.address);
        for (name, value) in &self.headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        let (answer, early) = send(&mut stream, &request).await;
        Opened {
            stream,
            early,
            answer,
        }
    }

    /// Opens the socket.
    ///
    /// # Panics
    /// It is refused, or let in with a 101 that breaks the RFC.
    pub async fn open(&self) -> Opened {
        let opened = self.ask().await;
        let Answer { status, .. } = opened.answer;
        assert_eq!(status, 101, "refused: {}", opened.answer.text());
        let accept = opened.answer.header("sec-websocket-accept");
        assert_eq!(accept, Some(ACCEPT));
        opened
    }

    /// Expects a refusal.
    ///
    /// # Panics
    /// The socket opens.
    pub async fn refused(&self) -> Answer {
        let answer = self.ask().await.answer;
        assert_ne!(answer.status, 101, "{} was let in", self.path);
        answer
    }
}
