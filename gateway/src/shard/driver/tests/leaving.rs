//! Sockets a call has done with: closed in order, beside the call, and for no longer than they may be.

use std::time::Duration;

use futures_util::SinkExt;
use tokio_tungstenite::tungstenite::Message;

use super::super::leaving::LEAVING;
use super::bot::{CLOSE, REDIAL, REPLACE};
use super::dialled::{Stage, next};
use super::rig::{FRAME_BYTES, on_a_shard, pass};
use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn code(message: Option<Message>) -> u16 {
    let Some(Message::Close(Some(frame))) = message else {
        panic!("expected a close, got {message:?}");
    };
    frame.code.into()
}

#[test]
fn a_close_follows_what_was_said_and_is_seen_through() {
    on_a_shard(async {
        let (mut stage, mut far) = Stage::connected(4_096).await;
        stage.press(CLOSE).await;
        assert_eq!(stage.leaving(), 1);
        assert_eq!(next(&mut far).await, Some(Message::text("bye")));
        assert_eq!(code(next(&mut far).await), 1000);
        assert!(next(&mut far).await.is_none(), "answered");
        drop(far);
        stage.settle().await;
        assert_eq!(stage.leaving(), 0);
        assert_eq!(
            stage.lines(),
            ["0 up"],
            "the call has heard nothing more of it"
        );
        stage.line.media(1).await;
        assert_eq!(stage.line.ended(), None, "the call goes on");
    });
}

#[test]
fn a_bot_that_reads_nothing_may_take_two_seconds_and_no_more() {
    on_a_shard(async {
        let (mut stage, mut far) = Stage::connected(64).await;
        stage.line.media(1).await;
        stage.settle().await;
        stage.press(REDIAL).await;
        pass(2 * SECOND - Duration::from_millis(2)).await;
        assert_eq!(stage.leaving(), 1);
        pass(Duration::from_millis(2)).await;
        assert_eq!(stage.leaving(), 0);
        assert_eq!(
            next(&mut far).await,
            None,
            "cut off in the middle of a message"
        );
        assert_eq!(stage.line.ended(), None, "the call goes on");
    });
}

#[test]
fn a_bot_that_reads_late_still_gets_everything() {
    on_a_shard(async {
        let (mut stage, mut far) = Stage::connected(64).await;
        stage.line.media(1).await;
        stage.settle().await;
        stage.press(CLOSE).await;
        pass(SECOND).await;
        assert_eq!(
            next(&mut far).await,
            Some(Message::binary(vec![0; FRAME_BYTES]))
        );
        assert_eq!(code(next(&mut far).await), 1000);
        drop(far);
        stage.settle().await;
        assert_eq!(stage.leaving(), 0);
    });
}

#[test]
fn a_slot_is_free_while_its_last_socket_leaves() {
    on_a_shard(async {
        for how in [REDIAL, REPLACE] {
            let (mut stage, mut old) = Stage::connected(4_096).await;
            stage.press(how).await;
            let mut new = stage.bots.ring().await.accept(4_096, b"").await;
            stage.settle().await;
            assert_eq!(stage.leaving(), 1);
            // What the old one still says is nobody's.
            old.send(Message::text("too late")).await.expect("sent");
            new.send(Message::text("hello")).await.expect("sent");
            stage.line.media(1).await;
            assert_eq!(
                next(&mut new).await,
                Some(Message::binary(vec![0; FRAME_BYTES]))
            );
            assert_eq!(code(next(&mut old).await), 1000);
            drop(old);
            stage.settle().await;
            assert_eq!(stage.leaving(), 0);
            assert_eq!(stage.lines(), ["0 up", "1 up", "1 hello"], "{how}");
        }
    });
}

#[test]
fn a_dial_that_is_not_wanted_any_more_is_dropped() {
    on_a_shard(async {
        let mut stage = Stage::set().await;
        let first = stage.bots.ring().await;
        stage.press(REDIAL).await;
        assert!(first.is_cancelled());
        assert_eq!(stage.leaving(), 0);
        let second = stage.bots.ring().await;
        assert!(!second.is_cancelled() && stage.bots.is_quiet());
    });
}

#[test]
fn as_many_leave_at_once_as_may() {
    on_a_shard(async {
        let (mut stage, far) = Stage::connected(4_096).await;
        let mut bots = vec![far];
        for number in 1..=LEAVING + 2 {
            stage.press(REDIAL).await;
            assert_eq!(stage.leaving(), number.min(LEAVING));
            let far = stage.bots.ring().await.accept(4_096, b"").await;
            bots.push(far);
        }
        stage.settle().await;
        // The two that began first were cut off; the others are told.
        for (index, far) in bots.iter_mut().enumerate().take(LEAVING + 2) {
            assert_eq!(code(next(far).await), 1000, "{index}");
        }
        assert_eq!(stage.line.ended(), None);
    });
}

/// Both ends of a call: the one that was told goes, the other is waited for.
#[test]
fn the_end_of_a_call_drops_nobody_who_is_leaving() {
    on_a_shard(async {
        let (mut stage, mut old) = Stage::connected(4_096).await;
        stage.press(REDIAL).await;
        let mut new = stage.bots.ring().await.accept(4_096, b"").await;
        stage.settle().await;
        let asked = Instant::now();
        stage.line.orders.try_send(Control::HangUp).expect("heard");
        while stage.line.hear().await.is_some() {}
        assert!(stage.line.ended().is_some(), "the call itself is over");
        pass(SECOND).await;
        assert!(!stage.line.task.is_finished());
        assert_eq!(code(next(&mut old).await), 1000);
        assert_eq!(code(next(&mut new).await), 1000);
        drop((old, new));
        (&mut stage.line.task).await.expect("ends");
        assert!(asked.elapsed() < 2 * SECOND, "{:?}", asked.elapsed());
    });
}

#[test]
fn the_end_of_a_call_waits_two_seconds_for_a_bot_that_says_nothing() {
    on_a_shard(async {
        let (mut stage, far) = Stage::connected(4_096).await;
        let asked = Instant::now();
        stage.line.orders.try_send(Control::HangUp).expect("heard");
        while stage.line.hear().await.is_some() {}
        (&mut stage.line.task).await.expect("ends");
        assert_eq!(asked.elapsed().as_millis(), u128::from(CLOSE_MS));
        drop(far);
    });
}

/// Its close came in, and our answer finds no way out for a while.
#[test]
fn a_bot_that_closes_and_reads_late_is_still_answered() {
    on_a_shard(async {
        let (mut stage, mut far) = Stage::connected(64).await;
        stage.line.media(1).await;
        stage.settle().await;
        far.feed(Message::Close(None)).await.expect("taken");
        far.flush().await.expect("sent");
        stage.settle().await;
        assert_eq!(
            stage.lines(),
            ["0 up", "0 Closing { code: 1005 }", "0 Finished"],
            "the call need not wait"
        );
        assert_eq!(stage.leaving(), 1);
        pass(SECOND).await;
        assert_eq!(
            next(&mut far).await,
            Some(Message::binary(vec![0; FRAME_BYTES]))
        );
        assert!(matches!(next(&mut far).await, Some(Message::Close(_))));
        drop(far);
        stage.settle().await;
        assert_eq!(stage.leaving(), 0);
    });
}
