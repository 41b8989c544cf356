//! The link against tungstenite at the other end, in both roles.

use std::collections::VecDeque;

use futures_util::{SinkExt, StreamExt};
use proptest::prelude::*;
use proptest::sample::Index;
use tokio::io::DuplexStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame as WireFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use super::*;

const MAX_BYTES: usize = 20_000;

/// A message, and into how many frames it is cut where that is the other end's to decide.
#[derive(Clone, Debug)]
struct Said {
    text: bool,
    content: String,
    cuts: Vec<Index>,
}

/// What came over: text, bytes, and the code of the close.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Heard {
    messages: Vec<(bool, Vec<u8>)>,
    close: Option<u16>,
}

#[derive(Clone, Debug)]
struct Talk {
    /// The link's end is the one that accepted.
    serves: bool,
    pipe_bytes: usize,
    near_says: Vec<Said>,
    far_says: Vec<Said>,
    near_closes: bool,
    code: u16,
}

fn said() -> impl Strategy<Value = Vec<Said>> {
    let content = prop_oneof![
        prop::collection::vec(any::<char>(), 0..100).prop_map(String::from_iter),
        (0_usize..4_000).prop_map(|length| "a".repeat(length)),
    ];
    let cuts = prop::collection::vec(any::<Index>(), 0..4);
    let said = (any::<bool>(), content, cuts).prop_map(|(text, content, cuts)| Said {
        text,
        content,
        cuts,
    });
    prop::collection::vec(said, 0..6)
}

fn talk() -> impl Strategy<Value = Talk> {
    let bytes = prop_oneof![1_usize..40, 100..6_000_usize];
    let code = prop_oneof![Just(1000_u16), Just(1001), 4000_u16..5000];
    let talk = (any::<bool>(), bytes, said(), said(), any::<bool>(), code);
    talk.prop_map(
        |(serves, pipe_bytes, near_says, far_says, near_closes, code)| Talk {
            serves,
            pipe_bytes,
            near_says,
            far_says,
            near_closes,
            code,
        },
    )
}

fn told(said: &[Said]) -> Vec<(bool, Vec<u8>)> {
    let told = |said: &Said| (said.text, said.content.clone().into_bytes());
    said.iter().map(told).collect()
}

/// In frames, with a ping after each.
fn frames(said: &Said) -> Vec<Message> {
    let content = said.content.as_bytes();
    let mut ends: Vec<usize> = said
        .cuts
        .iter()
        .map(|at| at.index(content.len() + 1))
        .collect();
    ends.sort_unstable();
    ends.push(content.len());
    let (mut messages, mut from) = (Vec::new(), 0);
    let last = ends.len() - 1;
    for (number, end) in ends.into_iter().enumerate() {
        let data = match (number, said.text) {
            (0, true) => Data::Text,
            (0, false) => Data::Binary,
            _ => Data::Continue,
        };
        let part = content[from..end].to_vec();
        let frame = WireFrame::message(part, OpCode::Data(data), number == last);
        messages.push(Message::Frame(frame));
        messages.push(Message::Ping(vec![number as u8].into()));
        from = end;
    }
    messages
}

/// The link's end: says what it has to, a message at a time, hears everything, and closes once it has.
async fn near(mut link: SocketLink<DuplexStream>, talk: &Talk) -> (Heard, Down) {
    let mut queue: VecDeque<&Said> = talk.near_says.iter().collect();
    let (mut heard, mut closing) = (Heard::default(), talk.near_closes);
    let talking = poll_fn(|cx| {
        while let Poll::Ready(flushed) = link.poll_flush(cx) {
            if let Err(why) = flushed {
                return Poll::Ready(why);
            }
            let Some(said) = queue.pop_front() else { break };
            let kind = if said.text {
                SendKind::Text
            } else {
                SendKind::Binary
            };
            let mut message = BytesMut::from(said.content.as_str());
            if let Err(why) = link.push(kind, &mut message) {
                return Poll::Ready(why);
            }
        }
        loop {
            if closing && queue.is_empty() && heard.messages.len() == talk.far_says.len() {
                closing = false;
                link.close(talk.code).expect("taken");
                if let Poll::Ready(Err(why)) = link.poll_flush(cx) {
                    return Poll::Ready(why);
                }
            }
            match ready!(link.poll_frame(cx)) {
                Ok(Frame::Text(text)) => heard.messages.push((true, text.into())),
                Ok(Frame::Binary(bytes)) => heard.messages.push((false, bytes.into())),
                Ok(Frame::Closing { code }) => heard.close = Some(code),
                Ok(Frame::Alive) => {}
                Ok(other) => panic!("{other:?}"),
                Err(why) => return Poll::Ready(why),
            }
        }
    });
    let why = talking.await;
    if link.is_leaving() {
        // As the driver sees it off.
        poll_fn(|cx| {
            if link.poll_finish(cx).is_pending() {
                return Poll::Pending;
            }
            while ready!(link.poll_frame(cx)).is_ok() {}
            Poll::Ready(())
        })
        .await;
    }
    (heard, why)
}

/// Tungstenite's end.
async fn far(socket: WebSocketStream<DuplexStream>, talk: &Talk) -> Heard {
    let (mut to, mut from) = socket.split();
    let saying = async {
        for message in talk.far_says.iter().flat_map(frames) {
            to.send(message).await.expect("taken");
        }
        to
    };
    let hearing = async {
        let mut heard = Heard::default();
        while heard.messages.len() < talk.near_says.len()
            && let Some(message) = from.next().await
        {
            heard.take(message.expect("understood"));
        }
        (from, heard)
    };
    let (mut to, (mut from, mut heard)) = tokio::join!(saying, hearing);
    if !talk.near_closes {
        let close = CloseFrame {
            code: talk.code.into(),
            reason: "over".into(),
        };
        to.send(Message::Close(Some(close))).await.expect("taken");
    }
    while let Some(message) = from.next().await {
        heard.take(message.expect("understood"));
    }
    heard
}

impl Heard {
    fn take(&mut self, message: Message) {
        match message {
            Message::Text(text) => self.messages.push((true, text.as_str().into())),
            Message::Binary(bytes) => self.messages.push((false, bytes.into())),
            Message::Close(close) => self.close = close.map(|close| close.code.into()),
            Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let patience = std::time::Duration::from_secs(60);
        tokio::time::timeout(patience, test)
            .await
            .expect("nothing hangs");
    });
}

proptest! {
    #[test]
    fn each_hears_what_the_other_says_and_the_close(talk in talk()) {
        run(async {
            let (near_end, far_end) = duplex(talk.pipe_bytes);
            let (link, role) = if talk.serves {
                let link = SocketLink::new(near_end, Vec::new(), MAX_BYTES);
                (link, tokio_tungstenite::tungstenite::protocol::Role::Client)
            } else {
                let link = SocketLink::client(near_end, Vec::new(), MAX_BYTES);
                (link, tokio_tungstenite::tungstenite::protocol::Role::Server)
            };
            let socket = WebSocketStream::from_raw_socket(far_end, role, None).await;
            let ((at_link, why), at_far) = tokio::join!(near(link, &talk), far(socket, &talk));
            assert_eq!(why, Down::Finished);
            assert_eq!(at_link.messages, told(&talk.far_says));
            assert_eq!(at_far.messages, told(&talk.near_says));
            assert_eq!((at_link.close, at_far.close), (Some(talk.code), Some(talk.code)));
        });
    }

    /// However much of whatever comes, the link ends, and says how.
    #[test]
    fn any_bytes_end_in_an_end(
        serves: bool, pipe_bytes in 1_usize..5_000, bytes in prop::collection::vec(any::<u8>(), 0..400), begins in prop::option::of(0x81_u8..0x83),
    ) {
        run(async {
            let (near_end, mut far_end) = duplex(pipe_bytes);
            let mut link = if serves {
                SocketLink::new(near_end, Vec::new(), MAX_BYTES)
            } else {
                SocketLink::client(near_end, Vec::new(), MAX_BYTES)
            };
            let wire: Vec<u8> = begins.into_iter().chain(bytes).collect();
            let writing = async {
                far_end.write_all(&wire).await.expect("written");
                drop(far_end);
            };
            let reading = poll_fn(|cx| {
                loop {
                    if let Err(why) = ready!(link.poll_frame(cx)) {
                        return Poll::Ready(why);
                    }
                }
            });
            let ((), why) = tokio::join!(writing, reading);
            assert!(matches!(why, Down::Finished | Down::Lost));
        });
    }
}

/// Without the call having anything to say.
#[tokio::test]
async fn a_ping_is_answered_with_what_it_holds() {
    let (near_end, far_end) = duplex(1_000);
    let mut link = SocketLink::new(near_end, Vec::new(), MAX_BYTES);
    let role = tokio_tungstenite::tungstenite::protocol::Role::Client;
    let mut socket = WebSocketStream::from_raw_socket(far_end, role, None).await;
    socket.send(Message::Ping("p".into())).await.expect("sent");
    let heard = poll_fn(|cx| link.poll_frame(cx).map(|frame| format!("{frame:?}"))).await;
    assert_eq!(heard, "Ok(Alive)");
    let nothing = poll_fn(|cx| Poll::Ready(link.poll_frame(cx).is_pending())).await;
    assert!(nothing);
    let answer = socket.next().await.expect("an answer").expect("understood");
    assert_eq!(answer, Message::Pong("p".into()));
}

/// A peer that pings and reads nothing is owed one answer, not as many as it asks for.
#[tokio::test]
async fn pings_that_are_not_read_are_not_queued() {
    let (near_end, mut far_end) = duplex(64);
    let mut link = SocketLink::client(near_end, Vec::new(), MAX_BYTES);
    for round in 0..1_000_u32 {
        let mut ping = vec![0x89, 4];
        ping.extend(round.to_be_bytes());
        far_end.write_all(&ping).await.expect("written");
        let read = poll_fn(|cx| link.poll_frame(cx).map_ok(|_| ())).await;
        assert_eq!(read, Ok(()));
    }
    assert!(link.writer.pending().len() <= 14 + 4, "one answer waits");
}
