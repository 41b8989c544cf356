//! Every link of the agent's that is opened is closed, or lost, before the call is over; none is used or closed
//! that is not open.

use std::collections::HashSet;

use super::Watch;
use crate::link::LinkId;
use crate::time::Time;

/// The agent's own links that are open.
#[derive(Debug, Default)]
pub(in crate::sim) struct OpenLinks(HashSet<LinkId>);

impl OpenLinks {
    /// It is gone; the call has been told so.
    pub(in crate::sim) fn lost(&mut self, id: LinkId) {
        self.0.remove(&id);
    }
}

impl Watch {
    pub(in crate::sim) fn link_opened(&mut self, now: Time, id: LinkId) {
        if self.links.0.iter().any(|open| open.slot() == id.slot()) {
            self.fail(now, &format!("{id:?} opened in a slot that is taken"));
        }
        self.links.0.insert(id);
    }

    pub(in crate::sim) fn link_used(&self, now: Time, id: LinkId) {
        if !self.links.0.contains(&id) {
            self.fail(now, &format!("sent on {id:?}, which is not open"));
        }
    }

    pub(in crate::sim) fn link_closed(&mut self, now: Time, id: LinkId) {
        if !self.links.0.remove(&id) {
            self.fail(now, &format!("{id:?} closed, which is not open"));
        }
    }

    /// The call is over.
    pub(in crate::sim) fn over(&self, now: Time) {
        if !self.links.0.is_empty() {
            self.fail(now, &format!("over with {:?} open", self.links.0));
        }
    }
}
