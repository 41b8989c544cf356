//! What of a frame's lateness is this program's own.

use std::time::Duration;

/// Follows when frames would have been handed over, had the socket taken each at once. Times are since the origin of
/// the schedule.
#[derive(Debug, Default)]
pub(super) struct Late {
    /// When the last frame would have been handed over.
    would: Duration,
    /// When the socket had taken it.
    taken: Duration,
}

impl Late {
    /// A frame is handed over. Returns how late it is, without what the socket kept those before it.
    pub(super) fn handed(&mut self, due: Duration, now: Duration) -> Duration {
        let own = now.saturating_sub(due.max(self.taken));
        self.would = due.max(self.would) + own;
        self.would - due
    }

    /// The socket has taken it.
    pub(super) const fn taken(&mut self, now: Duration) {
        self.taken = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(at: u64) -> Duration {
        Duration::from_millis(at)
    }

    #[test]
    fn a_full_socket_is_not_this_programs_lateness_and_a_late_timer_is() {
        let mut late = Late::default();
        assert_eq!(late.handed(ms(20), ms(21)), ms(1));
        late.taken(ms(121));
        assert_eq!(late.handed(ms(40), ms(121)), ms(0), "behind a full socket");
        late.taken(ms(121));
        assert_eq!(late.handed(ms(60), ms(123)), ms(2), "2 ms of its own");
        late.taken(ms(123));
        assert_eq!(late.handed(ms(140), ms(240)), ms(100));
        late.taken(ms(240));
        assert_eq!(late.handed(ms(160), ms(240)), ms(80), "it follows");
    }
}
