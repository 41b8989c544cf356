//! Pings once a second: a bot whose event loop is busy answers them late (RFC 6455 section 5.5.3).

use std::time::Duration;

use tokio_tungstenite::tungstenite::Bytes;

use super::finding::{Code, Found};

/// The pings of one call; one waits for its answer at a time.
#[derive(Debug, Default)]
pub(crate) struct Pings {
    sent: u32,
    waiting: Option<Duration>,
    next: Duration,
    worst: Option<Duration>,
    told: bool,
}

impl Pings {
    const EVERY: Duration = Duration::from_secs(1);
    /// An answer later than this is a fault.
    const LATEST: Duration = Duration::from_secs(5);

    /// The payload of a ping to send now, and what is wrong if the last one waits too long.
    pub(crate) fn handle_time(&mut self, now: Duration) -> (Option<Bytes>, Option<Found>) {
        if let Some(sent) = self.waiting {
            let late = !self.told && now.saturating_sub(sent) > Self::LATEST;
            self.told |= late;
            let found = || Found::fault(Code::NoPong, "a pong within 5 s of a ping", "none");
            return (None, late.then(found));
        }
        if now < self.next {
            return (None, None);
        }
        self.sent += 1;
        self.waiting = Some(now);
        self.next = now + Self::EVERY;
        (Some(self.sent.to_be_bytes().to_vec().into()), None)
    }

    /// A pong; one to no ping of ours, which is allowed, tells nothing.
    pub(crate) fn handle_pong(&mut self, now: Duration, payload: &[u8]) {
        if payload == self.sent.to_be_bytes()
            && let Some(sent) = self.waiting.take()
        {
            self.worst = self.worst.max(Some(now.saturating_sub(sent)));
        }
    }

    /// The slowest answer.
    pub(crate) fn worst(&self) -> Option<Duration> {
        self.worst
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_ping_a_second_and_a_late_pong_is_told_once() {
        let secs = Duration::from_secs_f64;
        let mut pings = Pings::default();
        let (first, _) = pings.handle_time(secs(0.0));
        pings.handle_pong(secs(0.1), b"unsolicited");
        assert_eq!(pings.worst(), None);
        pings.handle_pong(secs(0.2), &first.expect("a ping"));
        assert_eq!(pings.worst(), Some(secs(0.2)));
        assert_eq!(pings.handle_time(secs(0.9)), (None, None));
        assert!(pings.handle_time(secs(1.0)).0.is_some());
        assert_eq!(pings.handle_time(secs(6.0)), (None, None));
        let (_, found) = pings.handle_time(secs(6.1));
        assert_eq!(found.map(|found| found.code), Some(Code::NoPong));
        assert_eq!(pings.handle_time(secs(7.0)), (None, None));
    }
}
