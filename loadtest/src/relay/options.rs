//! The command line.

use std::net::{SocketAddr, ToSocketAddrs};

use anyhow::{Context, ensure};
use clap::Parser;
use tokio_tungstenite::tungstenite::http::Uri;

use crate::link::MAX_MESSAGE_BYTES;
use crate::resize::Resize;

/// The longest message that can be asked for.
const LONGEST: i64 = MAX_MESSAGE_BYTES as i64;

/// Pass WebSocket messages between callers and a bot. The first line on standard output is `listening on ADDR`.
#[derive(Clone, Debug, Parser)]
#[command(name = "trunkline-relay", version)]
pub(crate) struct Options {
    /// The bot, dialled once for each caller: ws://HOST:PORT/PATH.
    #[arg(long)]
    to: String,
    /// Where callers are accepted, on any path. Port 0 is any that is free.
    #[arg(long, default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Make every message to the bot a binary one of so many bytes. Without it messages pass untouched.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=LONGEST))]
    up_bytes: Option<u32>,
    /// The same towards the caller.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=LONGEST))]
    down_bytes: Option<u32>,
    /// A text message whose length is changed stays one.
    #[arg(long)]
    as_text: bool,
}

/// Where a bot is dialled.
#[derive(Clone, Debug)]
pub(crate) struct Bot {
    /// As given.
    pub(crate) url: String,
    /// Its host, resolved once.
    pub(crate) address: SocketAddr,
}

impl Options {
    /// The bot, resolved.
    ///
    /// # Errors
    /// `--to` is not `ws://` and an address.
    pub(crate) fn bot(&self) -> anyhow::Result<Bot> {
        let wrong = || format!("--to: expected ws://HOST:PORT/PATH, got {}", self.to);
        let uri: Uri = self.to.parse().with_context(wrong)?;
        ensure!(uri.scheme_str() == Some("ws"), wrong());
        let host = uri.host().with_context(wrong)?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let mut addresses = (host, uri.port_u16().unwrap_or(80)).to_socket_addrs()?;
        Ok(Bot {
            url: self.to.clone(),
            address: addresses.next().with_context(wrong)?,
        })
    }

    /// What becomes of messages to the bot, and of those to the caller.
    pub(crate) fn resize(&self) -> [Resize; 2] {
        [self.up_bytes, self.down_bytes]
            .map(|bytes| Resize::new(bytes.map(|bytes| bytes as usize), self.as_text))
    }
}
