//! One side stops taking: the other goes on, and what waits in between has a bound.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use trunkline_call::{CallConfig, PlayoutConfig};
use trunkline_local::{Availability, Band, WorkerSpec, Workers, WorkersConfig};

use super::rig::{FRAME_BYTES, Line, Setup, audio_of, ended, hear, media, on_a_shard, pass, start};
use super::speaker::{Plan, Speaker, number};
use super::*;

const FRAME: Duration = Duration::from_millis(20);

/// How far ahead of real time Twilio is sent to.
const LEAD: Duration = Duration::from_millis(100);

/// What the socket may hold beside the pipe: what is fed before a flush, and one message more.
const IN_SOCKET_BYTES: u64 = 4_096 + 300;

/// The wire form of a frame, with the library's header.
const MESSAGE_BYTES: u64 = 270;

#[test]
fn a_stalled_carrier_is_heard_in_time_to_the_last_frame() {
    on_a_shard(async {
        let (agent, notes) = Speaker::new(Plan::say(60));
        let (line, probe) = Setup::twilio(2_048, agent).start().await;
        // Never read from.
        let (mut to, from) = line.phone.split();
        to.send(start()).await.expect("sent");
        let mut sent = Vec::new();
        for chunk in 1..=250_u64 {
            let byte = chunk as u8;
            sent.push((probe.borrow().shard.now(), byte));
            to.send(media(chunk, byte)).await.expect("sent");
            pass(FRAME).await;
        }
        assert_eq!(
            *notes.heard.borrow(),
            sent,
            "each frame at the time it came"
        );
        let released = probe.borrow().call.counters().media_out;
        let room = (2_048 + IN_SOCKET_BYTES) / MESSAGE_BYTES;
        assert!(released > 0, "the agent spoke");
        assert!(released <= room, "{released} frames went into a full pipe");
        assert_eq!(ended(&line.events.borrow()), None);
        drop(from);
    });
}

/// Ten seconds both ways; what the agent says must come neither late nor early.
async fn hear_the_agent_on_time(line: &mut Line) {
    line.start().await;
    let mut played_from = None;
    for chunk in 1..=500_u64 {
        line.say(media(chunk, 1)).await;
        let until = Instant::now() + FRAME;
        while let Ok(message) = tokio::time::timeout_at(until, line.hear()).await {
            let Some(audio) = audio_of(&message.expect("the call goes on")) else {
                continue;
            };
            let now = Instant::now();
            let played = *played_from.get_or_insert(now) + FRAME * number(&audio) as u32;
            assert!(now <= played, "frame {} came late", number(&audio));
            assert!(played - now <= LEAD, "frame {} came early", number(&audio));
        }
    }
}

#[test]
fn an_agent_that_takes_nothing_does_not_disturb_its_caller() {
    on_a_shard(async {
        let (agent, _) = Speaker::new(Plan {
            takes_audio: false,
            ..Plan::say(10)
        });
        let (mut line, probe) = Setup::twilio(4_096, agent).start().await;
        hear_the_agent_on_time(&mut line).await;
        let counters = probe.borrow().call.counters();
        assert_eq!((counters.media_in, counters.media_out), (500, 500));
        assert_eq!(line.ended(), None);
    });
}

/// A recogniser whose one decoder is busy takes what its ring has room for. Then the agent takes no more, and
/// of what follows the call keeps the newest three seconds.
#[test]
fn an_engine_that_takes_nothing_does_not_disturb_its_caller() {
    on_a_shard(async {
        let mut config = WorkersConfig::default();
        config.decoders = 1;
        let workers = Workers::start(config);
        if let Availability::Missing { what, install } = &workers.report().recogniser {
            panic!("{what}; install: {install}");
        }
        let busy = workers.open(WorkerSpec::Recognise {
            grammar: None,
            band: Band::Telephone,
        });
        let busy = busy.expect("the first job");
        let (agent, notes) = Speaker::new(Plan {
            recognises: true,
            ..Plan::say(10)
        });
        let (mut line, probe) = Setup {
            workers: workers.clone(),
            ..Setup::twilio(4_096, agent)
        }
        .start()
        .await;
        hear_the_agent_on_time(&mut line).await;
        // Pieces of 20 ms go over until fewer than 500 ms are free; then 500 ms wait in the agent.
        let (in_ring, in_agent, in_backlog) = (126, 25, 150);
        let heard = notes.heard.borrow().len();
        assert_eq!(heard, in_ring + in_agent, "frames the agent took");
        let counters = probe.borrow().call.counters();
        let dropped_ms = (500 - heard - in_backlog) as u64 * 20;
        assert_eq!(counters.backlog_dropped_ms, dropped_ms);
        let counts = match &probe.borrow().slots[1] {
            Some(Slot {
                link: Link::Worker(link),
                ..
            }) => link.counts(),
            _ => panic!("the recogniser's link is gone"),
        };
        assert_eq!(counts.accepted, in_ring as u64 * 320);
        assert_eq!((notes.sent.get(), counts.refused), (counts.accepted, 0));
        assert_eq!(line.ended(), None);
        drop((busy, line, probe));
        workers.shutdown();
    });
}

/// 120 s of speech in 30 s, to a caller who takes half of real time and may have 10 s waiting.
#[test]
fn a_slow_reader_is_bounded_in_memory() {
    const BOUND_MS: u64 = 10_000;
    const PIPE_BYTES: usize = 2_048;
    on_a_shard(async {
        let (agent, notes) = Speaker::new(Plan {
            burst_frames: 50,
            bursts: 120,
            every_ms: 250,
            ..Plan::say(0)
        });
        let setup = Setup::twilio(PIPE_BYTES, agent);
        let (mut line, probe) = Setup {
            config: CallConfig {
                playout: PlayoutConfig {
                    bound_ms: BOUND_MS,
                    ..PlayoutConfig::default()
                },
                ..CallConfig::default()
            },
            ..setup
        }
        .start()
        .await;
        line.start().await;
        let (mut read, mut last) = (0_u64, None);
        let (mut most_held, mut most_sent) = (0, 0);
        loop {
            let silence = Duration::from_secs(5);
            let Ok(message) = tokio::time::timeout(silence, hear(&mut line.phone)).await else {
                break;
            };
            if let Some(audio) = audio_of(&message.expect("the call goes on")) {
                read += 1;
                let number = number(&audio);
                assert!(last < Some(number), "{number} after {last:?}");
                last = Some(number);
            }
            let counters = probe.borrow().call.counters();
            let said_bytes = notes.said.get() * FRAME_BYTES as u64;
            let released_bytes = counters.media_out * FRAME_BYTES as u64;
            most_held = most_held.max(said_bytes - counters.overflow_bytes - released_bytes);
            most_sent = most_sent.max(counters.media_out - read);
            pass(2 * FRAME).await;
        }
        let counters = probe.borrow().call.counters();
        assert_eq!(notes.said.get(), 120 * 50);
        assert_eq!(counters.media_out, read, "everything released was read");
        assert_eq!(
            counters.overflow_bytes,
            (120 * 50 - read) * FRAME_BYTES as u64,
            "what was not read was refused and counted"
        );
        println!("{most_held} bytes in the call, {most_sent} frames in socket and pipe");
        assert!(most_held <= BOUND_MS * 8, "{most_held} bytes in the call");
        let room = (PIPE_BYTES as u64 + IN_SOCKET_BYTES) / MESSAGE_BYTES;
        assert!(most_sent <= room, "{most_sent} frames can not be recalled");
        assert_eq!(line.ended(), None);
    });
}
