mod oracle;

use std::future::poll_fn;

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

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
        SocketLink::new(server, Vec::new(), 65_536),
        SocketLink::client(client, Vec::new(), 65_536),
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
    let mut link = SocketLink::client(near, Vec::new(), 65_536);
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
    let mut link = SocketLink::client(near, Vec::new(), 65_536);
    let mut message = BytesMut::zeroed(1_000);
    assert_eq!(link.push(SendKind::Binary, &mut message), Ok(()));
    drop(far);
    let flushed = poll_fn(|cx| link.poll_flush(cx)).await;
    assert_eq!(flushed, Err(Down::Lost));
}

/// The call has audio for a bot in the wake in which the bot's close was read.
#[tokio::test]
async fn what_is_handed_over_behind_a_close_of_the_peer_does_not_cost_it_our_answer() {
    let (mut far, near) = duplex(4_096);
    let mut link = SocketLink::client(near, Vec::new(), 65_536);
    far.write_all(b"\x88\x02\x03\xe8").await.expect("written");
    let heard = poll_fn(|cx| link.poll_frame(cx).map(|frame| format!("{frame:?}"))).await;
    assert_eq!(heard, "Ok(Closing { code: 1000 })");
    let mut message = BytesMut::zeroed(100);
    assert_eq!(link.push(SendKind::Binary, &mut message), Ok(()));
    assert!(message.is_empty(), "taken, and thrown away");
    assert_eq!(poll_fn(|cx| link.poll_flush(cx)).await, Ok(()));
    let mut answer = [0; 8];
    far.read_exact(&mut answer).await.expect("our close");
    // Masked: close, two bytes.
    assert_eq!(answer[..2], [0x88, 0x82]);
}

/// A bot's last words lie read behind a ping that can no longer be answered.
#[tokio::test]
async fn what_came_behind_a_ping_is_heard_though_the_pong_cannot_be_sent() {
    let (mut far, near) = duplex(4_096);
    let mut link = SocketLink::client(near, Vec::new(), 65_536);
    far.write_all(b"\x89\x00\x81\x02ok\x88\x02\x03\xe8")
        .await
        .expect("written");
    drop(far);
    let mut heard = Vec::new();
    for _ in 0..3 {
        heard.push(poll_fn(|cx| link.poll_frame(cx).map(|frame| format!("{frame:?}"))).await);
    }
    assert_eq!(
        heard,
        [
            "Ok(Alive)",
            "Ok(Text(\"ok\"))",
            "Ok(Closing { code: 1000 })"
        ]
    );
}

/// A message in endless empty parts, as fast as the stream takes them.
#[tokio::test]
async fn a_message_in_endless_parts_does_not_keep_the_wake_to_itself() {
    let (mut far, near) = duplex(1 << 20);
    let mut link = SocketLink::client(near, Vec::new(), 65_536);
    far.write_all(b"\x02\x00").await.expect("written");
    for _ in 0..100_000 {
        far.write_all(b"\x00\x00").await.expect("written");
    }
    let mut wakes = 0;
    while poll_fn(|cx| Poll::Ready(link.poll_frame(cx).is_pending())).await && wakes < 3 {
        wakes += 1;
    }
    assert_eq!(wakes, 3, "given back each time");
}
