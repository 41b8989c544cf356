//! The one place where code compiled for AVX2 is entered, if the processor has it. Nothing is written
//! in intrinsics: the kernels are plain loops, compiled twice.
//!
//! It earns its place in `benches/benches/codecs.rs`: without it (feature `portable`) G.711 there and back
//! takes twice as long, 90 to 126 ns a frame, and the resamplers up to 1.7 times. Fused multiply-add
//! stays off, so that both copies give the same samples.

#![cfg_attr(
    all(target_arch = "x86_64", not(feature = "portable")),
    expect(
        unsafe_code,
        reason = "entering a function compiled for more than the target's baseline is unsafe; that the processor can run it is asked first"
    )
)]

/// Defines functions that run the kernel behind `=`, in its AVX2 copy where there is AVX2. Kernels have to
/// be `#[inline(always)]`, and so has all they call: only what is inlined is compiled anew.
macro_rules! with_avx2 {
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
                if std::arch::is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor has just said that it has what this copy is compiled for.
                    unsafe { for_avx2($($argument),*) };
                    return;
                }
            }
            $kernel($($argument),*);
        }
    )*};
}

with_avx2! {
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
