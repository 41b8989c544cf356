//! A socket that was dialled: reached or not, heard, stalled, gone.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;
use trunkline_call::{DialFault, Ending};

use super::bot::{Bot, Lines, MAX_MESSAGE_BYTES, REDIAL, key};
use super::exchange::{Exchange, Far};
use super::rig::{FRAME_BYTES, Line, Probe, Setup, audio_of, hear, media, on_a_shard, pass};
use super::*;

const FRAME: Duration = Duration::from_millis(20);
const SECOND: Duration = Duration::from_secs(1);

/// A call whose agent dials.
pub(super) struct Stage {
    pub(super) line: Line,
    pub(super) probe: Probe<Bot>,
    pub(super) bots: Exchange,
    pub(super) lines: Lines,
}

impl Stage {
    pub(super) async fn set() -> Self {
        let (agent, lines) = Bot::new();
        let bots = Exchange::default();
        let setup = Setup {
            reach: Box::new(bots.clone()),
            ..Setup::twilio(4_096, agent)
        };
        let (mut line, probe) = setup.start().await;
        line.start().await;
        Self {
            line,
            probe,
            bots,
            lines,
        }
    }

    /// The same, and a bot that has answered.
    pub(super) async fn connected(pipe_bytes: usize) -> (Self, Far) {
        let stage = Self::set().await;
        let far = stage.bots.ring().await.accept(pipe_bytes, b"").await;
        stage.settle().await;
        assert_eq!(stage.lines(), ["0 up"]);
        (stage, far)
    }

    /// Lets what is under way get where it is going.
    pub(super) async fn settle(&self) {
        pass(Duration::from_millis(1)).await;
    }

    pub(super) async fn press(&mut self, digit: char) {
        self.line.say(key(digit)).await;
        self.settle().await;
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.lines.borrow().clone()
    }

    /// Sockets that are leaving.
    pub(super) fn leaving(&self) -> usize {
        self.probe.borrow().leaving.len()
    }
}

/// The next message that is no ping; `None` at the end.
pub(super) async fn next(far: &mut Far) -> Option<Message> {
    hear(far).await
}

#[test]
fn a_bot_that_was_reached_is_heard_and_hears() {
    on_a_shard(async {
        let (mut stage, mut far) = Stage::connected(4_096).await;
        for number in 1..=50 {
            stage.line.say(media(u64::from(number), number)).await;
            let heard = next(&mut far).await;
            assert_eq!(heard, Some(Message::binary(vec![number; FRAME_BYTES])));
            far.send(Message::binary(vec![number; FRAME_BYTES]))
                .await
                .expect("sent");
            let said = stage.line.hear().await.expect("a frame");
            assert_eq!(audio_of(&said), Some(vec![number; FRAME_BYTES]));
            pass(FRAME).await;
        }
        far.send(Message::text("hello")).await.expect("sent");
        stage.settle().await;
        assert_eq!(stage.lines(), ["0 up", "0 hello"]);
    });
}

/// What came in the segment of the 101 wakes nobody later.
#[test]
fn what_came_behind_the_upgrade_is_heard_at_once() {
    on_a_shard(async {
        let stage = Stage::set().await;
        let ring = stage.bots.ring().await;
        assert_eq!(ring.spec.url.expose(), "wss://bot.example.com/");
        let _far = ring.accept(4_096, b"\x81\x03one\x81\x03two").await;
        stage.settle().await;
        assert_eq!(stage.lines(), ["0 up", "0 one", "0 two"]);
    });
}

#[test]
fn a_call_learns_why_nobody_was_reached() {
    on_a_shard(async {
        let mut stage = Stage::set().await;
        for (index, fault) in [DialFault::Tls, DialFault::Status(503), DialFault::Blocked]
            .into_iter()
            .enumerate()
        {
            stage.bots.ring().await.refuse(fault);
            stage.settle().await;
            let last = stage.lines().pop();
            assert_eq!(last, Some(format!("{index} NotReached({fault:?})")));
            stage.press(REDIAL).await;
        }
        let far = stage.bots.ring().await.accept(4_096, b"").await;
        stage.settle().await;
        assert_eq!(stage.lines().pop(), Some("3 up".to_owned()));
        drop(far);
    });
}

#[test]
fn a_call_that_ends_while_it_dials_waits_for_nobody() {
    on_a_shard(async {
        let mut stage = Stage::set().await;
        let ring = stage.bots.ring().await;
        let asked = Instant::now();
        stage.line.orders.try_send(Control::HangUp).expect("heard");
        while stage.line.hear().await.is_some() {}
        (&mut stage.line.task).await.expect("ends");
        assert_eq!(asked.elapsed(), Duration::ZERO);
        assert!(ring.is_cancelled());
        assert!(stage.lines().is_empty());
    });
}

#[test]
fn a_bot_that_closes_is_answered() {
    on_a_shard(async {
        let (mut stage, mut far) = Stage::connected(4_096).await;
        far.close(None).await.expect("said");
        let answer = far.next().await.expect("an answer").expect("an answer");
        assert!(matches!(answer, Message::Close(_)), "{answer:?}");
        drop(far);
        stage.settle().await;
        assert_eq!(
            stage.lines(),
            ["0 up", "0 Closing { code: 1005 }", "0 Finished"]
        );
        stage.line.media(1).await;
        assert_eq!(stage.line.ended(), None, "the call goes on");
    });
}

#[test]
fn a_bot_that_vanishes_is_lost() {
    on_a_shard(async {
        let (stage, far) = Stage::connected(4_096).await;
        drop(far);
        stage.settle().await;
        assert_eq!(stage.lines(), ["0 up", "0 Lost"]);
    });
}

#[test]
fn a_message_that_is_too_big_is_told_and_not_read() {
    on_a_shard(async {
        let (mut stage, mut far) = Stage::connected(1 << 16).await;
        let fits = Message::text("x".repeat(MAX_MESSAGE_BYTES));
        far.send(fits).await.expect("sent");
        let over = Message::text("x".repeat(MAX_MESSAGE_BYTES + 1));
        far.send(over).await.expect("sent");
        stage.settle().await;
        let lines = stage.lines();
        assert_eq!(lines[1].len(), 2 + MAX_MESSAGE_BYTES);
        assert_eq!(lines[2..], ["0 TooBig"]);
        // The agent closes what it cannot read, and the bot learns of it.
        stage.press(REDIAL).await;
        let told = next(&mut far).await;
        assert!(matches!(told, Some(Message::Close(Some(_)))), "{told:?}");
    });
}

/// The bot reads nothing, and speaks: the caller hears it in time, and is heard as far as there is room.
#[test]
fn a_bot_that_stalls_does_not_disturb_its_caller() {
    on_a_shard(async {
        let (mut stage, far) = Stage::connected(2_048).await;
        let (mut to, from) = far.split();
        for number in 1..=500_u32 {
            let byte = number as u8;
            to.send(Message::binary(vec![byte; FRAME_BYTES]))
                .await
                .expect("sent");
            stage.line.say(media(u64::from(number), byte)).await;
            let sent = Instant::now();
            let said = stage.line.hear().await.expect("a frame");
            assert_eq!(audio_of(&said), Some(vec![byte; FRAME_BYTES]));
            assert_eq!(sent.elapsed(), Duration::ZERO, "frame {number}");
            pass(FRAME).await;
        }
        let counters = stage.probe.borrow().call.counters();
        assert_eq!((counters.media_in, counters.media_out), (500, 500));
        assert_eq!(stage.lines(), ["0 up"]);
        // Then it reads: what was in the pipe, in the socket and in the agent, and nothing twice.
        let mut whole = to.reunite(from).expect("the two halves");
        let mut heard = Vec::new();
        let reading = async {
            while let Some(message) = next(&mut whole).await {
                heard.extend(message.into_data());
            }
        };
        let ended = tokio::time::timeout(SECOND, reading).await;
        assert!(ended.is_err(), "the socket stays open");
        assert!(heard.len() <= 2_048 + 4_096 + FRAME_BYTES + 8_000 + FRAME_BYTES);
        let sent: Vec<u8> = (1..=500_u32).flat_map(|n| [n as u8; FRAME_BYTES]).collect();
        assert!(
            heard.len() >= 2_048 && sent.starts_with(&heard),
            "{}",
            heard.len()
        );
    });
}

#[test]
fn the_end_of_a_call_is_told_to_its_bot() {
    on_a_shard(async {
        let (mut stage, mut far) = Stage::connected(4_096).await;
        stage.line.media(1).await;
        stage.settle().await;
        let asked = Instant::now();
        stage.line.orders.try_send(Control::HangUp).expect("heard");
        assert!(matches!(next(&mut far).await, Some(Message::Binary(_))));
        let told = next(&mut far).await;
        let Some(Message::Close(Some(frame))) = told else {
            panic!("{told:?}");
        };
        assert_eq!(u16::from(frame.code), 1000);
        assert!(next(&mut far).await.is_none());
        drop(far);
        while stage.line.hear().await.is_some() {}
        (&mut stage.line.task).await.expect("ends");
        assert_eq!(asked.elapsed(), Duration::ZERO);
        assert_eq!(stage.line.ended().expect("ended").0, Ending::Operator);
    });
}
