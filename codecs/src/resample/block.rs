//! Ratios with large factors (441:80 and the like), by rubato's FFT resampler.
//!
//! The block is the smallest the two rates allow, which divides 20 ms in every pair in use, so a
//! frame never leaves a remainder behind. Mode `Both` with one block a call keeps the sample count
//! exact. Its delay is half a block.

use audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};

use super::round_to_i16;

#[derive(Debug)]
pub(crate) struct Block {
    fft: Fft<f32>,
    /// Input that does not fill a block yet.
    pending: Vec<f32>,
    /// One block of output.
    ready: Vec<f32>,
    block_in: usize,
}

impl Block {
    /// Turns `block_in` samples into `block_out` at a time; `None` if rubato refuses the sizes.
    pub(crate) fn new(block_in: usize, block_out: usize) -> Option<Self> {
        let window = WindowFunction::Blackman;
        let fft =
            Fft::new_custom(block_in, block_out, block_in, 1, 1, window, FixedSync::Both).ok()?;
        let fits = fft.input_frames_next() == block_in && fft.output_frames_next() == block_out;
        fits.then(|| Self {
            fft,
            pending: Vec::with_capacity(block_in),
            ready: vec![0.0; block_out],
            block_in,
        })
    }

    pub(crate) fn process(&mut self, mut samples: &[i16], out: &mut Vec<i16>) {
        while let Some((now, later)) = samples.split_at_checked(self.block_in - self.pending.len())
        {
            self.pending.extend(now.iter().map(|&s| f32::from(s)));
            self.convert();
            out.extend(self.ready.iter().map(|&value| round_to_i16(value)));
            samples = later;
        }
        self.pending.extend(samples.iter().map(|&s| f32::from(s)));
    }

    pub(crate) fn flush(&mut self, out: &mut Vec<i16>) {
        let block_out = self.ready.len();
        let waiting = (self.pending.len() * block_out).div_ceil(self.block_in);
        let mut left = waiting + block_out / 2;
        while left > 0 {
            self.pending.resize(self.block_in, 0.0);
            self.convert();
            let some = self.ready.iter().take(left);
            left -= some.len();
            out.extend(some.map(|&value| round_to_i16(value)));
        }
    }

    pub(crate) fn reset(&mut self) {
        self.fft.reset();
        self.pending.clear();
    }

    pub(crate) fn delay_out_samples(&self) -> f64 {
        self.fft.output_delay() as f64
    }

    /// One full block of `pending` into `ready`.
    fn convert(&mut self) {
        let frames_out = self.ready.len();
        let converted = SequentialSlice::new(self.pending.as_slice(), 1, self.block_in)
            .ok()
            .zip(SequentialSlice::new_mut(self.ready.as_mut_slice(), 1, frames_out).ok())
            .and_then(|(input, mut output)| {
                self.fft.process_into_buffer(&input, &mut output, None).ok()
            });
        if converted.is_none() {
            // The sizes are right by construction; were they not, the stream must keep its length.
            debug_assert!(false, "rubato refused a block of its own size");
            self.ready.fill(0.0);
        }
        self.pending.clear();
    }
}
