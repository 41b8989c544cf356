//! The echo: every frame comes back, in order and unaltered. For line tests and load.

use trunkline_call::{Action, Agent, AgentEvent, AgentNeeds, Buffers, LinkSet, Time};
use trunkline_codecs::format::AudioFormat;

/// Audio held between being heard and being asked for: 2 s of PCM16 at 24 kHz. The newest is dropped.
const BOUND_BYTES: usize = 96_000;

/// An agent that says what it hears.
#[derive(Debug, Default)]
pub struct Echo {
    heard: Vec<u8>,
    speaking: bool,
    dropped_bytes: u64,
}

impl Echo {
    /// An echo that has heard nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes heard and not given back because nobody asked for them in time.
    pub const fn dropped_bytes(&self) -> u64 {
        self.dropped_bytes
    }
}

impl Agent for Echo {
    fn needs(&mut self, caller_sends: AudioFormat, _caller_takes: AudioFormat) -> AgentNeeds {
        AgentNeeds {
            listens: Some(caller_sends),
            speaks: caller_sends,
            voice_activity: false,
        }
    }

    fn handle(&mut self, _now: Time, event: AgentEvent<'_>) {
        match event {
            AgentEvent::Audio(audio) => {
                if self.heard.len() + audio.len() <= BOUND_BYTES {
                    self.heard.extend_from_slice(audio);
                } else {
                    self.dropped_bytes += audio.len() as u64;
                }
            }
            AgentEvent::Interrupted { .. } => {
                self.heard.clear();
                self.speaking = false;
            }
            _ => {}
        }
    }

    fn poll(&mut self, _now: Time, _writable: LinkSet, buffers: Buffers<'_>) -> Option<Action> {
        if self.heard.is_empty() {
            return None;
        }
        if !self.speaking {
            self.speaking = true;
            return Some(Action::BeginUtterance {
                interruptible: false,
            });
        }
        buffers.audio.extend_from_slice(&self.heard);
        self.heard.clear();
        Some(Action::Audio)
    }

    fn deadline(&self) -> Option<Time> {
        None
    }
}
