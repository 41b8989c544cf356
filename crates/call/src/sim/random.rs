//! Calls drawn from a seed: any line, any network, any caller, any agent, and whatever may happen to them.
//!
//! `TRUNKLINE_SEEDS=N` draws so many calls in place of 10,000; `TRUNKLINE_SEED=N` only the one of that seed.

use std::env;

use super::draw::draw;
use super::stamp::STAMP_US;
use super::world::World;
use crate::io::Control;
use crate::link::LinkId;

/// Calls drawn, unless told otherwise.
const SEEDS: u64 = 10_000;

/// Tests they are dealt to, so that they run side by side.
const PARTS: u64 = 8;

/// How long a call may take to end once it is told to: the longest playout, and every patience.
const END_MS: u64 = 200_000;

/// Sums over many calls.
#[derive(Debug, Default)]
struct Sums {
    calls: u64,
    virtual_ms: u64,
    frames_in: u64,
    frames_out: u64,
    interruptions: u64,
    clears: u64,
}

fn number_of(variable: &str) -> Option<u64> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test is told by its environment which seeds to draw"
    )]
    let text = env::var(variable).ok()?;
    Some(text.parse().expect("a number"))
}

fn run_part(part: u64) {
    let mut sums = Sums::default();
    if let Some(seed) = number_of("TRUNKLINE_SEED") {
        if part == 0 {
            println!("{:#?}", draw(seed));
            run(seed, &mut sums);
        }
    } else {
        let seeds = number_of("TRUNKLINE_SEEDS").unwrap_or(SEEDS);
        for seed in (part..seeds).step_by(PARTS as usize) {
            run(seed, &mut sums);
        }
    }
    println!(
        "{} calls, {:.1} virtual hours, {} frames in, {} frames out, {} interruptions, {} clears",
        sums.calls,
        sums.virtual_ms as f64 / 3_600_000.0,
        sums.frames_in,
        sums.frames_out,
        sums.interruptions,
        sums.clears,
    );
}

/// One call, from its seed to its end.
fn run(seed: u64, sums: &mut Sums) {
    let (builder, acts, length_ms) = draw(seed);
    let mut world = builder.build_connected();
    for (ms, act) in acts {
        world.later(ms, act);
    }
    world.run_for(length_ms);
    if !seed.is_multiple_of(3) {
        every_mark_completes(&mut world);
    }
    world.person.end();
    world.act(super::acts::Act::Control(Control::HangUp));
    let mut waited_ms = 0;
    while !world.driver.over {
        if waited_ms > END_MS {
            world.watch.fail(world.now, "the call does not end");
        }
        world.run_for(100);
        waited_ms += 100;
    }
    world.run_for(100);
    sums.calls += 1;
    sums.virtual_ms += world.now.as_ms();
    sums.frames_in += world.counters().media_in;
    sums.frames_out += world.watch.tally.messages;
    sums.interruptions += world.counters().barge_ins;
    sums.clears += world.carrier.clears;
}

/// The agent says no more: when everything has been played, it knows of every utterance what became of it.
fn every_mark_completes(world: &mut World) {
    world.agent.desk_mut().calm();
    world.input(crate::io::Input::Tick);
    world.acts.clear();
    let is_quiet = |world: &World| {
        let desk = world.agent.desk();
        let played = world.carrier.buffered_us(world.now) < STAMP_US;
        played && desk.has_nothing_to_say() && world.watch.waiting(&desk.notes) == 0
    };
    for _ in 0..20 {
        world.run_for(500);
        if is_quiet(world) {
            break;
        }
    }
    let quiet = is_quiet(world);
    // The longest patience with a mark, and the worst network.
    world.run_for(4_000);
    let unspoken = world.agent.desk().notes.unspoken;
    // A caller who takes nothing more is not known to have heard the end.
    let stuck = !world.driver.was_writable.contains(LinkId::CALLER);
    let may_wait = !quiet || stuck || world.is_ending() || !world.record.live;
    let unmarked = world.agent.desk().notes.named.waiting();
    if unmarked > 0 && !may_wait {
        let what = format!("{unmarked} marks of which the agent never heard again");
        world.watch.fail(world.now, &what);
    }
    if unspoken > 0 && !may_wait && world.counters().overflow_bytes == 0 {
        let what = format!("{unspoken} utterances of which the agent never heard again");
        world.watch.fail(world.now, &what);
    }
}

macro_rules! parts {
    ($($name:ident $part:literal)*) => {
        $(
            #[test]
            fn $name() {
                run_part($part);
            }
        )*
    };
}

parts! {
    random_calls_keep_the_invariants_0 0
    random_calls_keep_the_invariants_1 1
    random_calls_keep_the_invariants_2 2
    random_calls_keep_the_invariants_3 3
    random_calls_keep_the_invariants_4 4
    random_calls_keep_the_invariants_5 5
    random_calls_keep_the_invariants_6 6
    random_calls_keep_the_invariants_7 7
}
