//! The one place where code compiled for AVX2 or AVX-512 is entered, if the processor has it. Nothing is written
//! in intrinsics: the kernels are plain loops, compiled three times.
//!
//! It earns its place in `benches/benches/codecs.rs`: without it (feature `portable`) G.711 there and back
//! takes twice as long, 90 to 126 ns a frame, and the resamplers up to 1.7 times. From 8 to 24 kHz a frame of 20 ms
//! takes 1.7 µs with AVX2 and 1.0 µs with AVX-512 (release build, an Intel Xeon of the class of Sapphire Rapids).
//!
//! All copies give the same bits. AVX-512F implies AVX2 and fused multiply-add, but rustc never contracts a product and
//! a sum into one operation, nor reorders sums, and no kernel says `mul_add`.

#![cfg_attr(
    all(target_arch = "x86_64", not(feature = "portable")),
    expect(
        unsafe_code,
        reason = "entering a function compiled for more than the target's baseline is unsafe; that the processor can run it is asked first"
    )
)]

/// What code may be compiled for.
#[cfg(all(target_arch = "x86_64", not(feature = "portable")))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vectors {
    /// What the target has at the least.
    Baseline,
    Avx2,
    /// F, BW and VL.
    Avx512,
}

#[cfg(all(target_arch = "x86_64", not(feature = "portable")))]
impl Vectors {
    /// The widest that the processor has.
    #[inline]
    fn detected() -> Self {
        if std::arch::is_x86_feature_detected!("avx512f")
            && std::arch::is_x86_feature_detected!("avx512bw")
            && std::arch::is_x86_feature_detected!("avx512vl")
        {
            Self::Avx512
        } else if std::arch::is_x86_feature_detected!("avx2") {
            Self::Avx2
        } else {
            Self::Baseline
        }
    }

    /// Those to be used. Never more than the processor has.
    #[inline]
    fn chosen() -> Self {
        #[cfg(test)]
        if let Some(vectors) = tests::forced() {
            return vectors;
        }
        Self::detected()
    }
}

/// Defines functions that run the kernel behind `=`, in its copy for AVX-512 or AVX2 where there is that. Kernels have
/// to be `#[inline(always)]`, and so has all they call: only what is inlined is compiled anew.
macro_rules! with_wide_vectors {
    ($($(#[$attribute:meta])* fn $name:ident($($argument:ident: $type:ty),* $(,)?) = $kernel:path;)*) => {$(
        $(#[$attribute])*
        #[inline]
        pub(crate) fn $name($($argument: $type),*) {
            #[cfg(all(target_arch = "x86_64", not(feature = "portable")))]
            {
                #[target_feature(enable = "avx2")]
                fn for_avx2($($argument: $type),*) {
                    $kernel($($argument),*);
                }
                #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
                fn for_avx512($($argument: $type),*) {
                    $kernel($($argument),*);
                }
                match Vectors::chosen() {
                    // SAFETY: the processor has said that it has what this copy is compiled for.
                    Vectors::Avx512 => return unsafe { for_avx512($($argument),*) },
                    // SAFETY: the processor has said that it has what this copy is compiled for.
                    Vectors::Avx2 => return unsafe { for_avx2($($argument),*) },
                    Vectors::Baseline => {}
                }
            }
            $kernel($($argument),*);
        }
    )*};
}

with_wide_vectors! {
    /// μ-law codes to as many samples.
    fn decode_mu(codes: &[u8], out: &mut [i16]) = crate::g711::decode_mu_all;
    /// A-law codes to as many samples.
    fn decode_a(codes: &[u8], out: &mut [i16]) = crate::g711::decode_a_all;
    /// Samples to as many μ-law codes.
    fn encode_mu(samples: &[i16], out: &mut [u8]) = crate::g711::encode_mu_all;
    /// Samples to as many A-law codes.
    fn encode_a(samples: &[i16], out: &mut [u8]) = crate::g711::encode_a_all;
    /// A full block through a polyphase filter.
    fn convolve(steps: &[crate::resample::Step], inputs: &[f32], out: &mut crate::resample::Outputs) = crate::resample::convolve;
}

#[cfg(all(test, target_arch = "x86_64", not(feature = "portable")))]
mod tests {
    use std::cell::Cell;

    use super::Vectors;
    use crate::g711::Law;
    use crate::resample::Resampler;

    thread_local! {
        static FORCED: Cell<Option<Vectors>> = const { Cell::new(None) };
    }

    /// What the test of this thread has chosen.
    pub(super) fn forced() -> Option<Vectors> {
        FORCED.get()
    }

    /// What `run` gives with each copy that this processor can run, the baseline's first.
    fn with_each<T>(run: impl Fn() -> T) -> Vec<(Vectors, T)> {
        let can = match Vectors::detected() {
            Vectors::Baseline => 1,
            Vectors::Avx2 => 2,
            Vectors::Avx512 => 3,
        };
        let all = [Vectors::Baseline, Vectors::Avx2, Vectors::Avx512];
        let each = all.into_iter().take(can).map(|vectors| {
            FORCED.set(Some(vectors));
            assert_eq!(Vectors::chosen(), vectors);
            (vectors, run())
        });
        let each = each.collect();
        FORCED.set(None);
        each
    }

    fn assert_all_alike<T: PartialEq>(what: &str, run: impl Fn() -> T) {
        let each = with_each(run);
        let (_, baseline) = &each[0];
        for (vectors, given) in &each {
            assert!(given == baseline, "{what}: {vectors:?} gives other bits");
        }
    }

    /// The high bits of a linear congruential generator.
    fn noise(samples: usize) -> Vec<i16> {
        let next = |state: &u64| {
            let state = state.wrapping_mul(6_364_136_223_846_793_005);
            Some(state.wrapping_add(1_442_695_040_888_963_407))
        };
        let states = std::iter::successors(Some(1_u64), next).take(samples);
        states.map(|state| (state >> 48) as i16).collect()
    }

    /// Lengths that leave every remainder of a vector.
    #[test]
    fn every_copy_codes_g711_alike() {
        let samples: Vec<i16> = (i16::MIN..=i16::MAX).chain(noise(20_000)).collect();
        let codes: Vec<u8> = noise(20_000).iter().map(|noise| *noise as u8).collect();
        for law in [Law::Mu, Law::A] {
            for length in (0..130).chain([samples.len()]) {
                assert_all_alike("encoded", || {
                    let mut out = Vec::new();
                    law.encode(&samples[samples.len() - length..], &mut out);
                    out
                });
            }
            for length in (0..130).chain([codes.len()]) {
                assert_all_alike("decoded", || {
                    let mut out = Vec::new();
                    law.decode(&codes[codes.len() - length..], &mut out);
                    out
                });
            }
        }
    }

    /// Noise at full scale: sums of many products that must be rounded alike.
    #[test]
    fn every_copy_resamples_alike() {
        let samples = noise(48_000);
        for (in_hz, out_hz) in [
            (8_000, 16_000),
            (8_000, 24_000),
            (8_000, 48_000),
            (16_000, 8_000),
            (16_000, 24_000),
            (24_000, 8_000),
            (24_000, 16_000),
            (48_000, 8_000),
        ] {
            assert_all_alike("resampled", || {
                let mut resampler = Resampler::new(in_hz, out_hz).expect("a supported rate");
                let mut out = Vec::new();
                for frame in samples.chunks(in_hz as usize / 50) {
                    resampler.process(frame, &mut out);
                }
                out
            });
        }
    }
}
