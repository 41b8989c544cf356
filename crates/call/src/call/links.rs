//! The agent's own links: which of them are open, and in what order others take their place.
//!
//! Every link that is opened is closed once, unless it was lost before.

use std::collections::VecDeque;

use crate::io::Output;
use crate::link::{LinkId, LinkSpec, MAX_LINKS};

/// The agent's own links.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// Generation of what sits in each slot; `None` where nothing is open.
    open: [Option<LinkId>; MAX_LINKS],
    /// To be closed: links of an agent that was lost, and one in whose slot another is wanted.
    closing: VecDeque<LinkId>,
    /// To be opened once those are closed.
    opening: Option<(LinkId, LinkSpec)>,
}

impl Links {
    /// The next link left behind is to be closed, or the one asked for to be opened.
    pub(super) fn poll(&mut self) -> Option<Output> {
        if let Some(id) = self.closing.pop_front() {
            return Some(Output::Close(id, 1000));
        }
        let (id, spec) = self.opening.take()?;
        *self.open.get_mut(id.slot())? = Some(id);
        Some(Output::Open(id, spec))
    }

    /// The agent wants a link, unless in a slot it may not have. What sits in its slot is left behind. Collect
    /// with [`poll`](Self::poll) until it gives nothing.
    pub(super) fn open(&mut self, id: LinkId, spec: LinkSpec) {
        if id.slot() == LinkId::CALLER.slot() {
            return;
        }
        let before = self.open.get_mut(id.slot());
        self.closing.extend(before.and_then(Option::take));
        self.opening = Some((id, spec));
    }

    /// The link is closed; whether it was open.
    pub(super) fn close(&mut self, id: LinkId) -> bool {
        let slot = self.open.get_mut(id.slot());
        slot.is_some_and(|slot| slot.take_if(|open| *open == id).is_some())
    }

    pub(super) fn is_open(&self, id: LinkId) -> bool {
        self.open.get(id.slot()).is_some_and(|l| *l == Some(id))
    }

    /// Nothing more comes from any of them: they are to be closed.
    pub(super) fn leave(&mut self) {
        self.opening = None;
        self.closing
            .extend(self.open.iter_mut().filter_map(Option::take));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> LinkSpec {
        LinkSpec::Speak {
            text: "x".into(),
            voice: "v".into(),
        }
    }

    fn wanted(links: &mut Links) -> Vec<(&'static str, LinkId)> {
        std::iter::from_fn(|| links.poll())
            .map(|output| match output {
                Output::Open(id, _) => ("open", id),
                Output::Close(id, 1000) => ("close", id),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn what_sits_in_a_slot_is_closed_before_another_takes_it() {
        let (mut links, first) = (Links::default(), LinkId::new(3, 0));
        links.open(first, spec());
        assert_eq!(wanted(&mut links), [("open", first)]);
        links.open(first.next(), spec());
        assert!(!links.is_open(first));
        let both = [("close", first), ("open", first.next())];
        assert_eq!(wanted(&mut links), both);
        assert!(!links.close(first), "closed already");
        assert!(links.is_open(first.next()));
    }

    #[test]
    fn what_is_not_open_is_not_closed() {
        let mut links = Links::default();
        links.open(LinkId::CALLER, spec());
        links.open(LinkId::new(1, 0), spec());
        links.leave();
        assert_eq!(wanted(&mut links), []);
        links.open(LinkId::new(1, 1), spec());
        assert_eq!(wanted(&mut links), [("open", LinkId::new(1, 1))]);
        assert!(links.close(LinkId::new(1, 1)), "it was lost");
        links.leave();
        assert_eq!(wanted(&mut links), []);
    }
}
