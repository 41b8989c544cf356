//! A call, its caller, and the bots that can be reached.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use trunkline_call::caller::{CallerLeg, OmniLeg};
use trunkline_call::{
    Call, CallConfig, CallEvent, CallInfo, DialFault, Down, Ending, Frame, Input, LinkId, LinkSet,
    LinkSpec, Output, PostSpec, Scratch, SendKind, Time,
};
use trunkline_codecs::format::AudioFormat;
use trunkline_engines::bot::{Address, BotSpec, Manners, Target};
use trunkline_engines::{AnyAgent, BotAgent};
use trunkline_protocol::Secret;
use trunkline_protocol::bot::Dialect;
use trunkline_protocol::client::omni::Open;

pub(crate) const A: &str = "wss://a.example/voice";
pub(crate) const B: &str = "wss://b.example/voice";

/// Samples of a 20 ms frame at 8 kHz.
pub(crate) const FRAME: usize = 160;

/// One bot's end of its sockets.
#[derive(Debug, Default)]
pub(crate) struct Bot {
    /// The link of the socket that is open or being opened.
    pub(crate) link: Option<LinkId>,
    pub(crate) is_up: bool,
    pub(crate) dialled: usize,
    pub(crate) headers: Vec<(String, String)>,
    /// Every message but media, and every frame of media once as `{"audio": n}` of its first sample.
    pub(crate) told: Vec<Value>,
    /// All samples it was sent.
    pub(crate) heard: Vec<i16>,
    pub(crate) binary_messages: usize,
    pub(crate) closed: bool,
    /// The code its socket was closed with.
    pub(crate) close_code: Option<u16>,
    pub(crate) stalled: bool,
}

#[derive(Debug)]
pub(crate) struct World {
    call: Call<AnyAgent>,
    scratch: Scratch,
    pub(crate) now: Time,
    pub(crate) bots: BTreeMap<String, Bot>,
    /// Requests that are open.
    pub(crate) posts: VecDeque<(LinkId, Arc<PostSpec>)>,
    /// What the caller was played: when, and its samples.
    pub(crate) played: Vec<(Time, Vec<i16>)>,
    /// Events the caller was told.
    pub(crate) told: Vec<Value>,
    pub(crate) events: Vec<CallEvent>,
    pub(crate) ended: bool,
    /// Whether the caller sends a frame every 20 ms, and the number it is at: its samples hold it.
    pub(crate) speaks: bool,
    next_frame_at: Time,
    pub(crate) next_sample: i16,
    /// The caller says `speech`, and then nothing, in place of numbers.
    pub(crate) quiet: bool,
    pub(crate) speech: VecDeque<i16>,
    timeout: Time,
    /// How often the call was woken by its own clock.
    pub(crate) wakes: u32,
}

pub(crate) fn spec(dialect: Dialect) -> BotSpec {
    BotSpec {
        name: "desk".to_owned(),
        dialect,
        address: Address::Fixed(Target {
            url: Secret::new(A),
            headers: vec![("Authorization".to_owned(), Secret::new("Bearer a"))],
            signing: None,
        }),
        format: if dialect == Dialect::Twilio {
            AudioFormat::MULAW_8K
        } else {
            AudioFormat::pcm16(8_000)
        },
        binary: false,
        frame_ms: 20,
        first_message: None,
        parameters: Vec::new(),
        manners: Manners::default(),
        flows: Arc::default(),
    }
}

impl World {
    pub(crate) fn new(spec: BotSpec) -> Self {
        Self::with(spec, CallConfig::default(), Vec::new())
    }

    pub(crate) fn with(spec: BotSpec, config: CallConfig, fallbacks: Vec<AnyAgent>) -> Self {
        let open = Open::parse("format=pcm16&rate=8000").expect("a query");
        let leg = OmniLeg::new(open, "call_1".to_owned(), String::new());
        let agent = AnyAgent::Bot(Box::new(BotAgent::new(Arc::new(spec))));
        let call = Call::with_fallbacks(Arc::new(config), CallerLeg::Omni(leg), agent, fallbacks);
        let info = CallInfo {
            call_id: "call_00112233445566778899aabbccddeeff".to_owned(),
            from: "+15550001".to_owned(),
            to: "desk".to_owned(),
            ..CallInfo::default()
        };
        let mut world = Self {
            call: call.known_as(info),
            scratch: Scratch::new(),
            now: Time::ZERO,
            bots: BTreeMap::new(),
            posts: VecDeque::new(),
            played: Vec::new(),
            told: Vec::new(),
            events: Vec::new(),
            ended: false,
            speaks: false,
            next_frame_at: Time::ZERO,
            next_sample: 1,
            quiet: false,
            speech: VecDeque::new(),
            timeout: Time::ZERO,
            wakes: 0,
        };
        world.input(Input::Up(LinkId::CALLER));
        world.caller_says(&json!({"type": "configure"}));
        world
    }

    /// A call whose bot has answered.
    pub(crate) fn connected(spec: BotSpec) -> Self {
        let mut world = Self::new(spec);
        world.answer(A);
        world
    }

    pub(crate) fn bot(&self, url: &str) -> &Bot {
        self.bots.get(url).expect("a bot that was dialled")
    }

    /// The names of what the bot was told beside media.
    pub(crate) fn names(&self, url: &str) -> Vec<&str> {
        let told = self.bot(url).told.iter();
        told.filter_map(|m| m.get("event")?.as_str()).collect()
    }

    /// The bot takes the socket.
    pub(crate) fn answer(&mut self, url: &str) {
        let link = self.bot(url).link.expect("a socket being opened");
        self.bots.get_mut(url).expect("known").is_up = true;
        self.input(Input::Up(link));
    }

    /// The bot takes the socket, and something else comes in the same wake.
    pub(crate) fn answer_with(&mut self, url: &str, also: impl FnOnce(&mut Self)) {
        let link = self.bot(url).link.expect("a socket being opened");
        self.bots.get_mut(url).expect("known").is_up = true;
        let up = Input::Up(link);
        self.call.handle_input(self.now, up, &mut self.scratch);
        also(self);
    }

    /// The bot cannot be reached.
    pub(crate) fn refuse(&mut self, url: &str, fault: DialFault) {
        let link = self.drop_link(url);
        self.input(Input::Down(link, Down::NotReached(fault)));
    }

    /// The bot's socket ends, with a close code or without a close.
    pub(crate) fn hang_up(&mut self, url: &str, code: Option<u16>) {
        let link = self.drop_link(url);
        if let Some(code) = code {
            self.input(Input::Data(link, Frame::Closing { code }));
        }
        let why = if code.is_some() {
            Down::Finished
        } else {
            Down::Lost
        };
        self.input(Input::Down(link, why));
    }

    fn drop_link(&mut self, url: &str) -> LinkId {
        let bot = self.bots.get_mut(url).expect("known");
        bot.is_up = false;
        bot.link.take().expect("a link")
    }

    /// The bot sends a message.
    pub(crate) fn say(&mut self, url: &str, message: &Value) {
        self.say_text(url, &message.to_string());
    }

    pub(crate) fn say_text(&mut self, url: &str, text: &str) {
        let link = self.bot(url).link.expect("an open socket");
        self.input(Input::Data(link, Frame::Text(text)));
    }

    /// What a driver makes of the bot's socket.
    pub(crate) fn hear_frame(&mut self, url: &str, frame: Frame<'_>) {
        let link = self.bot(url).link.expect("an open socket");
        self.input(Input::Data(link, frame));
    }

    pub(crate) fn say_binary(&mut self, url: &str, bytes: &[u8]) {
        let link = self.bot(url).link.expect("an open socket");
        self.input(Input::Data(link, Frame::Binary(bytes)));
    }

    /// The bot sends so many milliseconds of samples of this value, in the IVR dialect.
    pub(crate) fn speak(&mut self, url: &str, ms: usize, value: i16) {
        let bytes: Vec<u8> = std::iter::repeat_n(value.to_le_bytes(), 8 * ms)
            .flatten()
            .collect();
        let delta = STANDARD.encode(bytes);
        self.say(
            url,
            &json!({"type": "response.audio.delta", "delta": delta}),
        );
    }

    pub(crate) fn caller_says(&mut self, control: &Value) {
        let message = [&[3_u8], control.to_string().as_bytes()].concat();
        self.input(Input::Data(LinkId::CALLER, Frame::Binary(&message)));
    }

    pub(crate) fn caller_leaves(&mut self) {
        self.input(Input::Down(LinkId::CALLER, Down::Finished));
    }

    /// What an HTTP server answers to the request that waits longest.
    pub(crate) fn http(&mut self, frames: &[trunkline_call::HttpFrame<'_>], why: Down) {
        let (link, _) = self.posts.pop_front().expect("a request");
        for frame in frames {
            self.input(Input::Data(link, Frame::Http(*frame)));
        }
        self.input(Input::Down(link, why));
    }

    /// So much time passes.
    pub(crate) fn pass(&mut self, ms: u64) {
        let until = self.now.plus_ms(ms);
        while self.now < until {
            self.now = self.now.plus_ms(1).min(until);
            if self.speaks && self.now >= self.next_frame_at {
                self.next_frame_at = self.now.plus_ms(20);
                self.caller_frame();
            } else if self.now >= self.timeout {
                self.wakes += 1;
                self.input(Input::Tick);
            }
        }
    }

    fn caller_frame(&mut self) {
        let first = self.next_sample;
        let frame: Vec<u8> = if self.quiet {
            let spoken = (0..FRAME).map(|_| self.speech.pop_front().unwrap_or(0));
            spoken.flat_map(i16::to_le_bytes).collect()
        } else {
            let numbers = (0..FRAME as i16).map(|n| first.wrapping_add(n));
            numbers.flat_map(i16::to_le_bytes).collect()
        };
        self.next_sample = first.wrapping_add(FRAME as i16);
        let message = [&[1_u8], &frame[..]].concat();
        self.input(Input::Data(LinkId::CALLER, Frame::Binary(&message)));
    }

    fn input(&mut self, input: Input<'_>) {
        self.call.handle_input(self.now, input, &mut self.scratch);
        self.drain();
    }

    fn writable(&self) -> LinkSet {
        let mut set = LinkSet::EMPTY;
        set.insert(LinkId::CALLER.slot());
        for bot in self.bots.values().filter(|bot| bot.is_up && !bot.stalled) {
            set.insert(bot.link.map_or(7, LinkId::slot));
        }
        set
    }

    fn drain(&mut self) {
        while !self.ended {
            let writable = self.writable();
            match self.call.poll_output(self.now, writable, &mut self.scratch) {
                Output::Open(id, LinkSpec::Dial(spec)) => {
                    let bot = self.bots.entry(spec.url.expose().to_owned()).or_default();
                    bot.link = Some(id);
                    bot.dialled += 1;
                    bot.closed = false;
                    let headers = spec.headers.iter();
                    bot.headers = headers
                        .map(|(name, value)| (name.clone(), value.expose().to_owned()))
                        .collect();
                }
                Output::Open(id, LinkSpec::Post(spec)) => self.posts.push_back((id, spec)),
                Output::Open(id, _) => {
                    let why = Down::Unavailable;
                    self.call
                        .handle_input(self.now, Input::Down(id, why), &mut self.scratch);
                }
                Output::Send(LinkId::CALLER, _) => self.caller_hears(),
                Output::Send(id, kind) => self.bot_hears(id, kind),
                Output::Close(id, code) => {
                    let mut bots = self.bots.values_mut();
                    if let Some(bot) = bots.find(|bot| bot.link == Some(id)) {
                        bot.link = None;
                        bot.is_up = false;
                        bot.closed = true;
                        bot.close_code = Some(code);
                    }
                }
                Output::Event(event) => self.events.push(event),
                Output::Timeout(at) => {
                    self.timeout = at;
                    return;
                }
                Output::Ended => self.ended = true,
            }
        }
    }

    fn caller_hears(&mut self) {
        let message = self.scratch.out.split();
        match message.split_first() {
            Some((1, audio)) => self.played.push((self.now, samples(audio))),
            Some((3, json)) => self.told.push(serde_json::from_slice(json).expect("JSON")),
            _ => {}
        }
    }

    fn bot_hears(&mut self, id: LinkId, kind: SendKind) {
        let message = self.scratch.out.split();
        let mut bots = self.bots.values_mut();
        let bot = bots
            .find(|bot| bot.link == Some(id))
            .expect("an open socket");
        assert!(
            bot.is_up && !bot.stalled,
            "written although it takes nothing"
        );
        if kind == SendKind::Binary {
            bot.binary_messages += 1;
            bot.heard.extend(samples(&message));
            return;
        }
        let message: Value = serde_json::from_slice(&message).expect("JSON");
        let payload = message.pointer("/media/payload").and_then(Value::as_str);
        match payload {
            Some(payload) => {
                let bytes = STANDARD.decode(payload).expect("base64");
                bot.heard.extend(samples(&bytes));
                let first = bot.told.iter().all(|m| m["event"] != "media");
                if first {
                    bot.told.push(message);
                }
            }
            None => bot.told.push(message),
        }
    }

    /// Every sample the caller was played, one after the other.
    pub(crate) fn heard(&self) -> Vec<i16> {
        self.played
            .iter()
            .flat_map(|(_, frame)| frame.clone())
            .collect()
    }

    pub(crate) fn ending(&self) -> Option<Ending> {
        self.events.iter().find_map(|event| match event {
            CallEvent::Ended { ending, .. } => Some(*ending),
            _ => None,
        })
    }

    /// Why agents were lost, in order.
    pub(crate) fn lost(&self) -> Vec<&'static str> {
        let lost = self.events.iter().filter_map(|event| match event {
            CallEvent::AgentLost { reason } => Some(*reason),
            _ => None,
        });
        lost.collect()
    }
}

fn samples(bytes: &[u8]) -> Vec<i16> {
    let (pairs, _) = bytes.as_chunks();
    pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect()
}
