//! What of the caller's sound passes: mute, the noise gate, hold, other rates, long messages.

use trunkline_codecs::format::AudioFormat;

use crate::agent::Hears;
use crate::caller::Place;
use crate::sim::lines;
use crate::sim::person::Background;
use crate::sim::script::Told;
use crate::sim::uplink::loud;
use crate::sim::voice::Voice;
use crate::sim::world::World;

#[test]
fn of_a_muted_caller_the_agent_hears_silence_of_the_same_length() {
    let mut w = World::vonage().build();
    w.run_for(90);
    w.agent_records();
    w.caller_hums(3_000, 8_000);
    w.run_for(1_000);
    w.operator_mutes(true);
    w.run_for(1_000);
    w.operator_mutes(false);
    w.run_for(1_000);
    let recording = w.recording();
    assert_eq!(recording.len(), 16 * 3_000, "the agent's clock runs on");
    // It fades within 2 ms of the order.
    let muted = &recording[16 * 1_002..16 * 2_000];
    assert_eq!(loud(muted), None);
    let before = loud(&recording[..16 * 1_000]).expect("heard before");
    assert!(before.1 > 16 * 999, "until the order");
    let after = loud(&recording[16 * 2_000..]).expect("heard after");
    assert!(after.0 < 16 * 2, "from the order on");
}

#[test]
fn what_a_muted_caller_says_is_no_turn() {
    let mut w = World::twilio()
        .voice_turns()
        .agent_says_on_begin(5_000)
        .build();
    w.operator_mutes(true);
    w.run_for(1_000);
    w.caller_speaks(1_000);
    w.run_for(2_000);
    w.assert_told(&Told::SpeechStarted, 0);
    w.assert_interrupted(0, 0);
    w.operator_mutes(false);
    w.caller_speaks(1_000);
    w.run_for(700);
    w.assert_told(&Told::SpeechStarted, 1);
    w.assert_interrupted(1, 1);
}

#[test]
fn a_turn_in_which_the_caller_is_muted_ends() {
    let mut w = World::twilio().voice_turns().build();
    w.run_for(1_000);
    w.caller_speaks(5_000);
    w.run_for(1_000);
    w.operator_mutes(true);
    let muted = w.now;
    w.run_for(1_000);
    let over = w.told_at(&Told::EndOfTurn).expect("the turn is over");
    // `silence_ms`; voice activity knows the end of speech to 50.
    let after_ms = over.ms_since(muted);
    assert!((350..=470).contains(&after_ms), "{after_ms} ms");
}

#[test]
fn what_is_quieter_than_the_gate_reaches_the_agent_as_silence() {
    let mut w = World::vonage()
        .config(|c| c.uplink.gate_dbfs = Some(-40.0))
        .build();
    w.run_for(90);
    w.agent_records();
    // A sine of 300 is at -44 dBFS, one of 3,000 at -24.
    w.caller_hums(1_000, 300);
    w.caller_hums(500, 3_000);
    w.caller_hums(1_000, 300);
    w.run_for(2_500);
    let recording = w.recording();
    assert_eq!(recording.len(), 16 * 2_500);
    let (first, last, _) = loud(&recording).expect("the loud part");
    let (first_ms, last_ms) = (first / 16, last / 16);
    assert_eq!(first_ms, 1_000, "from the first loud frame");
    // 200 ms after the last loud frame, and a fade of 2.
    assert!((1_698..=1_702).contains(&last_ms), "{last_ms} ms");
}

#[test]
fn without_a_gate_the_faintest_sound_passes_untouched() {
    let mut w = World::vonage().build();
    w.run_for(90);
    w.agent_records();
    let faint: Vec<i16> = (0..16_000).map(|n| (n % 7) as i16 - 3).collect();
    w.caller_plays(faint.clone());
    w.run_for(1_000);
    assert_eq!(w.recording(), faint);
}

#[test]
fn behind_the_gate_a_voice_from_the_next_room_is_no_turn() {
    let turns = |gate_dbfs| {
        let mut w = World::twilio()
            .voice_turns()
            .config(|c| c.uplink.gate_dbfs = gate_dbfs)
            .build();
        w.caller_speaks(1_000);
        w.run_for(3_000);
        w.assert_told(&Told::EndOfTurn, 1);
        let (mut voice, mut far) = (Voice::new(), Vec::new());
        for _ in 0..100 {
            let frame = voice.frame(AudioFormat::pcm16(8_000));
            let sample = |pair: &[u8]| i16::from_le_bytes([pair[0], pair[1]]) / 60;
            far.extend(frame.chunks_exact(2).map(sample));
        }
        w.caller_plays(far);
        w.run_for(4_000);
        let told = w.told();
        let turns = told.iter().filter(|(_, told)| *told == Told::EndOfTurn);
        turns.count()
    };
    assert_eq!(turns(None), 2);
    assert_eq!(turns(Some(-45.0)), 1);
}

#[test]
fn on_hold_the_agent_hears_nothing_and_afterwards_all_again() {
    let mut w = World::twilio().background(Background::Stamps).build();
    w.run_for(990);
    w.operator_holds(true);
    w.run_for(2_000);
    w.assert_told(&Told::Hold(true), 1);
    w.assert_agent_heard(0..50);
    w.operator_holds(false);
    w.run_for(1_000);
    w.assert_told(&Told::Hold(false), 1);
    w.assert_agent_heard((0..50).chain(150..200));
}

#[test]
fn what_comes_on_hold_is_not_lost_on_the_way() {
    for hears in [Hears::AsItComes, Hears::Continuous] {
        let mut w = World::twilio()
            .background(Background::Stamps)
            .agent_hears(hears)
            .build();
        w.run_for(990);
        w.operator_holds(true);
        w.run_for(300);
        w.operator_holds(false);
        w.run_for(1_000);
        assert_eq!(w.counters().media_lost, 0, "{hears:?}");
    }
}

#[test]
fn an_engine_is_not_flooded_with_the_silence_of_a_long_hold() {
    let mut w = World::twilio()
        .background(Background::Stamps)
        .agent_hears(Hears::Continuous)
        .build();
    w.run_for(990);
    w.operator_holds(true);
    w.run_for(600_000);
    w.operator_holds(false);
    let before_ms = w.agent_heard_ms();
    w.run_for(100);
    let got_ms = w.agent_heard_ms() - before_ms;
    assert!(got_ms <= 1_120, "{got_ms} ms within 100");
}

#[test]
fn speech_on_hold_is_no_turn() {
    let mut w = World::twilio().voice_turns().build();
    w.run_for(1_000);
    w.operator_holds(true);
    w.caller_speaks(2_000);
    w.run_for(4_000);
    w.operator_holds(false);
    w.run_for(2_000);
    w.assert_told(&Told::SpeechStarted, 0);
    w.assert_told(&Told::EndOfTurn, 0);
    assert_eq!(w.metering().speech_ms, 0);
}

#[test]
fn another_rate_is_heard_whole_and_in_time() {
    let rates = [8_000, 16_000, 22_050, 24_000, 48_000];
    for sends in rates {
        for listens in rates {
            let mut line = lines::VONAGE;
            line.sends = AudioFormat::pcm16(sends);
            let mut w = World::on(line)
                .agent_listens(AudioFormat::pcm16(listens))
                .background(Background::Stamps)
                .build();
            w.agent_records();
            w.run_for(10_000);
            // All that was sent since, but for what the resampler still needs: 2 ms.
            let heard = w.recording().len() as u64;
            let sent = u64::from(listens) * 10;
            let behind = sent.saturating_sub(heard);
            assert!(heard <= sent, "{sends} to {listens}: {heard} of {sent}");
            assert!(
                behind <= u64::from(listens) / 500,
                "{sends} to {listens}: {behind}"
            );
            let stamps = w.agent_heard_stamps();
            assert_eq!(stamps[..499], (0..499).collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_long_message_is_heard_as_if_it_had_come_in_pieces() {
    let mut w = World::exotel().voice_turns().build_by_hand();
    let format = lines::EXOTEL.sends;
    let (mut audio, mut voice) = (Vec::new(), Voice::new());
    audio.resize(format.bytes_for_us(400_000), 0);
    for _ in 0..30 {
        audio.extend_from_slice(voice.frame(format));
    }
    audio.resize(audio.len() + format.bytes_for_us(600_000), 0);
    w.caller_sends_audio(Place::default(), &audio);
    w.run_for(0);
    w.assert_told(&Told::SpeechStarted, 1);
    w.assert_told(&Told::EndOfTurn, 1);
    assert_eq!(w.agent_heard_ms(), 1_600);
    let spoken = w.heard_before_ms(&Told::SpeechStarted)..w.heard_before_ms(&Told::EndOfTurn);
    assert!((400..=800).contains(&spoken.start), "{spoken:?}");
    assert!((1_200..=1_600).contains(&spoken.end), "{spoken:?}");
}
