//! `trunkline-relay`: a bare WebSocket relay, the floor that the gateway is compared with.
//!
//! A caller's socket, a bot's socket, and between them nothing: one thread, one task a call, no channel, no
//! lock, no timer. It reads no message; at most it changes a message's length, so that as many bytes pass on
//! each side as behind a gateway that transcodes. Its sockets are bounded like the gateway's.

mod bridge;
mod link;
mod options;
mod resize;

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio_tungstenite::tungstenite::Error;

use bridge::Bridge;
use link::Link;
use options::{Bot, Options};
use resize::Resize;

/// What the kernel may hold of one direction of a media socket, as in the gateway.
const SEND_BUFFER_BYTES: u32 = 16 * 1_024;

/// Callers that may wait to be accepted.
const BACKLOG: u32 = 4_096;

fn main() -> ExitCode {
    match serve(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("trunkline-relay: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Relays until SIGTERM.
fn serve(options: &Options) -> anyhow::Result<()> {
    let bot = options.bot()?;
    let resize = options.resize();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let listener = listen(options.listen).with_context(|| options.listen.to_string())?;
        println!("listening on {}", listener.local_addr()?);
        tokio::select! {
            result = accept(&listener, &bot, &resize) => result.context("accepting"),
            _ = terminate.recv() => Ok(()),
        }
    })
}

/// What is accepted from it has its send buffer.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = media_socket(address)?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn media_socket(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    Ok(socket)
}

/// Ends with an error that would lose calls, such as too many open files: a peer that loses some in silence would
/// look cheap.
async fn accept(listener: &TcpListener, bot: &Bot, resize: &[Resize; 2]) -> io::Result<()> {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(error) => return Err(error),
        };
        let (bot, resize) = (bot.clone(), resize.clone());
        tokio::spawn(async move {
            if let Err(error) = relay(stream, &bot, resize).await {
                eprintln!("trunkline-relay: a call broke: {error}");
            }
        });
    }
}

/// One call.
async fn relay(stream: TcpStream, bot: &Bot, resize: [Resize; 2]) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let caller = Link::accept(stream).await?;
    let stream = media_socket(bot.address)?.connect(bot.address).await?;
    stream.set_nodelay(true)?;
    let bot = Link::dial(stream, &bot.url).await?;
    Bridge::new(caller, bot, resize).run().await
}
