//! A whole call without its sockets, driven on a clock of its own as the gateway's driver does.

use std::sync::Arc;

use trunkline_call::caller::{CallerLeg, OmniLeg, TwilioLeg};
use trunkline_call::{
    Call, CallConfig, Down, Frame, Input, LinkId, LinkSet, LinkSpec, Output, Scratch, SendKind,
    Time,
};
use trunkline_codecs::format::AudioFormat;
use trunkline_engines::bot::{Address, Manners, Target};
use trunkline_engines::{AnyAgent, BotAgent, BotSpec, Echo, ScriptAgent};
use trunkline_local::script::Script;
use trunkline_protocol::Secret;
use trunkline_protocol::bot::Dialect;
use trunkline_protocol::client::omni::Open;

use crate::uplink::{TWILIO_START, Uplink};

const FRAME_US: u64 = 20_000;

/// Timers between two frames; a call that wants more does not rest.
const TICKS_A_FRAME: u32 = 8;

/// What came out of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Messages to the caller.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Workers the agent asked for.
    pub opens: u64,
}

/// A call and its caller.
#[derive(Debug)]
pub struct CallRig {
    call: Call<AnyAgent>,
    scratch: Scratch,
    uplink: Uplink,
    next: usize,
    now: Time,
    wake_at: Time,
    sent: Sent,
    last: Vec<u8>,
    /// What the bot says, 20 ms after 20 ms, once it has been dialled.
    bot: Option<(LinkId, Uplink)>,
    bot_says: Option<Uplink>,
}

impl CallRig {
    /// A Twilio stream to an echo.
    pub fn twilio_echo(mulaw: &[u8]) -> Self {
        Self::twilio(mulaw, AnyAgent::Echo(Echo::new()))
    }

    /// A Twilio stream to the booking script, with no worker there: it listens, and says nothing.
    pub fn twilio_script(mulaw: &[u8]) -> Self {
        let agent = ScriptAgent::new(Script::booking());
        Self::twilio(mulaw, AnyAgent::Script(Box::new(agent)))
    }

    /// A Twilio stream to a bot, which sends as much as it is sent: one of Twilio's own dialect, or of IVR's at this
    /// rate.
    pub fn twilio_bot(mulaw: &[u8], samples: &[i16], dialect: Dialect, rate_hz: u32) -> Self {
        let twilio = dialect == Dialect::Twilio;
        let spec = BotSpec {
            name: "bench".to_owned(),
            dialect,
            address: Address::Fixed(Target {
                url: Secret::new("wss://bot.example/"),
                headers: Vec::new(),
                signing: None,
            }),
            format: if twilio {
                AudioFormat::MULAW_8K
            } else {
                AudioFormat::pcm16(rate_hz)
            },
            binary: false,
            frame_ms: 20,
            first_message: None,
            parameters: Vec::new(),
            manners: Manners::default(),
            flows: Arc::default(),
        };
        let agent = AnyAgent::Bot(Box::new(BotAgent::new(Arc::new(spec))));
        let leg = CallerLeg::Twilio(TwilioLeg::new());
        let mut rig = Self::new(leg, agent, Uplink::twilio(mulaw));
        rig.bot_says = Some(if twilio {
            Uplink::twilio_bot(mulaw)
        } else {
            Uplink::ivr_bot(samples, rate_hz)
        });
        for message in TWILIO_START {
            rig.input(Input::Data(LinkId::CALLER, Frame::Text(message)));
        }
        rig
    }

    /// An Omni session at this rate to an echo.
    pub fn omni_echo(samples: &[i16], rate_hz: u32) -> Self {
        let open = Open {
            rate_in_hz: rate_hz,
            session_label: None,
        };
        let leg = OmniLeg::new(open, "call_1".to_owned(), "echo".to_owned());
        let agent = AnyAgent::Echo(Echo::new());
        Self::new(CallerLeg::Omni(leg), agent, Uplink::omni(samples, rate_hz))
    }

    fn twilio(mulaw: &[u8], agent: AnyAgent) -> Self {
        let leg = CallerLeg::Twilio(TwilioLeg::new());
        let mut rig = Self::new(leg, agent, Uplink::twilio(mulaw));
        for message in TWILIO_START {
            rig.input(Input::Data(LinkId::CALLER, Frame::Text(message)));
        }
        rig
    }

    fn new(leg: CallerLeg, agent: AnyAgent, uplink: Uplink) -> Self {
        let mut rig = Self {
            call: Call::new(Arc::new(CallConfig::default()), leg, agent),
            scratch: Scratch::new(),
            uplink,
            next: 0,
            now: Time::from_ms(1_000),
            wake_at: Time::ZERO,
            sent: Sent::default(),
            last: Vec::new(),
            bot: None,
            bot_says: None,
        };
        rig.input(Input::Up(LinkId::CALLER));
        rig
    }

    /// What came out so far.
    pub const fn sent(&self) -> Sent {
        self.sent
    }

    /// The last message to the caller.
    pub fn last_message(&self) -> &[u8] {
        &self.last
    }

    /// 20 ms: timers that fire on the way, then the caller's next frame.
    pub fn frame(&mut self) {
        let frame_at = self.now.plus_us(FRAME_US);
        for _ in 0..TICKS_A_FRAME {
            if self.wake_at >= frame_at {
                break;
            }
            self.now = self.now.max(self.wake_at);
            self.call
                .handle_input(self.now, Input::Tick, &mut self.scratch);
            self.carry_out();
        }
        self.now = frame_at;
        let frame = self.uplink.frame(self.next);
        let input = Input::Data(LinkId::CALLER, frame);
        self.call.handle_input(self.now, input, &mut self.scratch);
        self.carry_out();
        if let Some((id, says)) = &self.bot {
            let input = Input::Data(*id, says.frame(self.next));
            self.call.handle_input(self.now, input, &mut self.scratch);
            self.carry_out();
        }
        self.next += 1;
    }

    fn input(&mut self, input: Input<'_>) {
        self.call.handle_input(self.now, input, &mut self.scratch);
        self.carry_out();
    }

    /// Does what the call wants, until it rests.
    fn carry_out(&mut self) {
        loop {
            let output = self
                .call
                .poll_output(self.now, LinkSet::ALL, &mut self.scratch);
            match output {
                Output::Send(LinkId::CALLER, kind) => self.send(kind),
                Output::Send(..) => self.scratch.out.clear(),
                Output::Open(id, LinkSpec::Dial(_)) if self.bot_says.is_some() => {
                    self.bot = self.bot_says.take().map(|says| (id, says));
                    let up = Input::Up(id);
                    self.call.handle_input(self.now, up, &mut self.scratch);
                }
                Output::Open(id, _) => {
                    self.sent.opens += 1;
                    let down = Input::Down(id, Down::Unavailable);
                    self.call.handle_input(self.now, down, &mut self.scratch);
                }
                Output::Close(..) | Output::Event(_) => {}
                Output::Timeout(at) => {
                    self.wake_at = at;
                    return;
                }
                Output::Ended => return,
            }
        }
    }

    /// As the socket takes a message: it is copied, and its buffer used for the next.
    fn send(&mut self, kind: SendKind) {
        let message = &mut self.scratch.out;
        if kind == SendKind::Text {
            debug_assert!(str::from_utf8(message).is_ok(), "text is UTF-8");
        }
        self.last.clear();
        self.last.extend_from_slice(message);
        self.sent.messages += 1;
        self.sent.bytes += message.len() as u64;
        message.clear();
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn a_twilio_echo_gives_back_every_frame_untouched() {
        let mulaw: Vec<u8> = (0..1_600).map(|at: u32| (at % 251) as u8).collect();
        let mut rig = CallRig::twilio_echo(&mulaw);
        let before = rig.sent();
        for frame in mulaw.chunks_exact(160) {
            rig.frame();
            let heard = String::from_utf8_lossy(rig.last_message()).into_owned();
            assert!(heard.contains(&STANDARD.encode(frame)), "{heard}");
        }
        assert_eq!(rig.sent().messages - before.messages, 10);
    }

    #[test]
    fn an_omni_echo_gives_back_every_frame_at_the_rate_of_the_session() {
        for (rate_hz, bytes) in [(24_000, 961), (16_000, 961), (8_000, 321)] {
            let mut rig = CallRig::omni_echo(&[300; 4_800], rate_hz);
            for _ in 0..10 {
                rig.frame();
            }
            let before = rig.sent();
            for _ in 0..10 {
                rig.frame();
            }
            assert_eq!(rig.sent().messages - before.messages, 10, "{rate_hz}");
            assert_eq!(rig.sent().bytes - before.bytes, bytes * 10, "{rate_hz}");
        }
    }

    #[test]
    fn a_bot_is_played_frame_by_frame() {
        let mulaw: Vec<u8> = (0..1_600).map(|at: u32| (at % 251) as u8).collect();
        let samples = [300; 4_800];
        for (dialect, rate_hz) in [
            (Dialect::Ivr, 8_000),
            (Dialect::Ivr, 24_000),
            (Dialect::Twilio, 8_000),
        ] {
            let mut rig = CallRig::twilio_bot(&mulaw, &samples, dialect, rate_hz);
            for _ in 0..10 {
                rig.frame();
            }
            let before = rig.sent();
            for _ in 0..10 {
                rig.frame();
            }
            assert_eq!(
                rig.sent().messages - before.messages,
                10,
                "{dialect:?} {rate_hz}"
            );
            assert_eq!(rig.sent().opens, 0);
        }
    }

    #[test]
    fn a_script_without_workers_listens_and_says_nothing() {
        let mut rig = CallRig::twilio_script(&[0xFF; 1_600]);
        for _ in 0..150 {
            rig.frame();
        }
        let before = rig.sent();
        assert!(before.opens > 0, "it tried to greet");
        for _ in 0..200 {
            rig.frame();
        }
        assert_eq!(rig.sent(), before);
    }
}
