//! One HTTP/1.1 request over a connection of its own. The connection lives in the future that waits for the
//! answer, so that dropping that future closes it.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use trunkline_call::DialFault;

use super::connect::{Stream, fault_of};

/// What is held of an answer before it is handed on; its head has to fit.
const BUFFER_BYTES: usize = 16 * 1_024;

/// Headers in an answer.
const MAX_HEADERS: usize = 100;

/// A connection, and the request on it.
pub(super) struct Exchange {
    sender: SendRequest<Full<Bytes>>,
    /// What has to run for an answer to come.
    connection: Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>,
    is_over: bool,
}

impl Exchange {
    pub(super) async fn open(stream: Stream) -> Result<Self, DialFault> {
        let handshake = Builder::new()
            .max_buf_size(BUFFER_BYTES)
            .max_headers(MAX_HEADERS)
            // Names as most write them, for servers that know only those.
            .title_case_headers(true)
            .handshake(TokioIo::new(stream));
        let (sender, connection) = handshake.await.map_err(|error| fault(&error))?;
        Ok(Self {
            sender,
            connection: Box::pin(connection.with_upgrades()),
            is_over: false,
        })
    }

    /// Sends the request. Gives the head of the answer; the rest of it comes while the exchange is
    /// [driven](Self::drive).
    pub(super) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, hyper::Error> {
        let answer = self.sender.send_request(request);
        self.drive(answer).await
    }

    /// Runs the connection beside what waits for it.
    pub(super) async fn drive<T>(&mut self, waiting: impl Future<Output = T>) -> T {
        let mut waiting = pin!(waiting);
        loop {
            tokio::select! {
                biased;
                done = &mut waiting => return done,
                // Whoever waits is told how it ended.
                _ = &mut self.connection, if !self.is_over => self.is_over = true,
            }
        }
    }

    /// Whether the peer has not closed the connection, as far as that is known here.
    pub(super) async fn is_open(&mut self) -> bool {
        let polled = poll_fn(|cx| Poll::Ready(self.connection.as_mut().poll(cx)));
        self.is_over = self.is_over || polled.await.is_ready();
        !self.is_over && self.sender.is_ready()
    }
}

/// What a failure of HTTP means to whoever dialled.
pub(super) fn fault(error: &hyper::Error) -> DialFault {
    if error.is_parse_too_large() {
        return DialFault::TooLong;
    }
    if error.is_parse() || error.is_parse_status() {
        return DialFault::Protocol;
    }
    let source = std::error::Error::source(error);
    source
        .and_then(|source| source.downcast_ref::<io::Error>())
        .map_or(DialFault::Refused, fault_of)
}
