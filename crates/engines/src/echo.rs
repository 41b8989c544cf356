//! The echo: every frame comes back, in order and unaltered. For line tests and load.
//!
//! Because nothing is left out, delay that a stall of the caller's network has caused stays: agents that may
//! make up for it say [`Delivery::RealTime`](trunkline_call::Delivery).

use trunkline_call::{Action, Agent, AgentEvent, AgentNeeds, Buffers, LinkSet, Time};
use trunkline_codecs::format::AudioFormat;

/// Audio held between being heard and being asked for: eight of the largest messages a client may send, as
/// many as a driver reads before it asks. The newest is dropped.
const BOUND_BYTES: usize = 8 * 256 * 1_024;

/// What stays allocated when everything has been given back.
const IDLE_BYTES: usize = 4_096;

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
        AgentNeeds::new(Some(caller_sends), caller_sends)
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
        self.heard.shrink_to(IDLE_BYTES);
        Some(Action::Audio)
    }

    fn deadline(&self) -> Option<Time> {
        None
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;

    fn said(echo: &mut Echo) -> Vec<u8> {
        let mut all = Vec::new();
        loop {
            let (mut audio, mut message, mut samples) = (Vec::new(), BytesMut::new(), Vec::new());
            let buffers = Buffers {
                audio: &mut audio,
                message: &mut message,
                samples: &mut samples,
            };
            if echo.poll(Time::ZERO, LinkSet::ALL, buffers).is_none() {
                return all;
            }
            all.extend(audio);
        }
    }

    #[test]
    fn the_largest_messages_come_back_whole() {
        let mut echo = Echo::new();
        let message: Vec<u8> = (0..8 * 256 * 1_024).map(|n| (n % 251) as u8).collect();
        for piece in message.chunks(9_600) {
            echo.handle(Time::ZERO, AgentEvent::Audio(piece));
        }
        assert_eq!(said(&mut echo), message);
        assert_eq!(echo.dropped_bytes(), 0);
        assert!(echo.heard.capacity() <= IDLE_BYTES, "and nothing is kept");
        echo.handle(Time::ZERO, AgentEvent::Audio(&vec![1; BOUND_BYTES + 1]));
        assert_eq!(echo.dropped_bytes(), BOUND_BYTES as u64 + 1);
    }
}
