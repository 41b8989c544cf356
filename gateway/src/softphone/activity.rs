//! When somebody is audible: stretches of loud sound, by the level of 10 ms windows.

/// A stretch of sound without a pause longer than [`Activity::PAUSE_MS`]; positions in samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// First sample of the first loud window.
    pub(crate) start: u64,
    /// The sample after the last loud window so far.
    pub(crate) end: u64,
    /// It may still grow.
    pub(crate) open: bool,
}

/// A change in who is audible; positions in samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Started(u64),
    Stopped(u64),
}

/// Follows a stream of played samples.
#[derive(Debug)]
pub(crate) struct Activity {
    window: u64,
    pause: u64,
    position: u64,
    energy: u64,
    last: Option<Stretch>,
}

impl Activity {
    /// The pause that ends a stretch.
    pub(crate) const PAUSE_MS: u64 = 400;
    /// Level from which a window is loud: −44 dBFS.
    const LOUD_RMS: u64 = 200;

    pub(crate) fn new(rate_hz: u32) -> Self {
        let rate = u64::from(rate_hz);
        Self {
            window: rate / 100,
            pause: rate * Self::PAUSE_MS / 1000,
            position: 0,
            energy: 0,
            last: None,
        }
    }

    /// The latest stretch.
    pub(crate) fn last(&self) -> Option<Stretch> {
        self.last
    }

    /// Follows `samples`, appending what changed.
    pub(crate) fn push(&mut self, samples: &[i16], changes: &mut Vec<Change>) {
        for &sample in samples {
            self.energy += u64::from(sample.unsigned_abs()).pow(2);
            self.position += 1;
            if self.position.is_multiple_of(self.window) {
                let loud = self.energy >= Self::LOUD_RMS.pow(2) * self.window;
                self.energy = 0;
                changes.extend(self.judge(loud));
            }
        }
    }

    /// Ends the open stretch now: its sound was cut off, or the call is over.
    pub(crate) fn cut(&mut self) -> Option<Change> {
        let stretch = self.last.as_mut().filter(|stretch| stretch.open)?;
        stretch.open = false;
        Some(Change::Stopped(stretch.end))
    }

    fn judge(&mut self, loud: bool) -> Option<Change> {
        match (&mut self.last, loud) {
            (Some(stretch), true) if stretch.open => stretch.end = self.position,
            (Some(stretch), false) if stretch.open && self.position - stretch.end >= self.pause => {
                return self.cut();
            }
            (_, true) => {
                let start = self.position - self.window;
                self.last = Some(Stretch {
                    start,
                    end: self.position,
                    open: true,
                });
                return Some(Change::Started(start));
            }
            (_, false) => {}
        }
        None
    }
}

/// The first and the last loud sample of a saying, by windows of 10 ms at least 3 % as loud as its loudest
/// (−30 dB) and above −55 dBFS; none for silence.
///
/// The level is relative because a recording's own noise differs; the end of a file is not the end of speech.
pub(crate) fn loud_bounds(samples: &[i16], rate_hz: u32) -> Option<(usize, usize)> {
    let window = (rate_hz as usize / 100).max(1);
    let rms = |chunk: &[i16]| {
        let energy: f64 = chunk.iter().map(|&sample| f64::from(sample).powi(2)).sum();
        (energy / chunk.len() as f64).sqrt()
    };
    let loudest = samples.chunks(window).map(rms).fold(0.0, f64::max);
    let threshold = (loudest * 0.03).max(60.0);
    let mut loud = samples
        .chunks(window)
        .enumerate()
        .filter(|(_, chunk)| rms(chunk) >= threshold);
    let (first, _) = loud.next()?;
    let (last, chunk) = loud
        .next_back()
        .or_else(|| samples.chunks(window).enumerate().nth(first))?;
    let first_chunk = samples.chunks(window).nth(first)?;
    let is_loud = |sample: &i16| f64::from(sample.unsigned_abs()) >= threshold;
    let start = first * window + first_chunk.iter().position(is_loud)?;
    let end = last * window + chunk.iter().rposition(is_loud)?;
    Some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(activity: &mut Activity, level: i16, ms: usize) -> Vec<Change> {
        let mut changes = Vec::new();
        activity.push(&vec![level; ms * 8], &mut changes);
        changes
    }

    #[test]
    fn a_pause_ends_a_stretch_at_its_last_loud_sample() {
        let mut activity = Activity::new(8_000);
        assert_eq!(follow(&mut activity, 100, 50), []);
        assert_eq!(follow(&mut activity, 3_000, 100), [Change::Started(400)]);
        assert_eq!(follow(&mut activity, 0, 390), []);
        assert_eq!(
            follow(&mut activity, 3_000, 10),
            [],
            "a short pause belongs to the stretch"
        );
        assert_eq!(follow(&mut activity, 0, 400), [Change::Stopped(4_400)]);
        assert_eq!(
            activity.last(),
            Some(Stretch {
                start: 400,
                end: 4_400,
                open: false
            })
        );
    }

    #[test]
    fn a_cut_ends_it_at_once() {
        let mut activity = Activity::new(8_000);
        follow(&mut activity, 3_000, 100);
        assert_eq!(activity.cut(), Some(Change::Stopped(800)));
        assert_eq!(activity.cut(), None);
        assert_eq!(follow(&mut activity, 3_000, 10), [Change::Started(800)]);
    }

    #[test]
    fn silence_around_a_saying_is_not_speech() {
        let mut samples = vec![0; 1_000];
        samples.extend_from_slice(&[5_000; 2_000]);
        samples.extend_from_slice(&[20; 3_000]);
        assert_eq!(loud_bounds(&samples, 8_000), Some((1_000, 2_999)));
        assert_eq!(loud_bounds(&[0; 500], 8_000), None);
        assert_eq!(loud_bounds(&[], 8_000), None);
    }
}
