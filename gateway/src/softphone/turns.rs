//! Turns of a call and their latencies, worked out from its timeline.

use serde::{Deserialize, Serialize};

use super::event::{EventKind, PhoneEvent};

/// One thing the caller said or keyed, and what the agent did about it. Times in milliseconds of the call's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Spoken or keyed.
    pub kind: TurnKind,
    /// What was said, or the digits.
    pub label: String,
    /// The caller's first loud sample, or the first key.
    pub caller_started_ms: u64,
    /// The caller's last loud sample, or the last key.
    pub caller_stopped_ms: u64,
    /// The first audible sample of the answer: of the first stretch that began after the caller did and outlasted
    /// the caller.
    pub agent_started_ms: Option<u64>,
    /// From `caller_stopped_ms` to `agent_started_ms`; negative when the agent talked over the caller's end.
    pub latency_ms: Option<i64>,
    /// The last audible sample of the answer, before the next turn's own answer.
    pub agent_stopped_ms: Option<u64>,
    /// The caller began while the agent was audible.
    pub barge_in: Option<BargeIn>,
}

/// How a turn is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnKind {
    /// By voice.
    Said,
    /// By keys.
    Keyed,
}

/// How fast the agent fell silent, from the caller's first loud sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BargeIn {
    /// To the clear, flush or barge-in message; none if there was none in this turn.
    pub clear_ms: Option<u64>,
    /// To the last audible agent sample played.
    pub silent_ms: u64,
}

#[derive(Debug, Clone, Copy)]
struct Speech {
    start: u64,
    stop: u64,
}

/// The turns of a timeline sorted by time.
pub(crate) fn turns(events: &[PhoneEvent]) -> Vec<Turn> {
    let mut turns = asked(events);
    let speech = agent_speech(events);
    let starts: Vec<u64> = turns
        .iter()
        .skip(1)
        .map(|turn| turn.caller_started_ms)
        .chain([u64::MAX])
        .collect();
    for (turn, &next) in turns.iter_mut().zip(&starts) {
        let (from, until) = (turn.caller_started_ms, turn.caller_stopped_ms);
        let answer =
            |heard: &&Speech| heard.start >= from && heard.start < next && heard.stop > until;
        let begin = speech.iter().find(answer);
        turn.agent_started_ms = begin.map(|heard| heard.start);
        turn.latency_ms = begin.map(|heard| heard.start.cast_signed() - until.cast_signed());
        turn.agent_stopped_ms = speech.iter().rfind(answer).map(|heard| heard.stop);
        let interrupted = speech
            .iter()
            .find(|heard| heard.start < from && heard.stop > from);
        turn.barge_in = interrupted.map(|heard| {
            let clear = events.iter().find(|event| {
                (from..next).contains(&event.t_ms)
                    && matches!(event.kind, EventKind::Cleared { .. })
            });
            BargeIn {
                clear_ms: clear.map(|event| event.t_ms - from),
                silent_ms: heard.stop - from,
            }
        });
    }
    turns
}

/// What the caller did, without answers. Keys pressed in a row are one turn.
fn asked(events: &[PhoneEvent]) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    let mut keying = false;
    for event in events {
        let at = event.t_ms;
        match (&event.kind, turns.last_mut()) {
            (EventKind::Dtmf { digit }, Some(turn)) if keying => {
                turn.label.push(*digit);
                turn.caller_stopped_ms = at;
            }
            (EventKind::Dtmf { digit }, _) => {
                keying = true;
                turns.push(Turn::new(TurnKind::Keyed, digit.to_string(), at));
            }
            (EventKind::CallerStarted { label }, _) => {
                keying = false;
                turns.push(Turn::new(TurnKind::Said, label.clone(), at));
            }
            (EventKind::CallerStopped { .. }, _) => {
                let saying = turns.iter_mut().rfind(|turn| turn.kind == TurnKind::Said);
                saying
                    .into_iter()
                    .for_each(|turn| turn.caller_stopped_ms = at);
            }
            (EventKind::AgentStarted, _) => keying = false,
            _ => {}
        }
    }
    turns
}

fn agent_speech(events: &[PhoneEvent]) -> Vec<Speech> {
    let mut speech: Vec<Speech> = Vec::new();
    for event in events {
        match event.kind {
            EventKind::AgentStarted => speech.push(Speech {
                start: event.t_ms,
                stop: u64::MAX,
            }),
            EventKind::AgentStopped => {
                speech
                    .last_mut()
                    .into_iter()
                    .for_each(|heard| heard.stop = event.t_ms);
            }
            _ => {}
        }
    }
    speech
}

impl Turn {
    fn new(kind: TurnKind, label: String, at_ms: u64) -> Self {
        Self {
            kind,
            label,
            caller_started_ms: at_ms,
            caller_stopped_ms: at_ms,
            agent_started_ms: None,
            latency_ms: None,
            agent_stopped_ms: None,
            barge_in: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::softphone::event::ClearKind;

    fn timeline(events: &[(u64, EventKind)]) -> Vec<PhoneEvent> {
        events
            .iter()
            .map(|(t_ms, kind)| PhoneEvent {
                t_ms: *t_ms,
                kind: kind.clone(),
            })
            .collect()
    }

    fn starts(label: &str) -> EventKind {
        EventKind::CallerStarted {
            label: label.to_owned(),
        }
    }

    fn stops(label: &str) -> EventKind {
        EventKind::CallerStopped {
            label: label.to_owned(),
        }
    }

    #[test]
    fn latency_and_barge_in() {
        let events = timeline(&[
            (100, EventKind::AgentStarted),
            (900, EventKind::AgentStopped),
            (1_000, starts("one")),
            (2_000, stops("one")),
            (2_400, EventKind::AgentStarted),
            (4_000, starts("two")),
            (
                4_150,
                EventKind::Cleared {
                    how: ClearKind::Flush,
                    dropped_ms: 300,
                },
            ),
            (4_150, EventKind::AgentStopped),
            (5_000, stops("two")),
            (5_700, EventKind::AgentStarted),
            (6_000, EventKind::AgentStopped),
            (6_500, EventKind::AgentStarted),
            (7_000, EventKind::AgentStopped),
        ]);
        let turns = turns(&events);
        let [one, two] = turns.as_slice() else {
            panic!("{turns:?}")
        };
        assert_eq!(
            (one.latency_ms, one.agent_stopped_ms, one.barge_in),
            (Some(400), Some(4_150), None)
        );
        assert_eq!(
            (two.latency_ms, two.agent_stopped_ms),
            (Some(700), Some(7_000))
        );
        assert_eq!(
            two.barge_in,
            Some(BargeIn {
                clear_ms: Some(150),
                silent_ms: 150
            })
        );
    }

    #[test]
    fn an_agent_that_talks_over_the_caller_has_negative_latency_and_one_that_never_answers_none() {
        let events = timeline(&[
            (1_000, starts("one")),
            (1_500, EventKind::AgentStarted),
            (2_000, stops("one")),
            (3_000, EventKind::AgentStopped),
            (4_000, starts("two")),
            (5_000, stops("two")),
        ]);
        let latencies: Vec<_> = turns(&events).iter().map(|turn| turn.latency_ms).collect();
        assert_eq!(latencies, [Some(-500), None]);
    }

    #[test]
    fn keys_in_a_row_are_one_turn() {
        let events = timeline(&[
            (1_000, EventKind::Dtmf { digit: '1' }),
            (1_200, EventKind::Dtmf { digit: '2' }),
            (1_500, EventKind::AgentStarted),
            (1_900, EventKind::AgentStopped),
            (3_000, EventKind::Dtmf { digit: '3' }),
        ]);
        let turns = turns(&events);
        let seen: Vec<_> = turns
            .iter()
            .map(|turn| (turn.label.as_str(), turn.latency_ms))
            .collect();
        assert_eq!(seen, [("12", Some(300)), ("3", None)]);
    }
}
