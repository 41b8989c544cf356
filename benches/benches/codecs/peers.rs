//! Other crates' resamplers behind one shape: a frame of 20 ms in, a frame of 20 ms out.

use audioadapter_buffers::direct::SequentialSlice;
use dasp::interpolate::linear::Linear;
use dasp::interpolate::sinc::Sinc;
use dasp::ring_buffer::Fixed;
use dasp::signal::{self, Signal, interpolate::Converter};
use rubato::{
    Async, Fft, FixedAsync, FixedSync, SincInterpolationParameters, SincInterpolationType,
    WindowFunction,
};

/// Frames of floats through rubato. Its calls take the same number of samples each time.
pub(crate) struct Rubato {
    inner: Box<dyn rubato::Resampler<f32>>,
    out: Vec<f32>,
}

impl Rubato {
    /// The transform as its constructor sets it up, a frame a block.
    pub(crate) fn fft(in_hz: u32, out_hz: u32) -> Self {
        let (in_hz, out_hz) = (in_hz as usize, out_hz as usize);
        let inner = Fft::new(in_hz, out_hz, in_hz / 50, 1, FixedSync::Both).unwrap();
        Self::of(Box::new(inner))
    }

    /// `SincInterpolationParameters::default()`.
    pub(crate) fn sinc_default(in_hz: u32, out_hz: u32) -> Self {
        Self::sinc(in_hz, out_hz, SincInterpolationParameters::default())
    }

    /// The shortest sinc of our quality.
    pub(crate) fn sinc_short(in_hz: u32, out_hz: u32, up: usize) -> Self {
        let len = 32 * in_hz / in_hz.min(out_hz);
        let parameters = SincInterpolationParameters::new(len as usize, WindowFunction::Blackman)
            .f_cutoff(0.95)
            .oversampling_factor(up)
            .interpolation(SincInterpolationType::Nearest);
        Self::sinc(in_hz, out_hz, parameters)
    }

    fn sinc(in_hz: u32, out_hz: u32, parameters: SincInterpolationParameters) -> Self {
        let ratio = f64::from(out_hz) / f64::from(in_hz);
        let chunk = in_hz as usize / 50;
        let inner = Async::new_sinc(ratio, 1.0, &parameters, chunk, 1, FixedAsync::Input).unwrap();
        Self::of(Box::new(inner))
    }

    fn of(inner: Box<dyn rubato::Resampler<f32>>) -> Self {
        let out = vec![0.0; inner.output_frames_max()];
        Self { inner, out }
    }

    pub(crate) fn process(&mut self, samples: &[f32]) -> f32 {
        let input = SequentialSlice::new(samples, 1, samples.len()).unwrap();
        let len = self.out.len();
        let mut output = SequentialSlice::new_mut(&mut self.out, 1, len).unwrap();
        let done = self.inner.process_into_buffer(&input, &mut output, None);
        self.out[done.unwrap().1 - 1]
    }
}

/// dasp's converter with linear interpolation.
pub(crate) fn dasp_linear(samples: &[f32], in_hz: u32, out_hz: u32, out: &mut Vec<f32>) {
    let source = signal::from_iter(samples.iter().copied());
    let converter =
        Converter::from_hz_to_hz(source, Linear::new(0.0, 0.0), in_hz.into(), out_hz.into());
    out.extend(converter.take(out_hz as usize / 50));
}

/// dasp's converter with its sinc over 32 samples.
pub(crate) fn dasp_sinc(samples: &[f32], in_hz: u32, out_hz: u32, out: &mut Vec<f32>) {
    let source = signal::from_iter(samples.iter().copied());
    let sinc = Sinc::new(Fixed::from([0.0f32; 32]));
    let converter = Converter::from_hz_to_hz(source, sinc, in_hz.into(), out_hz.into());
    out.extend(converter.take(out_hz as usize / 50));
}
