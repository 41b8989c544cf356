//! The webhook's agent in a whole call, on a virtual clock: what a client hears and when.

use std::sync::Arc;

use serde_json::Value;
use trunkline_call::caller::{CallerLeg, OmniLeg};
use trunkline_call::{
    Call, CallConfig, CallEvent, Clip, DialFault, Down, Ending, Frame, HttpFrame, Input, Lines,
    LinkId, LinkSet, LinkSpec, Output, Scratch, SendKind, Time, WorkerFrame,
};
use trunkline_engines::{AnyAgent, WebhookAgent, WebhookSpec};
use trunkline_protocol::Secret;
use trunkline_protocol::client::omni::Open;

/// The rate of client and synthesiser.
const RATE_HZ: u32 = 16_000;

/// Tags of the client's protocol: audio, and JSON.
const AUDIO: u8 = 1;
const CONTROL: u8 = 3;

/// What the synthesiser makes of a sentence: half a second at this level.
const SPOKEN: [i16; 8_000] = [1_000; 8_000];

/// The filler: half a second at another.
const FILLER: [i16; 8_000] = [2_000; 8_000];

/// Something the client or whoever watches noticed.
#[derive(Clone, Debug, PartialEq)]
enum Noticed {
    /// The level of the audio that is being heard, where it changes.
    Level(i16),
    Says(String),
    Closed(LinkId),
    Ended(Ending),
}

struct Stage {
    call: Call<AnyAgent>,
    scratch: Scratch,
    now: Time,
    wake_at: Time,
    requests: Vec<(LinkId, Value)>,
    noticed: Vec<(u64, Noticed)>,
    level: i16,
}

impl Stage {
    fn new() -> Self {
        let spec = WebhookSpec {
            agent_id: "agent".to_owned(),
            url: Secret::new("https://bot.example/".to_owned()),
            headers: Vec::new(),
            secret: None,
            timeout_ms: 30_000,
            transfer_number: None,
            voice: "rms".to_owned(),
            greeting: String::new(),
            phrases: Vec::new(),
            context_limit: 10,
        };
        let agent = AnyAgent::Webhook(Box::new(WebhookAgent::new(Arc::new(spec))));
        let open = Open {
            rate_in_hz: RATE_HZ,
            session_label: None,
        };
        let leg = OmniLeg::new(open, "call_1".to_owned(), "rms".to_owned());
        let filler = Clip {
            text: "One moment.".into(),
            samples: Arc::new(FILLER),
            rate_hz: RATE_HZ,
        };
        let config = CallConfig {
            lines: Arc::new(Lines {
                filler: Some(filler),
                ..Lines::default()
            }),
            ..CallConfig::default()
        };
        let mut stage = Self {
            call: Call::new(Arc::new(config), CallerLeg::Omni(leg), agent),
            scratch: Scratch::new(),
            now: Time::from_ms(1_000),
            wake_at: Time::ZERO,
            requests: Vec::new(),
            noticed: Vec::new(),
            level: 0,
        };
        stage.input(Input::Up(LinkId::CALLER));
        stage.client(r#"{"type":"configure"}"#);
        stage.wait_ms(0);
        stage
    }

    fn client(&mut self, message: &str) {
        let frame = [&[CONTROL], message.as_bytes()].concat();
        self.input(Input::Data(LinkId::CALLER, Frame::Binary(&frame)));
    }

    fn types(&mut self, text: &str) -> LinkId {
        self.client(&format!(r#"{{"type":"input_text","text":"{text}"}}"#));
        self.requests.last().expect("the bot is asked").0
    }

    fn http(&mut self, id: LinkId, frame: HttpFrame<'_>) {
        self.input(Input::Data(id, Frame::Http(frame)));
    }

    fn begins(&mut self, id: LinkId, content_type: &str) {
        let status = 200;
        self.http(
            id,
            HttpFrame::Head {
                status,
                content_type,
            },
        );
    }

    fn wait_ms(&mut self, ms: u64) {
        let end = self.now.plus_ms(ms);
        while self.wake_at <= end {
            self.now = self.now.max(self.wake_at);
            self.input(Input::Tick);
        }
        self.now = end;
    }

    fn input(&mut self, input: Input<'_>) {
        self.call.handle_input(self.now, input, &mut self.scratch);
        loop {
            match self
                .call
                .poll_output(self.now, LinkSet::ALL, &mut self.scratch)
            {
                Output::Send(LinkId::CALLER, SendKind::Binary) => self.hear(),
                Output::Send(..) => {}
                Output::Open(id, LinkSpec::Post(post)) => {
                    let body = serde_json::from_slice(&post.body).expect("JSON");
                    self.requests.push((id, body));
                }
                Output::Open(id, LinkSpec::Speak { .. }) => self.synthesise(id),
                Output::Open(id, _) => panic!("nothing else is wanted: {id:?}"),
                Output::Close(id, _) => self.notice(Noticed::Closed(id)),
                Output::Event(CallEvent::AgentSays { text }) => self.notice(Noticed::Says(text)),
                Output::Event(CallEvent::Ended { ending, .. }) => {
                    self.notice(Noticed::Ended(ending));
                }
                Output::Event(_) => {}
                Output::Timeout(at) => {
                    self.wake_at = at;
                    return;
                }
                Output::Ended => {
                    self.wake_at = Time::from_us(u64::MAX);
                    return;
                }
            }
        }
    }

    fn synthesise(&mut self, id: LinkId) {
        for frame in SPOKEN.chunks(1_600).map(|samples| WorkerFrame::Audio {
            rate_hz: RATE_HZ,
            samples,
        }) {
            let input = Input::Data(id, Frame::Worker(frame));
            self.call.handle_input(self.now, input, &mut self.scratch);
        }
        let down = Input::Down(id, Down::Finished);
        self.call.handle_input(self.now, down, &mut self.scratch);
    }

    /// A message with the tag of audio, and PCM16.
    fn hear(&mut self) {
        let message = self.scratch.out.split();
        let [AUDIO, audio @ ..] = &message[..] else {
            return;
        };
        for pair in audio.as_chunks::<2>().0 {
            let level = i16::from_le_bytes(*pair);
            if level != self.level {
                self.level = level;
                self.notice(Noticed::Level(level));
            }
        }
    }

    fn notice(&mut self, noticed: Noticed) {
        self.noticed.push((self.now.as_ms() - 1_000, noticed));
    }

    /// When something was noticed first.
    fn at(&self, wanted: &Noticed) -> Option<u64> {
        let first = self.noticed.iter().find(|(_, noticed)| noticed == wanted);
        first.map(|(at, _)| *at)
    }
}

#[test]
fn a_caller_who_waits_hears_the_filler_and_then_the_answer() {
    let mut stage = Stage::new();
    let id = stage.types("where is my order");
    stage.wait_ms(1_999);
    assert_eq!(
        stage.at(&Noticed::Level(2_000)),
        None,
        "{:?}",
        stage.noticed
    );
    stage.wait_ms(1);
    let filler_at = stage.at(&Noticed::Level(2_000));
    assert_eq!(filler_at, Some(2_000), "{:?}", stage.noticed);
    stage.wait_ms(4_000);
    stage.begins(id, "application/x-ndjson");
    stage.http(
        id,
        HttpFrame::Body(b"{\"text\":\"It left\",\"interim\":true}\n"),
    );
    stage.wait_ms(1_000);
    assert_eq!(
        stage.at(&Noticed::Level(1_000)),
        Some(6_000),
        "{:?}",
        stage.noticed
    );
    stage.http(
        id,
        HttpFrame::Body(b"{\"text\":\"this morning.\",\"hangup\":true}\n"),
    );
    stage.input(Input::Down(id, Down::Finished));
    stage.wait_ms(2_000);
    let ended = Noticed::Ended(Ending::AgentHungUp);
    let ended_at = stage.at(&ended).expect("the call is over");
    assert!((7_500..8_500).contains(&ended_at), "{:?}", stage.noticed);
}

#[test]
fn a_client_that_interrupts_aborts_the_request_and_the_bot_learns_what_was_heard() {
    let mut stage = Stage::new();
    let id = stage.types("tell me a story");
    stage.begins(id, "application/x-ndjson");
    let line = b"{\"text\":\"Once upon a time there was a gateway.\",\"interim\":true}\n";
    stage.http(id, HttpFrame::Body(line));
    stage.wait_ms(250);
    stage.client(r#"{"type":"interrupt"}"#);
    assert_eq!(
        stage.at(&Noticed::Closed(id)),
        Some(250),
        "{:?}",
        stage.noticed
    );
    stage.types("stop");
    let (_, body) = stage.requests.last().expect("asked");
    let heard = body["recentHistory"][1]["content"].as_str();
    let heard = heard.expect("something was heard");
    assert!("Once upon a time there was a gateway.".starts_with(heard));
    assert!((1..30).contains(&heard.len()), "{heard}");
}

#[test]
fn a_bot_that_cannot_be_reached_ends_the_call_after_three_times() {
    let mut stage = Stage::new();
    for _ in 0..3 {
        let id = stage.types("hello");
        stage.input(Input::Down(id, Down::NotReached(DialFault::Refused)));
        stage.wait_ms(10_000);
    }
    let ended = Noticed::Ended(Ending::AgentLost("webhook_unreachable"));
    assert!(stage.at(&ended).is_some(), "{:?}", stage.noticed);
    let says = |(_, noticed): &&(u64, Noticed)| matches!(noticed, Noticed::Says(_));
    assert_eq!(
        stage.noticed.iter().filter(says).count(),
        2,
        "two apologies"
    );
}
