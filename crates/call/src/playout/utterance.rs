//! What is said, in order: whose it is, how much of it is queued, and how much was released. It holds no
//! audio.

use std::collections::VecDeque;

/// Utterances held at once.
const BOUND: usize = 64;

/// Whose words they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The agent's.
    Agent,
    /// The gateway's own: a holding line, a filler, an apology.
    Line,
}

/// How far the caller has been played an utterance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Its number.
    pub number: u32,
    /// Whose it is.
    pub owner: Owner,
    /// Milliseconds of it that were played. Silence after its last word does not count.
    pub heard_ms: u64,
    /// Its length in milliseconds; `None` while more of it may come.
    pub total_ms: Option<u64>,
    /// Milliseconds of it that have come so far, less what was cut out.
    pub come_ms: u64,
    /// Milliseconds cut out of it to make up for a stall: the agent's own clock runs ahead of `heard_ms` by
    /// as much.
    pub cut_out_ms: u64,
}

/// One utterance. Lengths are in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Utterance {
    pub(super) number: u32,
    pub(super) owner: Owner,
    pub(super) interruptible: bool,
    /// Not to be released yet.
    pub(super) held: bool,
    /// Nothing more comes.
    pub(super) complete: bool,
    /// Where in what was released its first frame lies, once it is out.
    pub(super) from: u64,
    /// Audio that waits in the queue.
    pub(super) queued: usize,
    /// Audio released, without padding.
    pub(super) released: u64,
    pub(super) padding: u64,
    pub(super) cut_out: u64,
}

impl Utterance {
    /// Where in what was released it ends so far.
    const fn until(&self) -> u64 {
        self.from + self.released + self.padding
    }

    /// Bytes of it among the first `played` bytes ever released.
    pub(super) fn heard(&self, played: u64) -> u64 {
        played.saturating_sub(self.from).min(self.released)
    }

    const fn has_audio(&self) -> bool {
        self.queued > 0 || self.released > 0
    }
}

/// What is queued, or released and not yet known to be played, in order. Only the last may be open, and
/// those that are held are the last.
#[derive(Debug, Default)]
pub(super) struct Utterances {
    all: VecDeque<Utterance>,
    /// How many of them have been released to their end.
    ended: usize,
    next_number: u32,
    /// Whether those begun now are held.
    holding: bool,
}

impl Utterances {
    /// Begins one. Beyond the bound it is joined to the last, if they belong together; otherwise there is no
    /// room for it.
    pub(super) fn begin(&mut self, owner: Owner, interruptible: bool) -> Option<u32> {
        let held = self.holding;
        if self.all.len() >= BOUND {
            let last = self.all.back_mut()?;
            if last.owner != owner || last.held != held {
                return None;
            }
            last.complete = false;
            self.ended = self.ended.min(BOUND - 1);
            return Some(last.number);
        }
        let number = self.next_number;
        self.next_number = number.wrapping_add(1);
        self.all.push_back(Utterance {
            number,
            owner,
            interruptible,
            held,
            complete: false,
            from: 0,
            queued: 0,
            released: 0,
            padding: 0,
            cut_out: 0,
        });
        Some(number)
    }

    /// The one that takes more audio.
    #[inline]
    pub(super) fn open(&mut self) -> Option<&mut Utterance> {
        self.all.back_mut().filter(|u| !u.complete)
    }

    /// The same, to look at.
    #[inline]
    pub(super) fn last_open(&self) -> Option<&Utterance> {
        self.all.back().filter(|u| !u.complete)
    }

    /// The one to be released next, unless it is held.
    #[inline]
    pub(super) fn next(&self) -> Option<&Utterance> {
        self.all.get(self.ended).filter(|u| !u.held)
    }

    /// The same.
    #[inline]
    pub(super) fn next_mut(&mut self) -> Option<&mut Utterance> {
        self.all.get_mut(self.ended).filter(|u| !u.held)
    }

    /// The next one is released to its end, which lies at `position`.
    pub(super) fn end_next(&mut self, position: u64) {
        if let Some(next) = self.all.get_mut(self.ended) {
            if next.released == 0 {
                next.from = position;
            }
            self.ended += 1;
        }
    }

    /// Takes out the one of this number, which has been released to its end, and those before it.
    pub(super) fn settle(&mut self, number: u32) -> impl Iterator<Item = (u32, Owner)> {
        let ended = self.all.iter().take(self.ended);
        let count = ended
            .map(|u| u.number)
            .position(|n| n == number)
            .map_or(0, |at| at + 1);
        self.ended -= count;
        self.all.drain(..count).map(|u| (u.number, u.owner))
    }

    /// Those waiting to be released that are not held, the next one first.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Utterance> {
        self.all.iter().skip(self.ended).filter(|u| !u.held)
    }

    /// The one to which the queued byte at `offset` belongs, and where in the queue it ends.
    pub(super) fn at(&mut self, offset: usize) -> Option<(&mut Utterance, usize)> {
        let mut end = 0;
        self.all.iter_mut().skip(self.ended).find_map(|utterance| {
            end += utterance.queued;
            (offset < end).then_some((utterance, end))
        })
    }

    /// The one with something to hear at `played` bytes of what was released, or still to be heard; after
    /// all of them, the last that was.
    pub(super) fn audible(&self, played: u64) -> Option<&Utterance> {
        let mut said = self.all.iter().filter(|u| u.has_audio() && !u.held);
        said.clone()
            .find(|u| self.is_unfinished(u, played))
            .or(said.next_back())
    }

    /// The number of the one before that.
    pub(super) fn before_audible(&self, played: u64) -> Option<u32> {
        let audible = self.audible(played)?.number;
        let at = self.all.iter().position(|u| u.number == audible)?;
        self.all.get(at.checked_sub(1)?).map(|u| u.number)
    }

    /// Whether something waits to be released or is being played.
    pub(super) fn is_playing(&self, played: u64) -> bool {
        let unheard = |u: &Utterance| u.queued > 0 || (u.released > 0 && played < u.until());
        self.all.iter().any(|u| !u.held && unheard(u))
    }

    pub(super) fn has_released(&self) -> bool {
        self.all.iter().any(|u| u.released > 0)
    }

    pub(super) fn is_any(&self, owner: Owner) -> bool {
        self.all.iter().any(|u| u.owner == owner)
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) const fn is_holding(&self) -> bool {
        self.holding
    }

    pub(super) const fn hold(&mut self) {
        self.holding = true;
    }

    pub(super) fn release_held(&mut self) {
        self.holding = false;
        for utterance in &mut self.all {
            utterance.held = false;
        }
    }

    /// Throws away those that are held. Returns the bytes they had queued, which are the last of the queue.
    pub(super) fn drop_held(&mut self) -> usize {
        self.holding = false;
        let mut bytes = 0;
        while let Some(held) = self.all.pop_back_if(|u| u.held) {
            bytes += held.queued;
        }
        bytes
    }

    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.ended = 0;
        self.holding = false;
    }

    /// Whether more of it is to be heard at `played` bytes.
    fn is_unfinished(&self, utterance: &Utterance, played: u64) -> bool {
        utterance.queued > 0 || !utterance.complete || played < utterance.until()
    }
}
