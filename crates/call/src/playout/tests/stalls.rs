//! Stalls of either side, at random, while an agent sends in real time.

use proptest::prelude::*;

use super::*;

proptest! {
    /// An agent in real time with stalls of both sides: what comes out is what went in, less what slipped.
    #[test]
    fn what_slips_is_all_that_is_missing(
        pauses in prop::collection::vec((0_u64..700, 1_usize..60, any::<bool>(), any::<bool>()), 1..40),
        format in prop::sample::select(vec![
            AudioFormat::MULAW_8K, AudioFormat::ALAW_8K, AudioFormat::pcm16(11_025), AudioFormat::pcm16(16_000),
        ]),
        lead_ms in 0_u64..200,
    ) {
        let line = line(format, FrameRule::Any, lead_ms);
        let mut playout = Playout::new(&line, &PlayoutConfig::default(), Delivery::RealTime);
        let (mut now, mut pushed, mut released_bytes, mut n) = (Time::from_ms(77), 0, 0, 0_u32);
        for (wait_ms, frames, quiet, ends) in pauses {
            if !playout.is_open() {
                playout.begin(Owner::Agent, true);
            }
            for _ in 0..frames {
                let mut samples = Vec::new();
                for _ in 0..format.samples_for_us(20_000) {
                    n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    samples.push(if quiet { 3 } else { (n >> 18) as i16 });
                }
                let mut bytes = Vec::new();
                format.encode(&samples, &mut bytes);
                pushed += bytes.len() - playout.push(now, &bytes);
                now = now.plus_ms(20);
                if wait_ms % 2 == 0 {
                    released_bytes += released(&mut playout, now).0.len();
                }
            }
            if ends {
                playout.complete();
            }
            now = now.plus_ms(wait_ms);
        }
        playout.complete();
        let slipped = playout.utterances.waiting().map(|u| u.cut_out).sum::<u64>();
        prop_assert!(playout.slipped().total_us() + 50_000 >= format.us_for_bytes(slipped as usize));
        while playout.is_playing(now) {
            let (audio, next) = released(&mut playout, now);
            released_bytes += audio.len();
            if let Release::UtteranceEnd(number) = next {
                playout.settle(number).for_each(drop);
            }
            now = now.plus_ms(20);
        }
        prop_assert_eq!(playout.queue.len(), 0);
        let audio_us = playout.agent_released_us();
        let out_us = playout.slipped().total_us();
        let missing = format.us_for_bytes(pushed) - audio_us;
        prop_assert!(missing.abs_diff(out_us) <= 2_000, "{} missing, {} slipped", missing, out_us);
        prop_assert!(released_bytes as u64 >= playout.taken.agents, "the rest is padding");
    }
}
