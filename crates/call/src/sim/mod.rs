//! A deterministic simulation of whole calls on a virtual clock.
//!
//! ```text
//!  person ─ microphone ─▶ up: Path ─▶ ┌──────────────────┐ ◀─ desk (script, queue, notes)
//!                                     │ Call<SimAgent>   │
//!  carrier's play-out ◀─ down: Path ◀─└──────────────────┘ ── watch: invariants after every step
//! ```
//!
//! A scenario builds a [`World`](world::World), lets things happen and asks what became of them:
//!
//! ```text
//! let mut w = World::twilio().voice_turns().agent_says_on_begin(5_000).build();
//! w.run_for(1_000);
//! w.caller_speaks(600);
//! w.run_for(600);
//! w.assert_interrupted(1, 1);
//! w.assert_silent();
//! ```
//!
//! Only `run_…` and `assert_…_within` move the clock. What the agent says is stamped ([`stamp`]): every 20 ms
//! carry their number, and the carrier knows which of them were heard when, so that "heard" is measured and
//! not computed. After every step the invariants are checked ([`invariants`]); a broken one panics with the
//! last happenings, and for a random call with the command that replays it.
//!
//! | to build | |
//! |---|---|
//! | line | `World::{twilio telnyx plivo vonage exotel asterisk audio_socket genesys acs omni}()`, `World::on(line)` |
//! | network | `latency_ms jitter_ms weather(Weather) socket_bytes prebuffer_ms timers_late_us` |
//! | caller | `background(Silence, Stamps, Nothing)` |
//! | agent | `agent_says_on_begin agent_answers_with agent_echoes agent_in_real_time agent_speaks agent_listens agent_hears agent_connects_first agent_is_deaf_to_interruptions agent_gives_pieces_of turns voice_turns when(When, Do)` |
//! | limits | `config(\|c\| …)` |
//! | then | `build()`: the call has begun; `build_connected()`: it has not |
//!
//! | to happen | |
//! |---|---|
//! | time | `run_for(ms) run_until(within_ms, \|w\| …) later(ms, Act)` |
//! | caller | `caller_{speaks mutes network_suppresses_silence presses interrupts talks types says_goodbye hangs_up is_lost sends}` |
//! | network | `downlink_stalls uplink_stalls caller_link_blocks network_dies`, `carrier.loses_marks` |
//! | agent | `agent_{says insists tells starts goes_on finishes cuts_itself_off hangs_up transfers wants takes_audio sends link_blocks link_says link_falls}` |
//! | above | `operator_hangs_up gateway_drains` |
//!
//! | to ask | |
//! |---|---|
//! | caller hears | `assert_{heard_ms hears_agent hears_agent_within silent silent_within no_gaps gaps_ms clears} heard_ms heard_of_utterance_ms` |
//! | caller's audio | [`uplink`]: `build_by_hand caller_sends_{stamp,audio} caller_plays{,_keys} caller_hums network_loses operator_{mutes,holds} agent_records recording heard_before_ms assert_agent_heard keys_told metering billed` |
//! | agent was told | `assert_{told spoken interrupted} told told_at interruptions agent_heard_ms agent_heard_stamps` |
//! | call | `assert_{over still_on sent} ending sent_at counters() readable() metering()`, `record.events`, `record.link_texts` |
//! | agents lost, lines ([`relief`]) | to build: `line fallback heir nth nth_after`; to happen: `last_words_are_void agent_{fails works holds marks is_away hands_over needs} operator_holds transfer_comes_to carrier_finds`; to ask: `lines_heard longest_silence_ms attempts begun losses reported marked over_at billed assert_nothing_told_astray`, `record.{closed,crossings}` |
//!
//! Random calls: [`random`].

mod acts;
mod agent;
mod asserts;
mod build;
mod carrier;
mod clips;
mod desk;
mod draw;
mod invariants;
pub(crate) mod lines;
mod named;
mod network;
mod notes;
mod parts;
mod person;
mod random;
mod relief;
mod replay;
mod rng;
mod scenarios;
mod script;
mod stamp;
mod uplink;
mod verbs;
mod voice;
mod world;
