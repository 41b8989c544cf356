//! The agent with workers that do what they are told, on a virtual clock.

use bytes::BytesMut;
use trunkline_call::{
    AgentFailure, Answerer, CallInfo, Down, Frame, LinkSpec, Referral, SendKind, TransferFault,
    WorkerFrame,
};

use super::*;
use crate::front_end::{DIGITS_MS, FILLER, KEYS_ONLY, SAMPLES_AT_ONCE, WIDEBAND};

mod conversation;
mod listening;
mod silence;
mod speaking;

type Rig = crate::rig::Rig<ScriptAgent>;

impl Rig {
    fn new(caller: AudioFormat) -> Self {
        Self::of(ScriptAgent::new(Script::booking()), caller)
    }

    fn start(&mut self, configure: Option<&Configure>) {
        self.begin(&CallInfo::default(), configure);
    }

    /// A call that has been greeted, with the greeting played.
    fn greeted() -> Self {
        let mut rig = Self::new(WIDEBAND);
        rig.start(None);
        rig.speak_all();
        rig.tell(AgentEvent::Spoken);
        rig.take();
        rig
    }
}
