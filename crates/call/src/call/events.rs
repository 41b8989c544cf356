//! What the caller's and the agent's links bring in.

use trunkline_protocol::client::omni::Configure;

use super::live::Live;
use super::{Call, Phase};
use crate::agent::{Agent, AgentEvent, Begin};
use crate::caller::{CallerEvent, CallerFault, CallerMessage, Configured};
use crate::ending::Ending;
use crate::io::{CallEvent, Input};
use crate::link::LinkId;
use crate::scratch::Scratch;
use crate::time::Time;
use crate::timers::Timer;
use crate::uplink::Heard;

/// The most audio heard in one piece: less than the silence that ends speech.
const PIECE_US: u64 = 200_000;

/// Unknown keys told back to a client, at most.
const IGNORED: usize = 64;

impl<A: Agent> Call<A> {
    pub(super) fn caller_event(
        &mut self,
        now: Time,
        event: CallerEvent<'_>,
        scratch: &mut Scratch,
    ) {
        if matches!(self.phase, Phase::Closing(_)) {
            // Only what the closing waits for still counts.
            if let CallerEvent::Mark(name) = event {
                self.mark(now, &name);
            }
            return;
        }
        match event {
            CallerEvent::Start { peer_call_id } => self.begin_as(now, None, peer_call_id),
            CallerEvent::Configure(configure) => self.configure(now, &configure),
            CallerEvent::Audio { audio, lost } => self.hear(now, audio, lost, scratch),
            CallerEvent::Digit(digit) => {
                self.begin(now, None);
                self.tell(CallerMessage::Digit(digit));
                self.agent.handle(now, AgentEvent::Digit(digit));
            }
            CallerEvent::Text(text) => {
                self.begin(now, None);
                self.agent.handle(now, AgentEvent::Text(&text));
            }
            CallerEvent::Interrupt => self.interrupt(now),
            CallerEvent::Mark(name) => self.mark(now, &name),
            CallerEvent::Goodbye => self.end(now, Ending::CallerHungUp),
            CallerEvent::Nothing => {}
            CallerEvent::Ignored => self.counters.ignored += 1,
        }
    }

    fn mark(&mut self, now: Time, name: &str) {
        let played = self.live.as_mut().and_then(|l| l.marks.echoed(name));
        if let Some(utterance) = played {
            self.spoken(now, utterance);
        }
    }

    /// A bad message is dropped and counted; too many of them, or one the call cannot survive, end it.
    pub(super) fn caller_fault(&mut self, now: Time, fault: CallerFault) {
        self.counters.dropped += 1;
        if matches!(self.phase, Phase::Closing(_)) {
            return;
        }
        self.report(CallEvent::Dropped { code: fault.code });
        let code = fault.code;
        let fatal = fault.fatal || self.counters.dropped > self.config.max_faults;
        self.tell(CallerMessage::Error {
            code,
            message: fault.message,
        });
        if fatal {
            self.end(now, Ending::CallerFaulted(code));
        }
    }

    pub(super) fn begin(&mut self, now: Time, configure: Option<&Configure>) {
        self.begin_as(now, configure, None);
    }

    /// Caller and agent are put through, unless they are already.
    fn begin_as(&mut self, now: Time, configure: Option<&Configure>, peer_call_id: Option<String>) {
        if self.phase != Phase::Starting {
            return;
        }
        let needs = self.agent.needs(self.caller.sends(), self.caller.takes());
        match Live::new(&self.config, &self.caller, needs) {
            Ok(live) => self.live = Some(live),
            // Both rates come from closed sets the resampler covers; a new dialect that does not is found
            // by its first call.
            Err(_) => return self.end(now, Ending::CallerFaulted("unsupported_rate")),
        }
        self.phase = Phase::Live;
        self.timers.stop(Timer::Start);
        self.report(CallEvent::Live { peer_call_id });
        self.agent
            .handle(now, AgentEvent::Begin(Begin { configure }));
    }

    fn configure(&mut self, now: Time, configure: &Configure) {
        if configure.keyed_on_event {
            self.tell(CallerMessage::Warning {
                code: "configure_keyed_on_event",
                message: "expected configure keyed on `type`, got it keyed on `event`".to_owned(),
            });
        }
        // An agent is configured once: what comes later has no effect, and is said to have none.
        let first = self.phase == Phase::Starting;
        let honours = if first {
            self.agent.honours(configure)
        } else {
            Vec::new()
        };
        let (mut honored, mut ignored) = (Vec::new(), Vec::new());
        for key in known_keys(configure) {
            if honours.contains(&key) {
                honored.push(key.to_owned());
            } else {
                ignored.push(key.to_owned());
            }
        }
        ignored.extend(configure.unknown.iter().take(IGNORED).cloned());
        self.tell(CallerMessage::Configured(Configured {
            honored,
            ignored,
            greeting: configure.greeting.as_deref() != Some(""),
            voice: honours
                .contains(&"voice_id")
                .then(|| configure.voice_id.clone())
                .flatten(),
        }));
        self.begin(now, Some(configure));
    }

    fn hear(&mut self, now: Time, audio: &[u8], lost: u64, scratch: &mut Scratch) {
        // An application may speak before it configures: the call begins with its first audio.
        self.begin(now, None);
        self.counters.media_in += 1;
        self.counters.media_lost = self.counters.media_lost.saturating_add(lost);
        self.counters.audio_in_bytes += audio.len() as u64;
        // A long message is heard as if it had come in pieces: one piece holds at most one start and one end
        // of speech.
        let piece = self.caller.sends().bytes_for_us(PIECE_US).max(1);
        for piece in audio.chunks(piece) {
            self.hear_piece(now, piece, scratch);
        }
    }

    fn hear_piece(&mut self, now: Time, audio: &[u8], scratch: &mut Scratch) {
        let Some(live) = self.live.as_mut().filter(|_| self.phase == Phase::Live) else {
            return;
        };
        let (heard, activity) = live.uplink.hear(audio, scratch);
        if activity.started {
            self.turns.caller_started();
            self.agent.handle(now, AgentEvent::SpeechStarted);
            if live.playout.is_interruptible(now) {
                self.interrupt(now);
            }
        }
        match heard {
            Heard::AsReceived => self.agent.handle(now, AgentEvent::Audio(audio)),
            Heard::Converted => self.agent.handle(now, AgentEvent::Audio(&scratch.bytes)),
            Heard::Nothing => {}
        }
        if let Some(ago_us) = activity.stopped_ago_us {
            self.turns.caller_stopped(now.minus_us(ago_us));
            self.agent.handle(now, AgentEvent::SpeechStopped);
        }
    }

    /// Silences the agent, in this order: generation, playout, the caller's buffer, the agent. Nothing
    /// happens when nothing is being said, so that a greeting which has not begun is not wiped.
    pub(super) fn interrupt(&mut self, now: Time) {
        if let Some(heard_ms) = self.cut_off(now) {
            self.counters.barge_ins += 1;
            self.turns.cut_off(now, heard_ms);
            self.agent.handle(now, AgentEvent::Interrupted { heard_ms });
        }
    }

    /// Empties the playout and the caller's buffer. Returns what of the utterance was heard, `None` if
    /// nothing is being said.
    pub(super) fn cut_off(&mut self, now: Time) -> Option<u64> {
        let live = self.live.as_mut().filter(|live| live.is_speaking())?;
        let heard_ms = live.cut_off(now);
        self.tell(CallerMessage::Clear);
        Some(heard_ms)
    }

    pub(super) fn expire_marks(&mut self, now: Time) {
        while let Some(utterance) = self.live.as_mut().and_then(|l| l.marks.expired(now)) {
            self.spoken(now, utterance);
        }
    }

    fn spoken(&mut self, now: Time, utterance: u32) {
        let played = self
            .live
            .as_mut()
            .map_or(0, |live| live.playout.settle(utterance));
        for _ in 0..played {
            self.agent.handle(now, AgentEvent::Spoken);
        }
    }

    /// Something of one of the agent's own links, if it is still the one that sits in its slot.
    pub(super) fn agent_link(&mut self, now: Time, id: LinkId, input: Input<'_>) {
        let Some(slot) = self.links.get_mut(id.slot()) else {
            return;
        };
        if *slot != Some(id) {
            self.counters.stale += 1;
            return;
        }
        let event = match input {
            Input::Up(id) => AgentEvent::Up(id),
            Input::Data(id, frame) => AgentEvent::Data(id, frame),
            Input::Down(id, why) => {
                *slot = None;
                AgentEvent::Down(id, why)
            }
            Input::Tick | Input::Control(_) => return,
        };
        self.agent.handle(now, event);
    }
}

/// The keys of a configuration that are present and known to the protocol.
fn known_keys(configure: &Configure) -> impl Iterator<Item = &'static str> {
    [
        ("voice_id", configure.voice_id.is_some()),
        ("persona", configure.persona.is_some()),
        ("greeting", configure.greeting.is_some()),
        ("consent_line", configure.consent_line.is_some()),
        ("language", configure.language.is_some()),
        ("model_tier", configure.model_tier.is_some()),
        ("kb_endpoint", configure.grounding.endpoint.is_some()),
        ("kb_token", configure.grounding.token.is_some()),
        ("tools", !configure.tools.is_empty()),
        ("seed", configure.seed.is_some()),
        ("temperature", configure.temperature.is_some()),
    ]
    .into_iter()
    .filter_map(|(key, present)| present.then_some(key))
}
