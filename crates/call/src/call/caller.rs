//! What the caller's side brings in, apart from the treatment of its audio.

use trunkline_protocol::client::omni::Configure;

use super::live::Live;
use super::{Call, Phase};
use crate::agent::{Agent, AgentEvent};
use crate::caller::{CallerEvent, CallerFault, CallerMessage, Configured};
use crate::ending::Ending;
use crate::io::CallEvent;
use crate::meter::Length;
use crate::scratch::Scratch;
use crate::time::Time;
use crate::timers::Timer;
use crate::uplink::Notice;

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
            CallerEvent::Start(told) => {
                self.info.learn(*told);
                self.begin_as(now, None, true);
            }
            CallerEvent::Configure(configure) => self.configure(now, &configure),
            CallerEvent::Audio { audio, place } => self.hear(now, audio, place, scratch),
            CallerEvent::Digit(digit) => self.digit(now, digit),
            CallerEvent::Text(text) => {
                self.begin(now, None);
                self.talk.caller_acts(now);
                if self.party.is_ready() {
                    self.party.agent.handle(now, AgentEvent::Text(&text));
                } else {
                    self.party.keep_text(text.into_owned());
                }
            }
            CallerEvent::Interrupt => self.interrupt(now),
            CallerEvent::Talk(down) => {
                self.begin(now, None);
                self.button(now, down);
            }
            CallerEvent::Mark(name) => self.mark(now, &name),
            CallerEvent::Goodbye => self.end(now, Ending::CallerHungUp),
            CallerEvent::Nothing => {}
            CallerEvent::Ignored => self.tally.counters.ignored += 1,
        }
    }

    /// The caller's button, down or up: speech from the one to the other.
    fn button(&mut self, now: Time, down: bool) {
        let effects = self.talk.turns.button(down, self.playing(now));
        match effects.notice {
            Some(Notice::SpeechStarted) => self.talk.speech_started(now, 0),
            Some(Notice::EndOfTurn) => {
                let spoken_us = self.talk.speech_stopped(now);
                self.tally.meter.speech(Length::of_us(spoken_us));
            }
            _ => {}
        }
        self.apply(now, effects);
    }

    fn mark(&mut self, now: Time, name: &str) {
        if let Some(live) = &mut self.live {
            live.marks.echoed(name);
        }
        self.complete_marks(now);
    }

    /// A key the caller's side reported; the same one may be in the audio too.
    fn digit(&mut self, now: Time, digit: char) {
        self.begin(now, None);
        let uplink = self.live.as_mut().map(|live| &mut live.uplink);
        if let Some(key) = uplink.and_then(|uplink| uplink.key(now, digit)) {
            self.key(now, key);
        }
    }

    /// A bad message is dropped and counted; too many of them, or one the call cannot survive, end it.
    pub(super) fn caller_fault(&mut self, now: Time, fault: CallerFault) {
        self.tally.counters.dropped += 1;
        if matches!(self.phase, Phase::Closing(_)) {
            return;
        }
        self.report(CallEvent::Dropped { code: fault.code });
        let code = fault.code;
        let fatal = fault.fatal || self.tally.counters.dropped > self.config.max_faults;
        self.tell(CallerMessage::Error {
            code,
            message: fault.message,
        });
        if fatal {
            self.end(now, Ending::CallerFaulted(code));
        }
    }

    pub(super) fn begin(&mut self, now: Time, configure: Option<&Configure>) {
        self.begin_as(now, configure, false);
    }

    /// Caller and agent are put through, unless they are already.
    fn begin_as(&mut self, now: Time, configure: Option<&Configure>, identified: bool) {
        if !matches!(self.phase, Phase::Starting) {
            if identified && let Some(peer_call_id) = self.info.peer_call_id.clone() {
                // Audio came before it, and the call has begun without (Asterisk).
                self.report(CallEvent::Identified { peer_call_id });
            }
            return;
        }
        let line = self.caller.line();
        let needs = self.party.agent.needs(line.sends, line.takes);
        match Live::new(&self.config, line, needs) {
            Ok(mut live) => {
                live.uplink.advance(now);
                self.live = Some(live);
            }
            // Both rates come from closed sets the resampler covers; a new dialect that does not is found
            // by its first call.
            Err(_) => return self.end(now, Ending::CallerFaulted("unsupported_rate")),
        }
        self.phase = Phase::Live;
        self.tally.meter.live(now);
        self.talk.begin(&self.config, now);
        self.party.begin(&self.config.failover, now);
        self.timers.stop(Timer::Start);
        self.party.configure = configure.map(|configure| Box::new(configure.clone()));
        let info = self.info.clone();
        self.report(CallEvent::Live { info });
        self.attach(now, needs);
    }

    fn configure(&mut self, now: Time, configure: &Configure) {
        if configure.keyed_on_event {
            self.tell(CallerMessage::Warning {
                code: "configure_keyed_on_event",
                message: "expected configure keyed on `type`, got it keyed on `event`".to_owned(),
            });
        }
        // An agent is configured once: what comes later has no effect, and is said to have none.
        let first = matches!(self.phase, Phase::Starting);
        let honours = if first {
            self.party.agent.honours(configure)
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
