use std::future::poll_fn;

use tokio::io::{AsyncWriteExt, duplex};

use super::*;

/// The largest message there is beside audio: a transcript, or a bot's opening.
const LARGEST_BYTES: usize = 16 * 1_024;

/// One byte less than that after which a link is fed no more before its next flush.
const FED_BYTES: usize = 4 * 1_024 - 1;

/// However little the peer takes.
#[tokio::test]
async fn what_is_handed_over_between_two_flushes_finds_room() {
    let (_far_client, server) = duplex(1);
    let (_far_server, client) = duplex(1);
    let links = [
        SocketLink::new(server, Vec::new(), 65_536).await,
        SocketLink::client(client, Vec::new(), 65_536).await,
    ];
    for mut link in links {
        for bytes in [FED_BYTES, LARGEST_BYTES] {
            let mut message = BytesMut::zeroed(bytes);
            assert_eq!(link.push(SendKind::Binary, &mut message), Ok(()));
        }
    }
}

/// A peer closes properly, takes no answer, and is gone.
#[tokio::test]
async fn a_peer_that_has_closed_is_not_lost_when_its_transport_breaks() {
    let (mut far, near) = duplex(64);
    let mut link = SocketLink::client(near, Vec::new(), 65_536).await;
    let mut message = BytesMut::zeroed(1_000);
    assert_eq!(link.push(SendKind::Binary, &mut message), Ok(()));
    let stalls = poll_fn(|cx| Poll::Ready(link.poll_flush(cx))).await;
    assert!(stalls.is_pending());
    // 1000, unmasked: the far end is the server.
    far.write_all(b"\x88\x02\x03\xe8").await.expect("written");
    let heard = poll_fn(|cx| link.poll_frame(cx).map(|frame| format!("{frame:?}"))).await;
    assert_eq!(heard, "Ok(Closing { code: 1000 })");
    drop(far);
    let flushed = poll_fn(|cx| link.poll_flush(cx)).await;
    assert_eq!(flushed, Err(Down::Finished));
    let ended = poll_fn(|cx| link.poll_frame(cx).map(|frame| frame.map(|_| ()))).await;
    assert_eq!(ended, Err(Down::Finished));
}

#[tokio::test]
async fn a_peer_that_has_not_closed_is_lost_when_its_transport_breaks() {
    let (far, near) = duplex(64);
    let mut link = SocketLink::client(near, Vec::new(), 65_536).await;
    let mut message = BytesMut::zeroed(1_000);
    assert_eq!(link.push(SendKind::Binary, &mut message), Ok(()));
    drop(far);
    let flushed = poll_fn(|cx| link.poll_flush(cx)).await;
    assert_eq!(flushed, Err(Down::Lost));
}
