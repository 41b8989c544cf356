//! The agent's last messages on its own links, and their close.

use super::Call;
use super::party::Reach;
use crate::agent::{Action, Agent, Buffers};
use crate::ending::Ending;
use crate::io::Output;
use crate::link::LinkSet;
use crate::scratch::Scratch;
use crate::time::Time;

/// Wishes looked at for a last message; then the links are closed all the same.
const LAST_WISHES: u32 = 1_024;

impl<A: Agent> Call<A> {
    /// The agent learns that the call is over, and may still say goodbye to whom it talks to.
    pub(super) fn part_for_good(&mut self, ending: Ending) {
        self.party.agent.ended(ending);
        let here = self.party.reach != Reach::Away;
        self.party.last_wishes = if here { LAST_WISHES } else { 0 };
        self.party.is_over = true;
    }

    /// What an agent whose call is over still sends; then its links are closed.
    pub(super) fn poll_farewell(
        &mut self,
        now: Time,
        writable: LinkSet,
        scratch: &mut Scratch,
    ) -> Option<Output> {
        if !self.party.is_over {
            return None;
        }
        while let Some(left) = self.party.last_wishes.checked_sub(1) {
            self.party.last_wishes = left;
            scratch.bytes.clear();
            scratch.out.clear();
            scratch.samples.clear();
            let buffers = Buffers {
                audio: &mut scratch.bytes,
                message: &mut scratch.out,
                samples: &mut scratch.samples,
            };
            match self.party.agent.poll(now, writable, buffers) {
                Some(Action::Send(id, kind)) if self.party.links.is_open(id) => {
                    return Some(Output::Send(id, kind));
                }
                Some(_) => {}
                None => self.party.last_wishes = 0,
            }
        }
        if self.party.reach != Reach::Away {
            self.party.leave();
        }
        self.party.links.poll()
    }
}
