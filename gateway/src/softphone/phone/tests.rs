//! Scenarios of whole calls on a virtual clock, seen from the wire.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::*;
use crate::softphone::sound;

/// A Twilio call whose far end is the test.
struct Call {
    phone: Phone,
    sid: String,
    now_ms: u64,
}

impl Call {
    fn new(script: Vec<Step>) -> Self {
        let options = Options::new("ws://h/", Dialect::Twilio);
        let wire = Wire::new(&options, [7; 48]);
        let mut phone = Phone::new(&options, wire, script);
        phone.handle_tick(Duration::ZERO);
        Self {
            phone,
            sid: format!("MZ{}", "07".repeat(16)),
            now_ms: 0,
        }
    }

    fn now(&self) -> Duration {
        Duration::from_millis(self.now_ms)
    }

    /// Runs to `until_ms` and returns what was sent, with the time.
    fn run(&mut self, until_ms: u64) -> Vec<(u64, Value)> {
        let mut sent = self.sent();
        while self.now_ms < until_ms && !self.phone.has_ended() {
            self.now_ms += 1;
            if self.phone.next_tick() <= self.now() {
                self.phone.handle_tick(self.now());
            }
            sent.extend(self.sent());
        }
        sent
    }

    fn sent(&mut self) -> Vec<(u64, Value)> {
        let packets = std::iter::from_fn(|| self.phone.poll_packet());
        let texts = packets.map(|packet| match packet {
            Packet::Text(text) => (self.now_ms, serde_json::from_str(&text).expect("JSON")),
            Packet::Binary(_) => panic!("Twilio sends text"),
        });
        texts.collect()
    }

    fn give(&mut self, mut message: Value) {
        message["streamSid"] = self.sid.as_str().into();
        self.phone
            .handle_packet(self.now(), &Packet::Text(message.to_string()));
    }

    fn give_audio(&mut self, level: i16, ms: usize) {
        let payload = BASE64_STANDARD.encode(sound::mulaw_from_pcm(&vec![level; ms * 8]));
        self.give(json!({"event": "media", "media": {"payload": payload}}));
    }

    fn give_mark(&mut self, name: &str) {
        self.give(json!({"event": "mark", "mark": {"name": name}}));
    }

    fn report(mut self) -> CallReport {
        self.phone.handle_end();
        self.phone.into_report(0)
    }
}

fn say(ms: usize) -> Step {
    Step::Say {
        samples: vec![8_000; ms * 8].into(),
        label: "words".to_owned(),
    }
}

fn of<'a>(sent: &'a [(u64, Value)], event: &str) -> Vec<(u64, &'a Value)> {
    sent.iter()
        .filter(|(_, message)| message["event"] == event)
        .map(|(at, message)| (*at, &message[event]))
        .collect()
}

#[test]
fn frames_leave_every_20_ms_and_silence_keeps_flowing() {
    let mut call = Call::new(vec![say(40), Step::Silence { ms: 10_000 }]);
    let sent = call.run(200);
    let media = of(&sent, "media");
    let times: Vec<u64> = media.iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [20, 40, 60, 80, 100, 120, 140, 160, 180, 200]);
    let stamps: Vec<&str> = media
        .iter()
        .filter_map(|(_, body)| body["timestamp"].as_str())
        .collect();
    assert_eq!(
        stamps,
        [
            "0", "20", "40", "60", "80", "100", "120", "140", "160", "180"
        ]
    );
    let silence = BASE64_STANDARD.encode([0xff; 160]);
    let silent: Vec<bool> = media
        .iter()
        .map(|(_, body)| body["payload"] == silence.as_str())
        .collect();
    assert_eq!(
        silent,
        [false, false, true, true, true, true, true, true, true, true]
    );
}

#[test]
fn a_late_wake_catches_up_on_the_absolute_schedule() {
    let mut call = Call::new(vec![Step::Silence { ms: 10_000 }]);
    call.run(20);
    call.now_ms = 95;
    call.phone.handle_tick(call.now());
    assert_eq!(of(&call.sent(), "media").len(), 3);
    assert_eq!(call.phone.next_tick(), Duration::from_millis(100));
}

#[test]
fn a_mark_is_answered_after_the_audio_before_it_has_played() {
    let mut call = Call::new(vec![Step::Silence { ms: 10_000 }]);
    call.run(50);
    call.give_audio(5_000, 300);
    call.give_mark("m1");
    let sent = call.run(600);
    assert_eq!(
        of(&sent, "mark"),
        [(360, &json!({"name": "m1"}))],
        "at the first wake after 350 ms"
    );
    call.give_mark("empty");
    assert_eq!(of(&call.sent(), "mark"), [(600, &json!({"name": "empty"}))]);
}

#[test]
fn a_barge_in_is_measured_from_the_callers_first_sample() {
    let mut call = Call::new(vec![
        Step::WaitForAgentToSpeak { ms: 500 },
        say(400),
        Step::Silence { ms: 2_000 },
    ]);
    call.run(100);
    call.give_audio(5_000, 3_000);
    call.give_mark("greeting");
    call.run(750);
    call.give(json!({"event": "clear"}));
    assert_eq!(
        of(&call.sent(), "mark").len(),
        1,
        "a clear returns what waits"
    );
    call.run(1_500);
    call.give_audio(5_000, 200);
    call.run(10_000);
    let report = call.report();
    assert_eq!(
        (report.ended, report.faults, report.greeting_ms),
        (Ended::ScriptDone, 0, Some(100))
    );
    let [turn] = report.turns.as_slice() else {
        panic!("{:?}", report.turns)
    };
    assert_eq!((turn.caller_started_ms, turn.caller_stopped_ms), (600, 999));
    let barge_in = turn.barge_in.expect("interrupted");
    assert_eq!((barge_in.clear_ms, barge_in.silent_ms), (Some(150), 150));
    assert_eq!(turn.latency_ms, Some(501));
    let cleared = EventKind::Cleared {
        how: ClearKind::Clear,
        dropped_ms: 2_350,
    };
    assert!(report.events.contains(&PhoneEvent {
        t_ms: 750,
        kind: cleared
    }));
    let heard = &report.recording.agent;
    let loud = |from_ms: usize, to_ms: usize| {
        heard
            .get(from_ms * 8..to_ms * 8)
            .is_some_and(|part| part.iter().all(|&s| s > 4_000))
    };
    assert!(
        loud(100, 750) && !loud(750, 751) && loud(1_500, 1_700),
        "written as played"
    );
    assert_eq!(report.recording.caller.len(), 3_000 * 8);
}

#[test]
fn the_end_of_the_script_is_stop_and_of_the_stream_drops_the_rest() {
    let mut call = Call::new(vec![Step::Silence { ms: 60 }, Step::HangUp, say(20)]);
    let sent = call.run(1_000);
    let last = sent
        .last()
        .map(|(at, message)| (*at, message["event"].clone()));
    assert_eq!(last, Some((60, json!("stop"))));
    assert_eq!(of(&sent, "media").len(), 3);

    let mut call = Call::new(vec![Step::Silence { ms: 5_000 }]);
    call.run(100);
    call.give_audio(5_000, 1_000);
    call.run(200);
    call.phone
        .handle_closed(call.now(), Ended::AgentClosed, Some(1_000), String::new());
    let report = call.report();
    assert_eq!(report.recording.agent.len(), 1_600);
    let dropped = EventKind::Cleared {
        how: ClearKind::Closed,
        dropped_ms: 900,
    };
    assert!(
        report.events.contains(&PhoneEvent {
            t_ms: 200,
            kind: dropped
        }),
        "{:?}",
        report.events
    );
    assert_eq!(report.unfinished.as_deref(), Some("silent"));
}

#[test]
fn a_script_that_waits_for_ever_ends_at_the_deadline() {
    let mut options = Options::new("ws://h/", Dialect::Omni);
    options.max_s = 1;
    let wire = Wire::new(&options, [0; 48]);
    let mut phone = Phone::new(
        &options,
        wire,
        vec![Step::WaitForAgentToFinish { quiet_ms: 700 }],
    );
    while !phone.has_ended() {
        phone.handle_tick(phone.next_tick());
    }
    let report = phone.into_report(0);
    assert_eq!((report.ended, report.duration_ms), (Ended::Deadline, 1_000));
    assert_eq!(
        report.unfinished.as_deref(),
        Some("waiting for the agent to be quiet for 700 ms")
    );
}

#[test]
fn a_far_end_that_does_not_read_is_bounded_and_counted() {
    let mut call = Call::new(vec![Step::Silence { ms: 60_000 }]);
    assert_eq!(call.sent().len(), 2);
    let mut phone = call.phone;
    phone.handle_tick(Duration::from_secs(50));
    let waiting = std::iter::from_fn(|| phone.poll_packet()).count();
    assert_eq!(waiting, Phone::PACKETS);
    assert_eq!(phone.into_report(0).packets_dropped, 500);
}

#[test]
fn a_fault_is_noted_and_the_call_goes_on() {
    let mut call = Call::new(vec![Step::Silence { ms: 100 }]);
    call.give(json!({"event": "media", "media": {"payload": "//8=", "track": "outbound"}}));
    call.run(1_000);
    let report = call.report();
    assert_eq!((report.ended, report.faults), (Ended::ScriptDone, 1));
    let text = serde_json::to_string(&report).expect("serialisable");
    let back: CallReport = serde_json::from_str(&text).expect("readable");
    assert_eq!(back.events, report.events);
}
