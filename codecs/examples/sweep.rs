//! Writes what `docs/audio-quality/plot.py` draws: for every pair of rates the same tones one after another, once as they
//! are and once as the resampler gives them, and a table of where each tone lies.
//!
//! `cargo run --profile ci -p trunkline-codecs --example sweep -- DIRECTORY` makes
//! `IN-OUT.in.s16`, `IN-OUT.trunkline.s16` (little-endian, mono) and `sweep.csv`.

use std::f64::consts::TAU;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use trunkline_codecs::pcm;
use trunkline_codecs::resample::{RATES_HZ, Resampler};

/// -6 dBFS: other resamplers overshoot too, and none shall clip.
const PEAK: f64 = 16_422.8;
const TONES: u32 = 120;
const TONE_SECONDS: f64 = 0.12;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args().nth(1).ok_or("usage: sweep DIRECTORY")?;
    let directory = Path::new(&directory);
    fs::create_dir_all(directory)?;
    let mut table = BufWriter::new(File::create(directory.join("sweep.csv"))?);
    writeln!(table, "in_hz,out_hz,frequency_hz,from_s,to_s,delay_us")?;
    for in_hz in RATES_HZ {
        for out_hz in RATES_HZ.into_iter().filter(|&out_hz| out_hz != in_hz) {
            let mut resampler = Resampler::new(in_hz, out_hz)?;
            let delay_us = resampler.delay_us();
            let mut input = Vec::new();
            for n in 0..TONES {
                let frequency = f64::from(in_hz) / 2.0 * f64::from(n + 1) / f64::from(TONES + 1);
                let from_s = input.len() as f64 / f64::from(in_hz);
                append_tone(frequency, in_hz, &mut input);
                let to_s = input.len() as f64 / f64::from(in_hz);
                writeln!(
                    table,
                    "{in_hz},{out_hz},{frequency},{from_s},{to_s},{delay_us}"
                )?;
            }
            let mut output = Vec::new();
            for frame in input.chunks(in_hz as usize / 50) {
                resampler.process(frame, &mut output);
            }
            resampler.flush(&mut output);
            let path = |what: &str| directory.join(format!("{in_hz}-{out_hz}.{what}.s16"));
            write_samples(&path("in"), &input)?;
            write_samples(&path("trunkline"), &output)?;
        }
    }
    table.flush()?;
    Ok(())
}

/// A tone that swells and fades in 10 ms, so that it does not spill into its neighbours.
fn append_tone(frequency_hz: f64, rate_hz: u32, out: &mut Vec<i16>) {
    const EDGE_SECONDS: f64 = 0.01;
    let samples = (TONE_SECONDS * f64::from(rate_hz)) as usize;
    let edge = EDGE_SECONDS * f64::from(rate_hz);
    for n in 0..samples {
        let from_end = n.min(samples - 1 - n) as f64;
        let swell = (TAU / 4.0 * (from_end / edge).min(1.0)).sin().powi(2);
        let wave = (TAU * frequency_hz * n as f64 / f64::from(rate_hz)).sin();
        out.push((PEAK * swell * wave).round() as i16);
    }
}

fn write_samples(path: &Path, samples: &[i16]) -> io::Result<()> {
    let mut bytes = Vec::new();
    pcm::encode_le(samples, &mut bytes);
    fs::write(path, bytes)
}
