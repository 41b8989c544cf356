//! How a socket ends while audio is queued: half-closed, from both sides at once, by a drain.

use std::time::Duration;

use futures_util::SinkExt;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use trunkline_call::{CallConfig, Ending};

use super::rig::{Line, Setup, audio_of, on_a_shard, pass};
use super::speaker::{Plan, Speaker};
use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// A carrier's call in which a minute of speech is queued and a second has been heard.
async fn speaking(plan: Plan) -> Line {
    let (agent, _) = Speaker::new(plan);
    let (mut line, _) = Setup::twilio(4_096, agent).start().await;
    line.start().await;
    let heard = line.hear_for(SECOND).await;
    assert!((50..=55).contains(&heard), "{heard} frames in a second");
    line
}

fn close(code: CloseCode) -> Message {
    Message::Close(Some(CloseFrame {
        code,
        reason: "".into(),
    }))
}

/// Reads to the end. Returns the frames of audio and the code of the close.
async fn hear_out(line: &mut Line) -> (usize, Option<u16>) {
    let (mut frames, mut code) = (0, None);
    while let Some(message) = line.hear().await {
        match &message {
            Message::Close(frame) => code = frame.as_ref().map(|frame| frame.code.into()),
            message => frames += usize::from(audio_of(message).is_some()),
        }
    }
    (frames, code)
}

#[test]
fn a_caller_who_closes_is_answered_at_once_and_spared_the_rest() {
    on_a_shard(async {
        let mut line = speaking(Plan::say(60)).await;
        let asked = Instant::now();
        line.say(close(CloseCode::Normal)).await;
        let (frames, code) = hear_out(&mut line).await;
        assert_eq!(code, Some(1000));
        assert!(frames <= 1, "{frames} frames after the close");
        (&mut line.task).await.expect("ends");
        assert_eq!(asked.elapsed(), Duration::ZERO);
        assert_eq!(line.ended().expect("ended").0, Ending::CallerHungUp);
    });
}

/// Its end of the pipe is still read: nothing is said into it any more.
#[test]
fn a_caller_who_shuts_its_write_side_is_gone() {
    on_a_shard(async {
        let mut line = speaking(Plan::say(60)).await;
        let asked = Instant::now();
        line.phone.get_mut().shutdown().await.expect("shut");
        let (frames, code) = hear_out(&mut line).await;
        assert_eq!(code, None, "nobody is left to be told");
        assert!(frames <= 1, "{frames} frames after the end");
        (&mut line.task).await.expect("ends");
        assert_eq!(asked.elapsed(), Duration::ZERO);
        assert_eq!(line.ended().expect("ended").0, Ending::CallerLost);
    });
}

/// A caller's close came in a second into the call, and its answer finds no way out.
async fn closed_over_a_full_pipe() -> Line {
    let (agent, _) = Speaker::new(Plan::say(60));
    let (mut line, _) = Setup::twilio(2_048, agent).start().await;
    line.start().await;
    pass(SECOND).await;
    line.say(close(CloseCode::Normal)).await;
    line
}

#[test]
fn a_caller_who_closes_and_reads_no_more_is_not_waited_for() {
    on_a_shard(async {
        let mut line = closed_over_a_full_pipe().await;
        let asked = Instant::now();
        pass(Duration::from_millis(1)).await;
        let (ending, _) = line.ended().expect("the call itself is over at once");
        assert_eq!(ending, Ending::CallerHungUp);
        (&mut line.task).await.expect("ends");
        assert_eq!(asked.elapsed().as_millis(), u128::from(CLOSE_MS));
    });
}

#[test]
fn a_caller_who_closes_and_reads_late_is_still_answered() {
    on_a_shard(async {
        let mut line = closed_over_a_full_pipe().await;
        let asked = Instant::now();
        pass(SECOND).await;
        let (frames, code) = hear_out(&mut line).await;
        assert_eq!(code, Some(1000));
        assert!(frames <= 23, "{frames} frames that could not be recalled");
        (&mut line.task).await.expect("ends");
        assert_eq!(asked.elapsed(), SECOND);
    });
}

#[test]
fn both_legs_closing_at_once_end_the_call_once() {
    on_a_shard(async {
        // A minute is queued when the agent hangs up: its last words would take that long.
        for (order, plan) in [
            (
                None,
                Plan {
                    hangs_up_ms: Some(1_500),
                    ..Plan::say(60)
                },
            ),
            (Some(Control::HangUp), Plan::say(60)),
            (Some(Control::Drain), Plan::say(60)),
        ] {
            let mut line = speaking(plan).await;
            line.hear_for(SECOND / 2 - Duration::from_millis(1)).await;
            pass(Duration::from_millis(1)).await;
            let at = Instant::now();
            if let Some(order) = order {
                line.orders.try_send(order).expect("heard");
            }
            line.phone
                .feed(close(CloseCode::Normal))
                .await
                .expect("taken");
            line.phone.flush().await.expect("sent");
            let (frames, _) = hear_out(&mut line).await;
            assert!(frames <= 2, "{order:?}: {frames} frames");
            (&mut line.task).await.expect("ends");
            assert_eq!(at.elapsed(), Duration::ZERO, "{order:?}");
            let (ending, _) = line.ended().expect("ended");
            let expected = match order {
                None => [Ending::AgentHungUp, Ending::CallerHungUp],
                Some(Control::HangUp) => [Ending::Operator; 2],
                Some(_) => [Ending::Shutdown; 2],
            };
            assert!(expected.contains(&ending), "{order:?}: {ending:?}");
        }
    });
}

/// An application is told why, then closed; nothing is said in between.
#[test]
fn a_drain_cuts_the_agent_off_and_says_why() {
    on_a_shard(async {
        let (agent, _) = Speaker::new(Plan::say(60));
        let (mut line, _) = Setup::omni(16_384, agent).start().await;
        line.say(Message::binary(
            [b"\x03".as_slice(), br#"{"type":"configure"}"#].concat(),
        ))
        .await;
        let heard = line.hear_for(SECOND).await;
        assert!(heard > 50, "{heard} messages in a second");
        let asked = Instant::now();
        line.orders.try_send(Control::Drain).expect("heard");
        let (mut before, mut after, mut told) = (0, 0, None);
        let code = loop {
            match line.hear().await.expect("a close first") {
                Message::Close(frame) => break frame.map(|frame| u16::from(frame.code)),
                Message::Binary(bytes) if bytes[0] == 1 && told.is_none() => before += 1,
                Message::Binary(bytes) if bytes[0] == 1 => after += 1,
                Message::Binary(bytes) => {
                    let event: serde_json::Value =
                        serde_json::from_slice(&bytes[1..]).expect("JSON");
                    if event["event"] == "session_ending" {
                        told = event["reason"].as_str().map(str::to_owned);
                    }
                }
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(told.as_deref(), Some("shutdown"));
        assert_eq!(code, Some(1001));
        assert!(before <= 1, "{before} frames after the order");
        assert_eq!(after, 0, "frames after the ending");
        assert!(line.hear().await.is_none());
        (&mut line.task).await.expect("ends");
        assert_eq!(asked.elapsed(), Duration::ZERO);
        assert_eq!(line.ended().expect("ended").0, Ending::Shutdown);
    });
}

/// However the caller behaves, the call is over in the time a drain reckons with.
#[test]
fn a_drain_does_not_wait_for_a_caller_who_reads_nothing() {
    on_a_shard(async {
        let (agent, _) = Speaker::new(Plan::say(60));
        let (mut line, _) = Setup::twilio(2_048, agent).start().await;
        line.start().await;
        pass(SECOND).await;
        let asked = Instant::now();
        line.orders.try_send(Control::Drain).expect("heard");
        (&mut line.task).await.expect("ends");
        let config = CallConfig::default();
        let allowed_ms = config.playout.mark_ms + config.close_ms + CLOSE_MS;
        assert!(
            asked.elapsed() <= Duration::from_millis(allowed_ms),
            "{:?}",
            asked.elapsed()
        );
        assert_eq!(line.ended().expect("ended").0, Ending::Shutdown);
    });
}
