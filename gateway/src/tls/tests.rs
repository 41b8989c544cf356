//! The far end is `tokio-rustls`, which drives `rustls` by code of its own.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::*;

const MIB: usize = 1 << 20;

/// Both sides' configurations, which believe each other. Tickets are what a server sends unasked behind its
/// handshake.
fn configs(tickets: usize) -> (Arc<ClientConfig>, Arc<ServerConfig>) {
    let made = rcgen::generate_simple_self_signed(["bot.test".to_owned()]).expect("a key");
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a certificate");
    server.send_tls13_tickets = tickets;
    (Arc::new(client), Arc::new(server))
}

type Far<S> = tokio_rustls::server::TlsStream<S>;

/// Shakes hands over a pair of streams: our end as the client, and the far one.
async fn shake<S>(near: S, far: S, tickets: usize) -> (TlsStream<S>, Far<S>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (client, server) = configs(tickets);
    let name = ServerName::try_from("bot.test").expect("a name");
    let (near, far) = tokio::join!(
        TlsConnector::from(client).connect(name, near),
        TlsAcceptor::from(server).accept(far),
    );
    let (io, connection) = near.expect("shaken").into_inner();
    let near = TlsStream::new(io, connection.into());
    (near, far.expect("shaken"))
}

async fn over_tcp() -> (TlsStream<TcpStream>, Far<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
    shake(near.expect("connected"), far.expect("accepted").0, 4).await
}

async fn over_a_pipe(bytes: usize) -> (TlsStream<DuplexStream>, Far<DuplexStream>) {
    let (near, far) = duplex(bytes);
    // Nobody reads tickets out of a small pipe while the handshake is not over.
    shake(near, far, 0).await
}

/// Bytes that are elsewhere the same nowhere near.
fn sample(length: usize, seed: u32) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..length).map(|_| next()).collect()
}

async fn write_in_pieces<W: AsyncWrite + Unpin>(to: &mut W, all: &[u8], pieces: &[usize]) {
    let mut rest = all;
    for piece in pieces.iter().cycle() {
        let (now, later) = rest.split_at((*piece).min(rest.len()));
        to.write_all(now).await.expect("written");
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    to.flush().await.expect("flushed");
}

async fn read_in_pieces<R: AsyncRead + Unpin>(
    from: &mut R,
    length: usize,
    pieces: &[usize],
) -> Vec<u8> {
    let mut all = Vec::new();
    for piece in pieces.iter().cycle() {
        let mut space = vec![0; (*piece).min(length - all.len())];
        let count = from.read(&mut space).await.expect("read");
        assert!(count > 0, "ended after {} of {length}", all.len());
        all.extend(&space[..count]);
        if all.len() == length {
            break;
        }
    }
    all
}

/// Both ways at once.
async fn exchange<A, B>(near: A, far: B, length: usize)
where
    A: AsyncRead + AsyncWrite,
    B: AsyncRead + AsyncWrite,
{
    let (up, down) = (sample(length, 1), sample(length, 2));
    let (mut near_from, mut near_to) = tokio::io::split(near);
    let (mut far_from, mut far_to) = tokio::io::split(far);
    let odd = [1, 7, 1_021, 65_537, 16_384, 3, 16_385, 4_096];
    let whole = async {
        tokio::join!(
            write_in_pieces(&mut near_to, &up, &odd),
            write_in_pieces(&mut far_to, &down, &odd),
            read_in_pieces(&mut near_from, length, &[4_096, 1, 333]),
            read_in_pieces(&mut far_from, length, &[8_191, 2]),
        )
    };
    let done = tokio::time::timeout(Duration::from_secs(60), whole).await;
    let ((), (), near_heard, far_heard) = done.expect("nothing hangs");
    assert!(far_heard == up, "what we said arrived");
    assert!(near_heard == down, "what we were told arrived");
}

#[tokio::test]
async fn a_mebibyte_goes_each_way_in_odd_pieces() {
    let (near, far) = over_tcp().await;
    exchange(near, far, MIB).await;
}

/// Records are torn apart everywhere.
#[tokio::test]
async fn a_pipe_of_few_bytes_loses_nothing() {
    let (near, far) = over_a_pipe(61).await;
    exchange(near, far, 64 * 1_024).await;
}

#[tokio::test]
async fn the_side_of_the_server_is_the_same() {
    let (near, far) = duplex(1_000);
    let (client, server) = configs(0);
    let name = ServerName::try_from("bot.test").expect("a name");
    let (far, near) = tokio::join!(
        TlsConnector::from(client).connect(name, far),
        TlsAcceptor::from(server).accept(near),
    );
    let (io, connection) = near.expect("shaken").into_inner();
    let near = TlsStream::new(io, connection.into());
    exchange(near, far.expect("shaken"), 64 * 1_024).await;
}

#[tokio::test]
async fn a_stalled_peer_takes_one_buffer_and_the_pipe() {
    const PIPE_BYTES: usize = 4_096;
    let (mut near, mut far) = over_a_pipe(PIPE_BYTES).await;
    let all = sample(MIB, 3);
    let mut taken = 0;
    for piece in all.chunks(1_000) {
        let wrote = poll_fn(|cx| Poll::Ready(Pin::new(&mut near).poll_write(cx, piece))).await;
        match wrote {
            Poll::Ready(count) => taken += count.expect("written"),
            Poll::Pending => break,
        }
        assert!(taken <= PIPE_BYTES + BUFFER_BYTES, "{taken} bytes taken");
    }
    assert!(taken >= PIPE_BYTES / 2, "{taken} bytes taken");
    let flushed = poll_fn(|cx| Poll::Ready(Pin::new(&mut near).poll_flush(cx))).await;
    assert!(flushed.is_pending(), "nobody has read it");
    // One write is larger than the buffer: what is over is not taken.
    let more = poll_fn(|cx| Poll::Ready(Pin::new(&mut near).poll_write(cx, &all))).await;
    assert!(more.is_pending());
    let (rest, heard) = tokio::join!(
        write_in_pieces(&mut near, &all[taken..], &[30_000]),
        read_in_pieces(&mut far, MIB, &[4_096]),
    );
    let () = rest;
    assert!(heard == all, "nothing is lost, and nothing comes twice");
}

#[tokio::test]
async fn one_write_is_taken_as_far_as_the_buffer_goes() {
    let (mut near, mut far) = over_a_pipe(64).await;
    let all = sample(100_000, 4);
    let wrote = poll_fn(|cx| Poll::Ready(Pin::new(&mut near).poll_write(cx, &all))).await;
    let Poll::Ready(Ok(count)) = wrote else {
        panic!("{wrote:?}");
    };
    assert_eq!(count, BUFFER_BYTES);
    let (flushed, heard) = tokio::join!(near.flush(), read_in_pieces(&mut far, count, &[999]));
    flushed.expect("flushed");
    assert!(heard == all[..count]);
}

#[tokio::test]
async fn an_end_is_believed_only_when_it_is_signed() {
    let (mut near, mut far) = over_tcp().await;
    far.write_all(b"bye").await.expect("written");
    far.shutdown().await.expect("closed");
    let mut heard = Vec::new();
    near.read_to_end(&mut heard).await.expect("a clean end");
    assert_eq!(heard, b"bye");

    let (mut near, mut far) = over_tcp().await;
    far.write_all(b"bye").await.expect("written");
    far.flush().await.expect("flushed");
    drop(far.into_inner());
    let mut heard = Vec::new();
    let error = near.read_to_end(&mut heard).await.expect_err("cut off");
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(heard, b"bye");
}

#[tokio::test]
async fn our_end_is_signed_and_follows_what_was_said() {
    let (mut near, mut far) = over_tcp().await;
    near.write_all(b"bye").await.expect("written");
    near.shutdown().await.expect("closed");
    near.shutdown().await.expect("closed already");
    let mut heard = Vec::new();
    far.read_to_end(&mut heard).await.expect("a clean end");
    assert_eq!(heard, b"bye");
}

#[tokio::test]
async fn what_came_before_the_handover_comes_first() {
    let (near, far) = duplex(100_000);
    let (client, server) = configs(0);
    let name = ServerName::try_from("bot.test").expect("a name");
    let (near, far) = tokio::join!(
        TlsConnector::from(client).connect(name, near),
        TlsAcceptor::from(server).accept(far),
    );
    let (mut near, mut far) = (near.expect("shaken"), far.expect("shaken"));
    let all = sample(10_000, 5);
    far.write_all(&all).await.expect("written");
    // Decrypts a whole record and gives away its first byte.
    assert_eq!(near.read_u8().await.expect("read"), all[0]);
    let (io, connection) = near.into_inner();
    let mut near = TlsStream::new(io, connection.into());
    let heard = read_in_pieces(&mut near, all.len() - 1, &[4_096]).await;
    assert!(heard == all[1..]);
}

#[tokio::test]
async fn what_is_no_tls_ends_the_stream() {
    let (mut near, far) = over_tcp().await;
    let (mut bare, _connection) = far.into_inner();
    bare.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        .await
        .expect("written");
    let error = near.read_u8().await.expect_err("nonsense");
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
}
