//! Ratios of large numbers (441:160 and the like), by rubato's asynchronous sinc resampler made synchronous.
//!
//! With `Nearest` and as many sub-filters as the ratio has phases every output falls exactly on one of them,
//! and the rounding to the nearest hides the crumbs of rubato's floating-point clock, whatever the chunks.
//! Blackman at 0.95 of the lower Nyquist frequency over 32 of its periods gives 0.34 dB at 0.85 and -75 dB from
//! 1.15 of it; Hann stays at -62 dB, Hann² and the Blackman-Harris windows need more than 32 periods. The other
//! modes do not do: `Fft` works on blocks of up to 20 ms and delays by half of one, `new_poly` has no filter.

use audioadapter_buffers::direct::SequentialSlice;
use rubato::{
    Async, FixedAsync, Resampler as _, SincInterpolationParameters, SincInterpolationType,
    WindowFunction,
};

use super::design::PERIODS;
use super::round_to_i16;

/// The filter's -6 dB point, relative to half the lower rate.
const CUTOFF: f32 = 0.95;
/// Samples of silence put before the stream: rubato wants an input that its filter only touches with a
/// coefficient of zero, and one more when its clock has run ahead by a crumb.
const AHEAD: usize = 2;
/// The most that the filter may delay.
const MAX_DELAY_US: f64 = 2000.0;
/// How many input samples are worked on at a time; bounds the memory, nothing else.
const BLOCK: usize = 240;

#[derive(Debug)]
pub(crate) struct Sinc {
    rubato: Async<f32>,
    up: usize,
    down: usize,
    delay_in_samples: f64,
    /// Input that rubato has not taken yet.
    pending: Vec<f32>,
    /// Output of one block.
    ready: Vec<f32>,
    /// Where the stream is within one period of the ratio: inputs below `down`, outputs at most `up`.
    came: usize,
    given: usize,
}

impl Sinc {
    /// Interpolates by `up` and decimates by `down`, which have no common divisor; `None` if that cannot be
    /// done within 2 ms.
    pub(crate) fn new(up: usize, down: usize, in_hz: u32) -> Option<Self> {
        let periods = PERIODS * up.max(down) / up;
        let most = MAX_DELAY_US / 1e6 * f64::from(in_hz);
        let lengths = [periods.next_multiple_of(8), periods / 8 * 8];
        let delay = |len: usize| len as f64 / 2.0 - (down as f64 + 1.0) / up as f64 + AHEAD as f64;
        let len = lengths
            .into_iter()
            .find(|&len| len >= periods - 1 && delay(len) <= most)?;
        let parameters = SincInterpolationParameters::new(len, WindowFunction::Blackman)
            .f_cutoff(CUTOFF)
            .oversampling_factor(up)
            .interpolation(SincInterpolationType::Nearest);
        let most_out = BLOCK * up / down + 1;
        let ratio = up as f64 / down as f64;
        let rubato =
            Async::new_sinc(ratio, 1.0, &parameters, most_out, 1, FixedAsync::Output).ok()?;
        let mut sinc = Self {
            rubato,
            up,
            down,
            delay_in_samples: delay(len),
            pending: Vec::with_capacity(BLOCK + down / up + 2 * AHEAD + 2),
            ready: vec![0.0; most_out],
            came: 0,
            given: 0,
        };
        sinc.reset();
        Some(sinc)
    }

    pub(crate) fn process(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        out.reserve(samples.len() * self.up / self.down + 1);
        for block in samples.chunks(BLOCK) {
            self.pending.extend(block.iter().map(|&s| f32::from(s)));
            self.came += block.len();
            let due = self.came * self.up / self.down - self.given;
            self.convert(due, out);
            self.given += due;
            // Whole periods are taken off, so that a call of any length counts right.
            let periods = (self.came / self.down).min(self.given / self.up);
            self.came -= periods * self.down;
            self.given -= periods * self.up;
        }
    }

    pub(crate) fn reset(&mut self) {
        self.rubato.reset();
        self.pending.clear();
        self.pending.resize(AHEAD, 0.0);
        self.came = 0;
        self.given = 0;
    }

    pub(crate) fn delay_in_samples(&self) -> f64 {
        self.delay_in_samples
    }

    /// Appends `due` outputs; the input for them is pending.
    fn convert(&mut self, due: usize, out: &mut Vec<i16>) {
        if due == 0 {
            return;
        }
        let converted = self.run_rubato(due);
        if converted.is_none() {
            // The sizes are right by construction; were they not, the stream must keep its length.
            debug_assert!(false, "rubato refused a block of its own size");
            self.ready.fill(0.0);
        }
        let ready = self.ready.iter().take(due);
        out.extend(ready.map(|&value| round_to_i16(value)));
    }

    fn run_rubato(&mut self, due: usize) -> Option<()> {
        self.rubato.as_resizable()?.set_chunk_size(due).ok()?;
        let needed = self.rubato.input_frames_next();
        let input = SequentialSlice::new(self.pending.get(..needed)?, 1, needed).ok()?;
        let mut output = SequentialSlice::new_mut(self.ready.get_mut(..due)?, 1, due).ok()?;
        let (taken, _) = self
            .rubato
            .process_into_buffer(&input, &mut output, None)
            .ok()?;
        self.pending.drain(..taken);
        Some(())
    }
}
