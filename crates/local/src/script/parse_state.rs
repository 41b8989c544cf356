//! The states of a script, what is heard in all of them, and the checks across them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::grammar;
use super::parse::Parser;
use super::parse_step::Steps;
use super::reply::{Action, DigitsExpected};
use super::section::Section;
use super::state::{Ask, Context, Key, Meaning, Outcome, State};

/// What every state shares.
struct Shared {
    steps: Steps,
    keys: BTreeMap<char, Key>,
    silence_ms: u32,
    barge_in: bool,
}

/// Milliseconds of silence that may be asked for.
const SILENCE_MS: std::ops::RangeInclusive<u32> = 500..=120_000;

/// All states in the order of `parser.states`, and the place of the first one of a dialogue.
pub(super) fn read(
    parser: &mut Parser,
    root: &mut Section<'_>,
    all: &Section<'_>,
) -> (Vec<State>, usize) {
    let mut global = root.section("global", &mut parser.faults);
    let steps = parser.on(&mut global);
    let keys = parser.keys(&mut global, &steps);
    global.finish(&mut parser.faults);
    let silence_ms = root.whole("silence_ms", SILENCE_MS, &mut parser.faults);
    let shared = Shared {
        steps,
        keys,
        silence_ms: silence_ms.unwrap_or(8000),
        barge_in: root.flag("barge_in", &mut parser.faults).unwrap_or(true),
    };
    let start = root.required_text("start", &mut parser.faults);
    let start = start.and_then(|name| parser.state("start", name));
    let mut states = Vec::new();
    for (_, place, value) in all.entries() {
        let section = Section::of(place, Some(value), &mut parser.faults);
        states.push(state(parser, section, &shared));
    }
    check_circles(parser, &states);
    (states, start.unwrap_or(0))
}

fn state(parser: &mut Parser, mut section: Section<'_>, shared: &Shared) -> State {
    let own = parser.on(&mut section);
    let mut steps = shared.steps.clone();
    steps.extend(own.iter().map(|(id, step)| (*id, Arc::clone(step))));
    let own_keys = parser.keys(&mut section, &steps);
    let stops_here = !own.is_empty() || !own_keys.is_empty();
    let mut keys = shared.keys.clone();
    keys.extend(own_keys);
    let mut say = |key| {
        let (slots, faults) = (&parser.slots, &mut parser.faults);
        parser.says.read_key(&mut section, key, slots, faults)
    };
    let (line, reask, offer) = (say("say"), say("reask"), say("offer"));
    let collect = parser.slot_list(&mut section, "collect");
    let next = section
        .text("next", &mut parser.faults)
        .map(|name| parser.state(&section.place_of("next"), name).unwrap_or(0));
    let ends = parser.ends(&mut section);
    let meanings = meanings(parser, &own, &steps);
    let silence_ms = section.whole("silence_ms", SILENCE_MS, &mut parser.faults);
    let barge_in = section.flag("barge_in", &mut parser.faults);
    let shape = Shape {
        has_line: line.is_some(),
        hears: !meanings.is_empty(),
        stops_here,
        collects: !collect.is_empty(),
        ways_on: ends.len() + usize::from(next.is_some()),
        has_next: next.is_some(),
    };
    check_shape(parser, &section, &shape);
    check_questions(parser, &section, &collect);
    section.finish(&mut parser.faults);
    let asks = collect.into_iter().map(|slot| ask(parser, slot, &meanings));
    State {
        say: line,
        reask,
        offer,
        asks: asks.collect(),
        open: Arc::new(Context {
            asked: None,
            grammar: grammar::write(&parser.name, &meanings, &parser.slots),
            digits: if keys.is_empty() {
                DigitsExpected::None
            } else {
                DigitsExpected::Key
            },
            meanings,
        }),
        keys,
        next,
        end: ends.into_iter().next().unwrap_or(Action::None),
        silence_ms: silence_ms.unwrap_or(shared.silence_ms),
        barge_in: barge_in.unwrap_or(shared.barge_in),
    }
}

/// What can be heard: the state's own intents first.
fn meanings(parser: &Parser, own: &Steps, steps: &Steps) -> Vec<Meaning> {
    let (first, second): (Vec<_>, Vec<_>) = steps.iter().partition(|(id, _)| own.contains_key(id));
    first
        .into_iter()
        .chain(second)
        .filter_map(|(id, step)| {
            let intent = parser.intents.get(*id)?;
            Some(Meaning {
                name: Arc::clone(&intent.name),
                phrases: Arc::clone(&intent.phrases),
                outcome: Outcome::Step(Arc::clone(step)),
            })
        })
        .collect()
}

fn ask(parser: &Parser, id: usize, open: &[Meaning]) -> Ask {
    let slot = parser.slots.get(id);
    let answer = slot.map(|slot| Meaning {
        name: Arc::from(slot.name.as_str()),
        phrases: Arc::clone(&slot.answers),
        outcome: Outcome::Answer,
    });
    let meanings: Vec<Meaning> = answer.into_iter().chain(open.iter().cloned()).collect();
    Ask {
        slot: id,
        context: Arc::new(Context {
            asked: Some(id),
            grammar: grammar::write(&parser.name, &meanings, &parser.slots),
            meanings,
            digits: slot.map_or(DigitsExpected::None, |slot| DigitsExpected::Sequence {
                most: slot.kind.most_digits(),
            }),
        }),
    }
}

/// What a state consists of, as far as it must fit together.
struct Shape {
    has_line: bool,
    hears: bool,
    stops_here: bool,
    collects: bool,
    ways_on: usize,
    has_next: bool,
}

fn check_shape(parser: &mut Parser, section: &Section<'_>, shape: &Shape) {
    let mut add = |key: &str, expected: &str, got: &str| {
        parser.faults.add(section.place_of(key), expected, got);
    };
    if shape.ways_on > 1 {
        add("next", "one of next, hang_up, transfer", "several");
    }
    if shape.collects && !shape.has_next {
        add("next", "a state to go to once all is collected", "nothing");
    }
    if !shape.collects && shape.ways_on > 0 && shape.stops_here {
        add(
            "on",
            "no `on` or `keys`, for this state goes on at once",
            "some",
        );
    }
    if !shape.collects && shape.ways_on == 0 {
        if !shape.has_line {
            add(
                "say",
                "something to say, for the caller is to answer",
                "nothing",
            );
        }
        if !shape.hears {
            add("on", "an intent here or in `global.on`", "none");
        }
    }
}

fn check_questions(parser: &mut Parser, section: &Section<'_>, collect: &[usize]) {
    for id in collect {
        if let Some(slot) = parser.slots.get(*id).filter(|slot| slot.ask.is_none()) {
            let place = format!("slots.{}.ask", slot.name);
            let expected = format!("a question, for {} collects it", section.place());
            parser.faults.add(place, expected, "nothing");
        }
    }
}

/// Following `next` must come to a state that stops: all slots of the ones between may be filled.
fn check_circles(parser: &mut Parser, states: &[State]) {
    for (start, name) in parser.states.iter().enumerate() {
        let mut place = states.get(start).and_then(|state| state.next);
        for _ in 0..states.len() {
            if place == Some(start) {
                let at = format!("states.{name}.next");
                let expected = "a way that does not lead back here";
                parser.faults.add(at, expected, "a circle");
                break;
            }
            place = place
                .and_then(|id| states.get(id))
                .and_then(|state| state.next);
        }
    }
}
