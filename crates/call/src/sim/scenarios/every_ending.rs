//! Each reason a call can end for, once: its codes, its name, and what the caller hears last.

use crate::agent::Answerer;
use crate::config::OnMachine;
use crate::ending::Ending;
use crate::io::Input;
use crate::link::{Frame, LinkId};
use crate::sim::build::Builder;
use crate::sim::clips::Own;
use crate::sim::script::Told;
use crate::sim::world::World;
use crate::time::Time;

#[test]
fn every_ending_has_its_code_its_cause_its_label_and_its_sentence() {
    let mut labels = vec!["never_started"];
    let ways = [of_the_caller(), of_the_agent(), of_the_gateway()];
    for way in ways.into_iter().flatten() {
        let mut w = ready_to_end((way.world)()).build();
        w.run_for(500);
        (way.happens)(&mut w);
        w.run_for(70_000);
        w.assert_over(way.ending, way.close_code);
        assert_eq!(
            way.ending.hangup_cause(),
            way.hangup_cause,
            "{:?}",
            way.ending
        );
        assert_eq!(way.ending.label(), way.label);
        let lines = w.lines_heard(Time::ZERO);
        let expected: Vec<_> = way.line.iter().map(|own| (*own, 1_200)).collect();
        let heard: Vec<_> = lines.iter().map(|(own, _, ms)| (*own, *ms)).collect();
        assert_eq!(heard, expected, "{:?}", way.ending);
        w.assert_told(&Told::Ended(way.ending), 1);
        labels.push(way.label);
    }
    labels.sort_unstable();
    let mut all = Ending::LABELS.to_vec();
    all.sort_unstable();
    assert_eq!(labels, all);
}

/// How one ending comes about.
struct Way {
    ending: Ending,
    close_code: u16,
    hangup_cause: u8,
    label: &'static str,
    /// The sentence the caller hears last.
    line: Option<Own>,
    world: fn() -> Builder,
    happens: fn(&mut World),
}

/// A call in which every sentence is there to be said.
fn ready_to_end(builder: Builder) -> Builder {
    [
        (Own::Holding, 300),
        (Own::Filler, 300),
        (Own::Music, 300),
        (Own::Apology, 1_200),
        (Own::TooLong, 1_200),
        (Own::Shutdown, 1_200),
        (Own::Silent, 1_200),
    ]
    .into_iter()
    .fold(builder, |builder, (own, ms)| builder.line(own, ms))
}

const fn way(
    ending: Ending,
    (close_code, hangup_cause, label): (u16, u8, &'static str),
    line: Option<Own>,
    world: fn() -> Builder,
    happens: fn(&mut World),
) -> Way {
    Way {
        ending,
        close_code,
        hangup_cause,
        label,
        line,
        world,
        happens,
    }
}

/// By the caller's side.
fn of_the_caller() -> Vec<Way> {
    let plain: fn() -> Builder = World::twilio;
    vec![
        way(
            Ending::CallerHungUp,
            (1000, 16, "caller_hung_up"),
            None,
            plain,
            World::caller_hangs_up,
        ),
        way(
            Ending::CallerLost,
            (1000, 41, "caller_lost"),
            None,
            plain,
            World::caller_is_lost,
        ),
        way(
            Ending::CallerVanished,
            (4410, 102, "caller_vanished"),
            None,
            plain,
            World::network_dies,
        ),
        way(
            Ending::CallerStalled,
            (4410, 102, "caller_stalled"),
            None,
            || World::twilio().agent_says_on_begin(3_000),
            |w| w.caller_link_blocks(60_000),
        ),
        way(
            Ending::CallerFaulted("unknown"),
            (1008, 111, "caller_faulted"),
            None,
            || World::twilio().config(|c| c.max_faults = 2),
            |w| (0..3).for_each(|_| w.caller_sends("nonsense")),
        ),
        way(
            Ending::CallerBroke(1007),
            (1007, 111, "caller_broke"),
            None,
            plain,
            |w| w.input(frame(Frame::Broken { close_code: 1007 })),
        ),
        way(
            Ending::CallerTooBig,
            (1009, 111, "caller_too_big"),
            None,
            plain,
            |w| w.input(frame(Frame::TooBig)),
        ),
    ]
}

/// By the agent.
fn of_the_agent() -> Vec<Way> {
    let plain: fn() -> Builder = World::twilio;
    vec![
        way(
            Ending::AgentHungUp,
            (1000, 16, "agent_hung_up"),
            None,
            plain,
            World::agent_hangs_up,
        ),
        way(
            Ending::AgentLost("refused"),
            (1011, 38, "agent_lost"),
            Some(Own::Apology),
            plain,
            |w| w.agent_fails("refused", false),
        ),
        way(
            Ending::Transferred,
            (1000, 16, "transferred"),
            None,
            World::omni,
            |w| w.agent_transfers("+15550100"),
        ),
    ]
}

/// By the gateway.
fn of_the_gateway() -> Vec<Way> {
    let plain: fn() -> Builder = World::twilio;
    vec![
        way(
            Ending::CallerSilent,
            (1000, 31, "caller_silent"),
            Some(Own::Silent),
            || {
                World::twilio()
                    .engine_turns()
                    .config(|c| (c.turns.idle_ms, c.turns.idle_limit) = (Some(900), 0))
            },
            |_| (),
        ),
        way(
            Ending::Machine,
            (1000, 31, "machine"),
            None,
            || World::twilio().config(|c| c.turns.on_machine = OnMachine::HangUp),
            |w| w.carrier_finds(Answerer::Machine),
        ),
        way(
            Ending::TooLong,
            (4411, 31, "too_long"),
            Some(Own::TooLong),
            || World::twilio().config(|c| c.max_call_ms = 5_000),
            |_| (),
        ),
        way(
            Ending::Operator,
            (1000, 31, "operator"),
            None,
            plain,
            World::operator_hangs_up,
        ),
        way(
            Ending::Shutdown,
            (1001, 41, "shutdown"),
            Some(Own::Shutdown),
            plain,
            World::gateway_drains,
        ),
    ]
}

const fn frame(frame: Frame<'static>) -> Input<'static> {
    Input::Data(LinkId::CALLER, frame)
}
