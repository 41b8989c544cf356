//! What a peer does to its socket, and what that does to a call.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use trunkline_call::Ending;

use super::rig::{Line, call, media, on_a_shard, start};
use super::*;

#[test]
fn frames_go_round_in_order() {
    on_a_shard(async {
        let mut line = call(4_096).await;
        line.start().await;
        for chunk in 1..=200 {
            line.media(chunk).await;
            let Some(Message::Text(text)) = line.hear().await else {
                panic!("an echo");
            };
            let value: Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(value["event"], "media");
        }
        let stop = json!({"event": "stop", "streamSid": "MZ1", "stop": {}});
        line.say(Message::text(stop.to_string())).await;
        let Some(Message::Close(Some(frame))) = line.hear().await else {
            panic!("a close");
        };
        assert_eq!(u16::from(frame.code), 1000);
        assert!(line.hear().await.is_none());
        (&mut line.task).await.expect("ends");
        let (_, counters) = line.ended().expect("ended");
        assert_eq!(counters.media_in, 200);
    });
}

#[test]
fn a_peer_that_stops_reading_is_heard_to_the_last_frame_and_given_up() {
    on_a_shard(async {
        // Room for five frames of echo; the peer never reads one.
        let Line {
            phone,
            events,
            task,
            orders,
        } = call(2_048).await;
        let (mut to, from) = phone.split();
        let started = Instant::now();
        to.send(start()).await.expect("sent");
        let mut sent = 0;
        loop {
            if to.send(media(sent + 1, 0)).await.is_err() {
                break;
            }
            sent += 1;
            tokio::time::advance(Duration::from_millis(20)).await;
        }
        let took = started.elapsed();
        task.await.expect("ends");
        let events = events.borrow();
        let Some(CallEvent::Ended {
            ending, counters, ..
        }) = events.last()
        else {
            panic!("{events:?}");
        };
        assert_eq!(*ending, Ending::CallerStalled);
        // Stalled for 10 s, then given 4 s for its last words and 2 s for the close.
        assert!(took >= Duration::from_secs(10), "{took:?}");
        assert!(took <= Duration::from_secs(20), "{took:?}");
        assert!(
            counters.media_in >= 500,
            "the uplink went on while nothing was read: {} of {sent}",
            counters.media_in
        );
        drop((orders, from));
    });
}

#[test]
fn a_stalled_call_does_not_disturb_its_neighbour() {
    on_a_shard(async {
        let mut stalled = call(2_048).await;
        let mut healthy = call(4_096).await;
        stalled.start().await;
        healthy.start().await;
        for chunk in 1..=300 {
            if !stalled.task.is_finished() && chunk < 250 {
                stalled.media(chunk).await;
            }
            healthy.media(chunk).await;
            assert!(matches!(healthy.hear().await, Some(Message::Text(_))));
            tokio::time::advance(Duration::from_millis(20)).await;
        }
        assert_eq!(stalled.ended(), None, "six seconds are no stall yet");
    });
}

#[test]
fn a_peer_that_vanishes_ends_the_call() {
    on_a_shard(async {
        let mut line = call(4_096).await;
        line.start().await;
        let Line {
            phone,
            events,
            task,
            orders,
        } = line;
        drop(phone);
        task.await.expect("ends");
        let events = events.borrow();
        assert!(
            matches!(
                events.last(),
                Some(CallEvent::Ended {
                    ending: Ending::CallerLost,
                    ..
                })
            ),
            "{events:?}"
        );
        drop(orders);
    });
}

#[test]
fn a_silent_peer_is_pinged_and_lives() {
    on_a_shard(async {
        let mut line = call(4_096).await;
        line.start().await;
        // The library answers pings while it is read from.
        let silence = tokio::time::timeout(Duration::from_secs(300), line.hear()).await;
        assert!(silence.is_err(), "{silence:?}");
        assert_eq!(line.ended(), None);
        assert!(!line.task.is_finished());
    });
}

#[test]
fn draining_closes_with_going_away() {
    on_a_shard(async {
        let mut line = call(4_096).await;
        line.start().await;
        line.media(1).await;
        line.hear().await;
        line.orders.send(Control::Drain).await.expect("heard");
        let closed = line.hear().await;
        let Some(Message::Close(Some(frame))) = closed else {
            panic!("expected a close, got {closed:?}");
        };
        assert_eq!(u16::from(frame.code), 1001);
        assert!(line.hear().await.is_none());
        (&mut line.task).await.expect("ends");
        assert_eq!(line.events.borrow().len(), 2, "live and ended");
    });
}

#[test]
fn a_close_that_is_never_answered_is_not_waited_for() {
    on_a_shard(async {
        let mut line = call(4_096).await;
        line.start().await;
        line.media(1).await;
        line.hear().await;
        let asked = Instant::now();
        line.orders.send(Control::HangUp).await.expect("heard");
        // The peer reads no more.
        (&mut line.task).await.expect("ends");
        assert_eq!(asked.elapsed().as_millis(), u128::from(CLOSE_MS));
    });
}

#[test]
fn an_oversized_message_is_refused_with_its_code() {
    on_a_shard(async {
        let mut line = call(1 << 20).await;
        line.start().await;
        let message = json!({"event": "x".repeat(70_000)});
        line.say(Message::text(message.to_string())).await;
        let Some(Message::Close(Some(frame))) = line.hear().await else {
            panic!("a close");
        };
        assert_eq!(u16::from(frame.code), 1009);
        assert!(line.hear().await.is_none());
        (&mut line.task).await.expect("ends");
    });
}
