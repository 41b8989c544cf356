//! An agent that speaks by plan and writes down what it hears.

use std::cell::{Cell, RefCell};

use trunkline_call::{Action, AgentEvent, AgentNeeds, Buffers, LinkSpec, SendKind};
use trunkline_codecs::format::AudioFormat;
use trunkline_engines::SAMPLES_AT_ONCE;

use super::rig::FRAME_BYTES;
use super::*;

/// The slot of the recogniser's link.
const EARS: LinkId = LinkId::new(1, 0);

/// What a [`Speaker`] does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// Frames of speech in one burst, the first when the call begins.
    pub(super) burst_frames: u64,
    /// How many bursts.
    pub(super) bursts: u64,
    /// How long after one the next follows.
    pub(super) every_ms: u64,
    /// When it hangs up, after the call has begun.
    pub(super) hangs_up_ms: Option<u64>,
    /// Whether it lets a local recogniser hear what it hears.
    pub(super) recognises: bool,
    /// Whether it takes audio at all.
    pub(super) takes_audio: bool,
}

impl Plan {
    /// Says this much at once.
    pub(super) const fn say(seconds: u64) -> Self {
        Self {
            burst_frames: seconds * 50,
            bursts: 1,
            every_ms: 0,
            hangs_up_ms: None,
            recognises: false,
            takes_audio: true,
        }
    }
}

/// What a test learns of a [`Speaker`].
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    /// When it heard which first byte.
    pub(super) heard: Rc<RefCell<Vec<(Time, u8)>>>,
    /// Frames it has said: each begins with its number.
    pub(super) said: Rc<Cell<u64>>,
    /// Samples it has sent to a recogniser.
    pub(super) sent: Rc<Cell<u64>>,
}

#[derive(Debug)]
pub(super) struct Speaker {
    plan: Plan,
    notes: Notes,
    bursts_left: u64,
    burst_at: Option<Time>,
    hang_up_at: Option<Time>,
    todo: Vec<Action>,
    /// Samples for the recogniser.
    samples: usize,
}

impl Speaker {
    pub(super) fn new(plan: Plan) -> (Self, Notes) {
        let notes = Notes::default();
        let speaker = Self {
            plan,
            notes: notes.clone(),
            bursts_left: plan.bursts,
            burst_at: None,
            hang_up_at: None,
            todo: Vec::new(),
            samples: 0,
        };
        (speaker, notes)
    }

    fn begin(&mut self, now: Time) {
        self.burst_at = Some(now);
        self.hang_up_at = self.plan.hangs_up_ms.map(|ms| now.plus_ms(ms));
        // Taken from the end.
        self.todo.push(Action::BeginUtterance {
            interruptible: false,
        });
        if self.plan.recognises {
            let spec = LinkSpec::Recognise {
                grammar: None,
                telephone: true,
            };
            self.todo.push(Action::Open(EARS, spec));
        }
    }

    fn burst(&mut self, now: Time, audio: &mut Vec<u8>) -> Action {
        for _ in 0..self.plan.burst_frames {
            let number = self.notes.said.get();
            self.notes.said.set(number + 1);
            audio.extend(frame(number));
        }
        self.bursts_left -= 1;
        self.burst_at = (self.bursts_left > 0).then(|| now.plus_ms(self.plan.every_ms));
        if self.burst_at.is_none() {
            self.todo.insert(0, Action::EndUtterance);
        }
        Action::Audio
    }
}

/// A frame that says its number.
fn frame(number: u64) -> [u8; FRAME_BYTES] {
    let mut frame = [0x7F; FRAME_BYTES];
    frame[..8].copy_from_slice(&number.to_be_bytes());
    frame
}

/// The number of a frame.
pub(super) fn number(frame: &[u8]) -> u64 {
    assert_eq!(frame.len(), FRAME_BYTES);
    u64::from_be_bytes(frame[..8].try_into().expect("eight bytes"))
}

impl Agent for Speaker {
    fn needs(&mut self, caller_sends: AudioFormat, caller_takes: AudioFormat) -> AgentNeeds {
        AgentNeeds::new(Some(caller_sends), caller_takes)
    }

    fn handle(&mut self, now: Time, event: AgentEvent<'_>) {
        match event {
            AgentEvent::Begin(_) => self.begin(now),
            AgentEvent::Audio(audio) => {
                self.notes.heard.borrow_mut().push((now, audio[0]));
                if self.plan.recognises {
                    self.samples += 2 * audio.len();
                }
            }
            _ => {}
        }
    }

    fn poll(&mut self, now: Time, writable: LinkSet, buffers: Buffers<'_>) -> Option<Action> {
        if let Some(action) = self.todo.pop() {
            return Some(action);
        }
        if self.burst_at.is_some_and(|at| at <= now) {
            return Some(self.burst(now, buffers.audio));
        }
        if self.hang_up_at.take_if(|at| *at <= now).is_some() {
            return Some(Action::HangUp);
        }
        if self.samples > 0 && writable.contains(EARS) {
            buffers.samples.resize(self.samples, 0);
            self.notes
                .sent
                .set(self.notes.sent.get() + self.samples as u64);
            self.samples = 0;
            return Some(Action::Send(EARS, SendKind::Samples));
        }
        None
    }

    fn deadline(&self) -> Option<Time> {
        self.burst_at.into_iter().chain(self.hang_up_at).min()
    }

    fn takes_audio(&self, _writable: LinkSet) -> bool {
        self.plan.takes_audio && self.samples < SAMPLES_AT_ONCE
    }
}
