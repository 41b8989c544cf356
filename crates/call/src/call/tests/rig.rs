//! A call with a scripted agent and a clock that moves when told.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::BytesMut;
use serde_json::{Value, json};
use trunkline_codecs::format::AudioFormat;
use trunkline_protocol::client::omni::{Configure, Open};

use super::super::*;
use crate::agent::{Action, AgentEvent, AgentNeeds, Buffers, TurnMode};
use crate::caller::{OmniLeg, TwilioLeg};
use crate::io::Output;
use crate::link::{LinkSpec, SendKind};

/// What the far end got.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Sent {
    Media(Vec<u8>),
    Text(Value),
    Event(Value),
    CallerText(String),
    Ping,
}

/// An agent that wants what it was told to want, and writes down what it hears.
#[derive(Debug, Default)]
pub(super) struct Scripted {
    pub(super) wants: VecDeque<Action>,
    pub(super) audio: Vec<u8>,
    pub(super) speaks: Option<AudioFormat>,
    pub(super) listens: Option<AudioFormat>,
    /// It wants something more each time it is asked.
    pub(super) endless: bool,
    /// Everything heard in `listens`.
    pub(super) heard_audio: Vec<u8>,
    pub(super) hears: bool,
    pub(super) echo: bool,
    pub(super) begun: bool,
    pub(super) spoken: usize,
    pub(super) speech_started: usize,
    pub(super) transfers_refused: usize,
    pub(super) interrupted: Vec<(Time, u64)>,
    pub(super) link_data: Vec<String>,
    /// The places it was told of: when, which, and whether what was before was played.
    pub(super) marked: Vec<(Time, String, bool)>,
    /// The greetings asked for whenever somebody began.
    pub(super) greetings: Vec<Option<String>>,
    /// To whom it may give the call.
    pub(super) heir: Option<Box<Self>>,
    heard: Vec<u8>,
}

impl Agent for Scripted {
    fn needs(&mut self, sends: AudioFormat, takes: AudioFormat) -> AgentNeeds {
        AgentNeeds {
            turns: if self.hears {
                TurnMode::Voice
            } else {
                TurnMode::Off
            },
            ..AgentNeeds::new(
                Some(self.listens.unwrap_or(sends)),
                self.speaks.unwrap_or(takes),
            )
        }
    }

    fn handle(&mut self, now: Time, event: AgentEvent<'_>) {
        match event {
            AgentEvent::Begin(begin) => {
                self.begun = true;
                let greeting = begin.configure.and_then(|asked| asked.greeting.clone());
                self.greetings.push(greeting);
                if self.echo {
                    self.wants.push_back(Action::BeginUtterance {
                        interruptible: false,
                    });
                }
            }
            AgentEvent::Audio(audio) if self.echo => self.heard.extend(audio),
            AgentEvent::Audio(audio) if self.listens.is_some() => self.heard_audio.extend(audio),
            AgentEvent::Spoken => self.spoken += 1,
            AgentEvent::SpeechStarted => self.speech_started += 1,
            AgentEvent::Marked { name, played } => {
                self.marked.push((now, name.to_owned(), played));
            }
            AgentEvent::TransferRefused(_) => self.transfers_refused += 1,
            AgentEvent::Interrupted { heard_ms, .. } => self.interrupted.push((now, heard_ms)),
            AgentEvent::Data(_, Frame::Text(text)) => self.link_data.push(text.to_owned()),
            _ => {}
        }
    }

    fn poll(&mut self, _now: Time, _writable: LinkSet, buffers: Buffers<'_>) -> Option<Action> {
        if let Some(action) = self.wants.pop_front() {
            if action == Action::Audio {
                buffers.audio.append(&mut self.audio);
            }
            return Some(action);
        }
        if self.endless {
            return Some(Action::Working(true));
        }
        if self.heard.is_empty() {
            return None;
        }
        buffers.audio.append(&mut self.heard);
        Some(Action::Audio)
    }

    fn deadline(&self) -> Option<Time> {
        None
    }

    fn successor(&mut self) -> Option<Self> {
        self.heir.take().map(|heir| *heir)
    }

    fn honours(&self, _: &Configure) -> Vec<&'static str> {
        vec!["greeting"]
    }
}

pub(super) struct Rig {
    call: Call<Scripted>,
    now: Time,
    scratch: Scratch,
    sent: Vec<Sent>,
    pub(super) writable: LinkSet,
    pub(super) events: Vec<CallEvent>,
    pub(super) closed: Option<u16>,
    over: bool,
}

impl Rig {
    fn new(caller: CallerLeg, agent: Scripted) -> Self {
        Self {
            call: Call::new(Arc::new(CallConfig::default()), caller, agent),
            now: Time::ZERO,
            scratch: Scratch::new(),
            sent: Vec::new(),
            writable: LinkSet::ALL,
            events: Vec::new(),
            closed: None,
            over: false,
        }
    }

    pub(super) fn twilio(wants: Vec<Action>) -> Self {
        let agent = Scripted {
            wants: wants.into(),
            ..Scripted::default()
        };
        Self::new(CallerLeg::Twilio(TwilioLeg::new()), agent)
    }

    /// An agent that says one utterance of this many frames.
    pub(super) fn twilio_saying(frames: usize) -> Self {
        let mut rig = Self::twilio(one_utterance());
        rig.agent().audio = vec![7; 160 * frames];
        rig
    }

    pub(super) fn twilio_echo() -> Self {
        let mut rig = Self::twilio(vec![]);
        rig.agent().echo = true;
        rig
    }

    pub(super) fn omni(query: &str, wants: Vec<Action>) -> Self {
        let open = Open::parse(query).expect("a good query");
        let leg = OmniLeg::new(open, "call_1".to_owned(), "rms".to_owned());
        let agent = Scripted {
            wants: wants.into(),
            ..Scripted::default()
        };
        Self::new(CallerLeg::Omni(leg), agent)
    }

    pub(super) fn agent(&mut self) -> &mut Scripted {
        &mut self.call.party.agent
    }

    pub(super) fn now(&self) -> Time {
        self.now
    }

    pub(super) fn counters(&self) -> Counters {
        self.call.counters()
    }

    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    pub(super) fn ending(&self) -> Option<Ending> {
        let told = self.events.iter().find_map(|event| match event {
            CallEvent::Ended { ending, .. } => Some(*ending),
            _ => None,
        });
        told.or(match self.call.phase {
            Phase::Closing(ending) | Phase::Closed(ending) => Some(ending),
            _ => None,
        })
    }

    pub(super) fn up(&mut self) {
        self.input(Input::Up(LinkId::CALLER));
    }

    pub(super) fn start(&mut self) {
        self.up();
        self.text(&start_message());
    }

    pub(super) fn input(&mut self, input: Input<'_>) {
        self.call.handle_input(self.now, input, &mut self.scratch);
        self.drain();
    }

    pub(super) fn data(&mut self, frame: Frame<'_>) {
        self.input(Input::Data(LinkId::CALLER, frame));
    }

    pub(super) fn text(&mut self, message: &Value) {
        self.data(Frame::Text(&message.to_string()));
    }

    pub(super) fn control(&mut self, message: &Value) {
        self.data(Frame::Binary(format!("\x03{message}").as_bytes()));
    }

    pub(super) fn audio(&mut self, pcm: &[u8]) {
        let mut frame = vec![1];
        frame.extend(pcm);
        self.data(Frame::Binary(&frame));
    }

    pub(super) fn media(&mut self, mulaw: &[u8; 160], chunk: u64) {
        self.text(&json!({
            "event": "media", "streamSid": "MZ1", "sequenceNumber": chunk.wrapping_add(1).to_string(),
            "media": {"track": "inbound", "chunk": chunk.to_string(),
                "timestamp": chunk.wrapping_mul(20).to_string(), "payload": base64(mulaw)},
        }));
    }

    /// Lets time pass, stopping wherever the call wants to be woken.
    pub(super) fn advance_ms(&mut self, ms: u64) {
        let end = self.now.plus_ms(ms);
        while self.now < end && !self.over {
            let wake = self.drain().unwrap_or(end);
            self.now = wake.clamp(self.now.plus_us(1), end);
            self.input(Input::Tick);
        }
        self.now = end;
    }

    /// Carries out what the call wants. Gives when it wants to be woken.
    pub(super) fn drain(&mut self) -> Option<Time> {
        for _ in 0..10_000 {
            let output = self
                .call
                .poll_output(self.now, self.writable, &mut self.scratch);
            match output {
                Output::Send(LinkId::CALLER, kind) => {
                    let sent = read(kind, &self.scratch.out);
                    self.sent.push(sent);
                }
                Output::Close(LinkId::CALLER, code) => self.closed = Some(code),
                Output::Event(event) => self.events.push(event),
                Output::Timeout(at) => return Some(at),
                Output::Ended => {
                    self.over = true;
                    return None;
                }
                Output::Open(..) | Output::Send(..) | Output::Close(..) => {}
            }
        }
        panic!("the call never rests");
    }

    pub(super) fn take(&mut self) -> Vec<Sent> {
        std::mem::take(&mut self.sent)
    }

    pub(super) fn take_media(&mut self) -> Vec<Vec<u8>> {
        let sent = self.take().into_iter();
        sent.filter_map(|sent| match sent {
            Sent::Media(audio) => Some(audio),
            _ => None,
        })
        .collect()
    }
}

fn read(kind: SendKind, out: &BytesMut) -> Sent {
    let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).expect("JSON");
    match kind {
        SendKind::Text => {
            let value = json(out);
            match value["media"]["payload"].as_str() {
                Some(payload) => Sent::Media(unbase64(payload)),
                None => Sent::Text(value),
            }
        }
        SendKind::Binary => match out.split_first().expect("a tag") {
            (1, pcm) => Sent::Media(pcm.to_vec()),
            (2, text) => Sent::CallerText(String::from_utf8(text.to_vec()).expect("UTF-8")),
            (3, event) => Sent::Event(json(event)),
            (tag, _) => panic!("tag {tag}"),
        },
        SendKind::Ping => Sent::Ping,
        other => panic!("{other:?} to a caller"),
    }
}

pub(super) fn one_utterance() -> Vec<Action> {
    vec![
        Action::BeginUtterance {
            interruptible: true,
        },
        Action::Audio,
        Action::EndUtterance,
    ]
}

pub(super) fn start_message() -> Value {
    json!({
        "event": "start", "sequenceNumber": "1", "streamSid": "MZ1",
        "start": {"accountSid": "AC1", "streamSid": "MZ1", "callSid": "CA1", "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {}},
    })
}

pub(super) fn speak() -> LinkSpec {
    LinkSpec::Speak {
        text: Arc::from("x"),
        voice: Arc::from("rms"),
    }
}

pub(super) const fn silence() -> [u8; 160] {
    [0xFF; 160]
}

/// A frame of something like a voice: harmonics of 120 Hz through three formants that move, at 8 kHz μ-law.
pub(super) const LOUD: fn(usize) -> [u8; 160] = |frame| {
    let mut pcm = Vec::new();
    for n in 0..160 {
        let t = (frame * 160 + n) as f64 / 8_000.0;
        let glide = 1.0 + 0.3 * (t * 9.0).sin();
        let envelope = 0.55 + 0.45 * (t * 26.0).sin();
        let mut sample = 0.0;
        for harmonic in 1..30 {
            let hz = 120.0 * f64::from(harmonic) * (1.0 + 0.02 * (t * 17.0).sin());
            let gain: f64 = [(600.0, 90.0), (1_200.0, 120.0), (2_500.0, 200.0)]
                .iter()
                .map(|(center, width)| (-((hz - center * glide) / width).powi(2)).exp())
                .sum();
            sample += gain * (std::f64::consts::TAU * hz * t).sin();
        }
        pcm.push((sample * envelope * 5_000.0) as i16);
    }
    let mut codes = Vec::new();
    AudioFormat::MULAW_8K.encode(&pcm, &mut codes);
    codes.try_into().expect("160 samples")
};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk
            .iter()
            .fold(0_u32, |word, byte| word << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for index in 0..4 {
            if index <= chunk.len() {
                text.push(ALPHABET[(word >> (18 - 6 * index)) as usize & 63] as char);
            } else {
                text.push('=');
            }
        }
    }
    text
}

fn unbase64(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut word, mut bits) = (0_u32, 0);
    for char in text.bytes().filter(|c| *c != b'=') {
        let value = ALPHABET.iter().position(|c| *c == char).expect("base64");
        word = word << 6 | value as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits) as u8);
        }
    }
    bytes
}
