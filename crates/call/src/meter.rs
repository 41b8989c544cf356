//! Metering: the billable time of a call by product, exact to the sample.
//!
//! It counts what it is told and reads no audio. It refuses to know prices, and to round before the end.

use crate::time::Time;

/// Parts of a second in which time is counted: 2⁹ · 3² · 5⁶ · 7². A sample of 8, 11.025, 12, 16, 22.05, 24,
/// 32, 44.1, 48, 96 and 192 kHz and a microsecond are whole numbers of them, so that sums of frames are exact;
/// 64 bits hold 165 years.
const TICKS_PER_SECOND: u64 = 3_528_000_000;
const TICKS_PER_MS: u64 = TICKS_PER_SECOND / 1_000;
const TICKS_PER_US: u64 = TICKS_PER_SECOND / 1_000_000;

/// A length of audio, without rounding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Length(u64);

impl Length {
    /// So many samples of one channel at `rate_hz`. Exact at the rates audio has; at others each length is
    /// rounded down to a third of a nanosecond. Nothing at 0 Hz.
    pub const fn of_samples(samples: u64, rate_hz: u32) -> Self {
        match rate_hz {
            0 => Self(0),
            _ => Self(samples.saturating_mul(TICKS_PER_SECOND) / rate_hz as u64),
        }
    }

    /// So many microseconds.
    pub const fn of_us(us: u64) -> Self {
        Self(us.saturating_mul(TICKS_PER_US))
    }

    const fn add(&mut self, more: Self) {
        self.0 = self.0.saturating_add(more.0);
    }

    /// Whole milliseconds: rounded down.
    const fn as_ms(self) -> u64 {
        self.0 / TICKS_PER_MS
    }
}

/// The billable time of a call, in milliseconds. Each is the exact sum, rounded down once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metering {
    /// Audio received from the caller, but for what came on hold. What the gateway filled in for lost or silent
    /// stretches is not in it.
    pub caller_audio_ms: u64,
    /// What of the caller's audio was speech.
    pub speech_ms: u64,
    /// Agent audio handed to the caller's side. What was queued and cut off is not in it.
    pub agent_audio_ms: u64,
    /// From the call live to the call over; 0 for a call that never was live.
    pub session_ms: u64,
}

/// Adds up the billable time of one call.
#[derive(Clone, Copy, Debug, Default)]
pub struct Meter {
    caller_audio: Length,
    speech: Length,
    agent_audio: Length,
    live_at: Option<Time>,
    over_at: Option<Time>,
}

impl Meter {
    /// Audio came from the caller.
    pub const fn caller_audio(&mut self, length: Length) {
        self.caller_audio.add(length);
    }

    /// So much of it was speech.
    pub const fn speech(&mut self, length: Length) {
        self.speech.add(length);
    }

    /// Agent audio was handed to the caller's side.
    pub const fn agent_audio(&mut self, length: Length) {
        self.agent_audio.add(length);
    }

    /// The call is live. The first time counts.
    pub fn live(&mut self, now: Time) {
        self.live_at.get_or_insert(now);
    }

    /// The call is over. The first time counts.
    pub fn over(&mut self, now: Time) {
        self.over_at.get_or_insert(now);
    }

    /// The billable time up to `now`, or to the end of a call that is over.
    pub fn metering(&self, now: Time) -> Metering {
        let until = self.over_at.unwrap_or(now);
        Metering {
            caller_audio_ms: self.caller_audio.as_ms(),
            speech_ms: self.speech.as_ms(),
            agent_audio_ms: self.agent_audio.as_ms(),
            session_ms: self.live_at.map_or(0, |live_at| until.ms_since(live_at)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use trunkline_codecs::resample::RATES_HZ;

    #[test]
    fn frames_that_are_no_whole_microseconds_add_up_exactly() {
        let mut meter = Meter::default();
        // 2,756 samples are 124,988.66 µs; 441 · 2,756 samples are 55,120 ms to the sample.
        for _ in 0..440 {
            meter.agent_audio(Length::of_samples(2_756, 22_050));
        }
        assert_eq!(meter.metering(Time::ZERO).agent_audio_ms, 54_995);
        meter.agent_audio(Length::of_samples(2_755, 22_050));
        assert_eq!(
            meter.metering(Time::ZERO).agent_audio_ms,
            55_119,
            "a sample short"
        );
        meter.agent_audio(Length::of_samples(1, 22_050));
        assert_eq!(meter.metering(Time::ZERO).agent_audio_ms, 55_120);
    }

    #[test]
    fn frames_of_22_5_ms_and_changes_of_rate_lose_nothing() {
        let mut meter = Meter::default();
        for _ in 0..3 {
            meter.caller_audio(Length::of_us(22_500));
        }
        assert_eq!(meter.metering(Time::ZERO).caller_audio_ms, 67, "67.5 ms");
        meter.caller_audio(Length::of_us(22_500));
        assert_eq!(meter.metering(Time::ZERO).caller_audio_ms, 90);
        // A third of a second, a seventh of one and the rest, at three rates.
        meter.speech(Length::of_samples(16_000, 48_000));
        meter.speech(Length::of_samples(6_300, 44_100));
        meter.speech(Length::of_samples(11_550, 22_050));
        assert_eq!(meter.metering(Time::ZERO).speech_ms, 1_000);
    }

    #[test]
    fn the_session_runs_from_live_to_over() {
        let mut meter = Meter::default();
        assert_eq!(meter.metering(Time::from_ms(5)).session_ms, 0);
        meter.live(Time::from_us(10_600));
        meter.live(Time::from_ms(20));
        assert_eq!(meter.metering(Time::from_us(12_599)).session_ms, 1);
        meter.over(Time::from_us(1_010_600));
        meter.over(Time::from_ms(9_000));
        assert_eq!(meter.metering(Time::from_ms(9_000)).session_ms, 1_000);
    }

    #[test]
    fn a_call_that_never_was_live_has_no_session() {
        let mut meter = Meter::default();
        meter.over(Time::from_ms(10));
        assert_eq!(meter.metering(Time::from_ms(20)), Metering::default());
    }

    #[test]
    fn absurd_lengths_neither_panic_nor_wrap() {
        let mut meter = Meter::default();
        meter.speech(Length::of_samples(u64::MAX, 8_000));
        meter.speech(Length::of_us(u64::MAX));
        meter.speech(Length::of_samples(160, 0));
        assert_eq!(
            meter.metering(Time::ZERO).speech_ms,
            u64::MAX / TICKS_PER_MS
        );
    }

    proptest! {
        #[test]
        fn any_cut_into_frames_has_the_length_of_the_whole(
            rate in prop::sample::select(RATES_HZ.to_vec()),
            frames in prop::collection::vec(1..5_000_u64, 0..200),
        ) {
            let mut meter = Meter::default();
            for samples in &frames {
                meter.caller_audio(Length::of_samples(*samples, rate));
            }
            let whole = frames.iter().sum::<u64>() * 1_000 / u64::from(rate);
            prop_assert_eq!(meter.metering(Time::ZERO).caller_audio_ms, whole);
        }
    }
}
