//! Who picked up: a person says "hello?" and waits, an answering machine goes on talking.
//!
//! A suspicion by the length of the first speech alone; it refuses to listen for words and beeps. Whoever
//! knows better, such as the carrier's own detection, decides.

use crate::agent::Answerer;

/// Watches the caller's first speech of a call and says once who it probably is.
///
/// About 4 s is a usual `machine_ms`: greetings of people are over in 2 s, those of machines last 5 s and
/// more. A verdict that comes late is worth little, because the person has been waiting until then.
#[derive(Clone, Copy, Debug)]
pub struct MachineHook {
    /// `None` once there is a verdict, or none is wanted.
    machine_us: Option<u64>,
}

impl MachineHook {
    /// A first speech longer than `machine_ms` is a machine's; `None` does not look.
    pub fn new(machine_ms: Option<u64>) -> Self {
        Self {
            machine_us: machine_ms.map(|ms| ms.saturating_mul(1_000)),
        }
    }

    /// The caller's speech goes on; `voiced_us` from its onset to its last voiced frame, so that the silence
    /// that has to pass before a speech counts as over is no part of it.
    pub fn goes_on(&mut self, voiced_us: u64) -> Option<Answerer> {
        let machine_us = self.machine_us.take_if(|us| voiced_us > *us);
        machine_us.map(|_| Answerer::Machine)
    }

    /// The caller's speech is over; it lasted `voiced_us`.
    pub fn ended(&mut self, voiced_us: u64) -> Option<Answerer> {
        let machine_us = self.machine_us.take_if(|_| voiced_us > 0)?;
        Some(if voiced_us > machine_us {
            Answerer::Machine
        } else {
            Answerer::Human
        })
    }

    /// Somebody else knows who it is: nothing is said any more.
    pub const fn decided(&mut self, _by_others: Answerer) {
        self.machine_us = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_speech_beyond_the_limit_is_a_machine_once() {
        let mut hook = MachineHook::new(Some(4_000));
        assert_eq!(hook.goes_on(20_000), None);
        assert_eq!(hook.goes_on(4_000_000), None, "to the microsecond");
        assert_eq!(hook.goes_on(4_000_001), Some(Answerer::Machine));
        assert_eq!(hook.goes_on(4_020_000), None);
        assert_eq!(hook.ended(4_020_000), None);
    }

    #[test]
    fn a_first_speech_that_ends_is_a_persons_once() {
        let mut hook = MachineHook::new(Some(4_000));
        assert_eq!(hook.goes_on(3_980_000), None);
        assert_eq!(hook.ended(3_980_000), Some(Answerer::Human));
        assert_eq!(
            hook.goes_on(9_000_000),
            None,
            "the second speech may be long"
        );
        assert_eq!(hook.ended(9_000_000), None);
    }

    #[test]
    fn a_speech_told_at_its_end_alone_is_judged_by_its_length() {
        let machine = MachineHook::new(Some(4_000)).ended(4_000_001);
        assert_eq!(machine, Some(Answerer::Machine));
        let human = MachineHook::new(Some(4_000)).ended(4_000_000);
        assert_eq!(human, Some(Answerer::Human));
        assert_eq!(
            MachineHook::new(Some(4_000)).ended(0),
            None,
            "nothing was said"
        );
    }

    #[test]
    fn a_verdict_from_outside_silences_it() {
        let mut hook = MachineHook::new(Some(4_000));
        hook.decided(Answerer::Human);
        assert_eq!(
            (hook.goes_on(9_000_000), hook.ended(9_000_000)),
            (None, None)
        );
    }

    #[test]
    fn it_looks_only_where_it_is_asked_to() {
        let mut hook = MachineHook::new(None);
        assert_eq!((hook.goes_on(u64::MAX), hook.ended(1)), (None, None));
    }
}
