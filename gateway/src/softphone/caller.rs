//! The caller: a script of steps that speaks, listens and reacts. Pure; time is the caller's own sample clock.

use std::collections::VecDeque;
use std::sync::Arc;

use super::activity::{self, Stretch};
use super::options::KeyPress;

/// One thing a caller does.
#[derive(Debug, Clone)]
pub enum Step {
    /// Say something, whatever the agent does meanwhile.
    Say {
        /// Mono samples at [`Options::rate_hz`](super::Options::rate_hz); see [`resample`](super::resample).
        samples: Arc<[i16]>,
        /// What it is, for the report.
        label: String,
    },
    /// Stay silent until the agent has answered the last saying (or spoken at all) and has been quiet for
    /// `quiet_ms`. An answer begins after the saying began and outlasts it, so that the end of an interrupted
    /// speech does not count.
    WaitForAgentToFinish {
        /// Quiet that counts as having finished, in milliseconds.
        quiet_ms: u64,
    },
    /// Stay silent until the agent's answer is `ms` old and audible, then go on, normally to interrupt it.
    WaitForAgentToSpeak {
        /// How long to let the agent speak, in milliseconds.
        ms: u64,
    },
    /// Stay silent for a while.
    Silence {
        /// How long, in milliseconds.
        ms: u64,
    },
    /// Press keys, one every 200 ms.
    Digits(String),
    /// End the call; steps after it are not played.
    HangUp,
}

/// What the caller did during one frame; positions in samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    Started { at: u64, label: String },
    Stopped { at: u64, label: String },
    Digit(char),
    HangUp,
}

/// Plays a script, frame by frame.
#[derive(Debug)]
pub(crate) struct Caller {
    steps: VecDeque<Step>,
    doing: Doing,
    keys: VecDeque<(u64, char)>,
    rate_hz: u32,
    position: u64,
    asked: Asked,
}

#[derive(Debug)]
enum Doing {
    Nothing,
    Saying(Saying),
    WaitingForEnd { quiet: u64 },
    WaitingForSpeech { length: u64, since: Option<u64> },
    Silent { until: u64 },
    HungUp,
}

#[derive(Debug)]
struct Saying {
    samples: Arc<[i16]>,
    label: String,
    at: usize,
    bounds: Option<(usize, usize)>,
}

/// When the caller last said or pressed something; the answer to it is looked for from here.
#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    from: u64,
    until: u64,
}

impl Caller {
    const KEY_SPACING_MS: u64 = 200;

    pub(crate) fn new(steps: Vec<Step>, keys: Option<&KeyPress>, rate_hz: u32) -> Self {
        let mut caller = Self {
            steps: steps.into(),
            doing: Doing::Nothing,
            keys: VecDeque::new(),
            rate_hz,
            position: 0,
            asked: Asked::default(),
        };
        if let Some(keys) = keys {
            caller.press(caller.samples(keys.at_ms), &keys.digits);
        }
        caller
    }

    /// Speaks the next frame into `frame`, knowing the agent's latest stretch of sound up to now.
    pub(crate) fn poll_frame(
        &mut self,
        agent: Option<Stretch>,
        frame: &mut [i16],
        acts: &mut Vec<Act>,
    ) {
        frame.fill(0);
        while self.is_done(agent) {
            let Some(step) = self.steps.pop_front() else {
                self.doing = Doing::HungUp;
                acts.push(Act::HangUp);
                break;
            };
            self.begin(step);
        }
        self.press_due(acts);
        self.speak(frame, acts);
        self.position += frame.len() as u64;
    }

    /// What the script is at, in words, for the report of a call that did not get through it.
    pub(crate) fn doing(&self) -> String {
        let ms = |samples: u64| samples * 1000 / u64::from(self.rate_hz);
        match &self.doing {
            Doing::Nothing => "nothing yet".to_owned(),
            Doing::Saying(saying) => format!("saying {:?}", saying.label),
            Doing::WaitingForEnd { quiet } => {
                format!("waiting for the agent to be quiet for {} ms", ms(*quiet))
            }
            Doing::WaitingForSpeech { length, .. } => {
                format!("waiting for the agent to speak for {} ms", ms(*length))
            }
            Doing::Silent { .. } => "silent".to_owned(),
            Doing::HungUp => "hung up".to_owned(),
        }
    }

    fn is_done(&mut self, agent: Option<Stretch>) -> bool {
        let answer =
            agent.filter(|heard| heard.start >= self.asked.from && heard.end > self.asked.until);
        match &mut self.doing {
            Doing::Nothing => true,
            Doing::Saying(saying) => saying.at >= saying.samples.len(),
            Doing::WaitingForEnd { quiet } => {
                answer.is_some_and(|answer| self.position.saturating_sub(answer.end) >= *quiet)
            }
            Doing::WaitingForSpeech { length, since } => answer.is_some_and(|answer| {
                let since = *since.get_or_insert(answer.start);
                answer.open && self.position.saturating_sub(since) >= *length
            }),
            Doing::Silent { until } => self.position >= *until,
            Doing::HungUp => false,
        }
    }

    fn begin(&mut self, step: Step) {
        self.doing = match step {
            Step::Say { samples, label } => {
                let bounds = activity::loud_bounds(&samples, self.rate_hz);
                Doing::Saying(Saying {
                    samples,
                    label,
                    at: 0,
                    bounds,
                })
            }
            Step::WaitForAgentToFinish { quiet_ms } => Doing::WaitingForEnd {
                quiet: self.samples(quiet_ms),
            },
            Step::WaitForAgentToSpeak { ms } => Doing::WaitingForSpeech {
                length: self.samples(ms),
                since: None,
            },
            Step::Silence { ms } => Doing::Silent {
                until: self.position + self.samples(ms),
            },
            Step::Digits(digits) => {
                let until = self.press(self.position, &digits);
                Doing::Silent { until }
            }
            Step::HangUp => {
                self.steps.clear();
                Doing::Nothing
            }
        };
    }

    /// Plans key presses from `at` on; returns when the last one is over.
    fn press(&mut self, at: u64, digits: &str) -> u64 {
        let spacing = self.samples(Self::KEY_SPACING_MS);
        let mut next = at;
        for digit in digits.chars() {
            self.keys.push_back((next, digit));
            next += spacing;
        }
        self.keys.make_contiguous().sort_by_key(|&(at, _)| at);
        next
    }

    fn press_due(&mut self, acts: &mut Vec<Act>) {
        while let Some((_, digit)) = self.keys.pop_front_if(|(at, _)| *at <= self.position) {
            acts.push(Act::Digit(digit));
            self.asked = Asked {
                from: self.position,
                until: self.position,
            };
        }
    }

    fn speak(&mut self, frame: &mut [i16], acts: &mut Vec<Act>) {
        let Doing::Saying(saying) = &mut self.doing else {
            return;
        };
        let rest = saying.samples.get(saying.at..).unwrap_or_default();
        let count = rest.len().min(frame.len());
        for (to, from) in frame.iter_mut().zip(rest) {
            *to = *from;
        }
        let spoken = saying.at..saying.at + count;
        let began = self.position - saying.at as u64;
        saying.at = spoken.end;
        let Some((first, last)) = saying.bounds else {
            return;
        };
        if spoken.contains(&first) {
            let at = began + first as u64;
            self.asked = Asked {
                from: at,
                until: u64::MAX,
            };
            acts.push(Act::Started {
                at,
                label: saying.label.clone(),
            });
        }
        if spoken.contains(&last) {
            let at = began + last as u64;
            self.asked.until = at;
            acts.push(Act::Stopped {
                at,
                label: saying.label.clone(),
            });
        }
    }

    fn samples(&self, ms: u64) -> u64 {
        ms.saturating_mul(u64::from(self.rate_hz)) / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: usize = 160;

    fn say(samples: &[i16]) -> Step {
        Step::Say {
            samples: samples.into(),
            label: "hello".to_owned(),
        }
    }

    /// Runs frames until `position` samples, with the agent heard as given.
    fn run(caller: &mut Caller, until: u64, agent: Option<Stretch>) -> Vec<Act> {
        let mut acts = Vec::new();
        let mut frame = [0; FRAME];
        while caller.position < until {
            caller.poll_frame(agent, &mut frame, &mut acts);
        }
        acts
    }

    fn heard(start: u64, end: u64, open: bool) -> Option<Stretch> {
        Some(Stretch { start, end, open })
    }

    #[test]
    fn a_saying_is_reported_by_its_loud_samples() {
        let mut samples = vec![0; 800];
        samples.extend_from_slice(&[8_000; 240]);
        samples.extend_from_slice(&[0; 1_600]);
        let mut caller = Caller::new(vec![Step::Silence { ms: 20 }, say(&samples)], None, 8_000);
        let acts = run(&mut caller, 3_040, None);
        let label = || "hello".to_owned();
        let expected = [
            Act::Started {
                at: 960,
                label: label(),
            },
            Act::Stopped {
                at: 1_199,
                label: label(),
            },
            Act::HangUp,
        ];
        assert_eq!(acts, expected);
    }

    #[test]
    fn it_waits_for_an_answer_and_not_for_the_end_of_an_interrupted_speech() {
        let steps = vec![
            Step::Silence { ms: 100 },
            say(&[8_000; 1_600]),
            Step::WaitForAgentToFinish { quiet_ms: 500 },
        ];
        let mut caller = Caller::new(steps, None, 8_000);
        run(&mut caller, 2_400, heard(0, 1_600, true));
        let interrupted = run(&mut caller, 16_000, heard(0, 4_000, false));
        assert_eq!(interrupted, [], "it began before the caller spoke");
        let premature = run(&mut caller, 20_000, heard(1_200, 2_000, false));
        assert_eq!(premature, [], "it was over before the caller was");
        let speaking = run(&mut caller, 20_160, heard(17_000, 20_000, true));
        assert_eq!(speaking, []);
        let over = run(&mut caller, 24_160, heard(17_000, 20_000, false));
        assert_eq!(over, [Act::HangUp]);
    }

    #[test]
    fn it_interrupts_after_the_agent_has_spoken_long_enough() {
        let steps = vec![Step::WaitForAgentToSpeak { ms: 1_000 }, say(&[8_000; 160])];
        let mut caller = Caller::new(steps, None, 8_000);
        assert_eq!(run(&mut caller, 8_000, heard(160, 7_900, true)), []);
        assert_eq!(
            run(&mut caller, 8_160, heard(160, 8_000, false)),
            [],
            "it is not interrupting silence"
        );
        let acts = run(&mut caller, 8_320, heard(160, 8_100, true));
        assert!(
            matches!(
                acts.as_slice(),
                [
                    Act::Started { at: 8_160, .. },
                    Act::Stopped { at: 8_319, .. }
                ]
            ),
            "{acts:?}"
        );
    }

    #[test]
    fn keys_are_pressed_apart_and_beside_speech() {
        let keys = KeyPress {
            digits: "9".to_owned(),
            at_ms: 20,
        };
        let steps = vec![say(&[0; 480]), Step::Digits("12".to_owned())];
        let mut caller = Caller::new(steps, Some(&keys), 8_000);
        assert_eq!(run(&mut caller, 320, None), [Act::Digit('9')]);
        assert_eq!(run(&mut caller, 640, None), [Act::Digit('1')]);
        assert_eq!(run(&mut caller, 2_080, None), []);
        assert_eq!(run(&mut caller, 2_240, None), [Act::Digit('2')]);
        assert_eq!(run(&mut caller, 3_680, None), []);
        assert_eq!(run(&mut caller, 3_840, None), [Act::HangUp]);
    }

    #[test]
    fn nothing_follows_hanging_up() {
        let mut caller = Caller::new(vec![Step::HangUp, say(&[8_000; 160])], None, 8_000);
        assert_eq!(run(&mut caller, 1_600, None), [Act::HangUp]);
        assert_eq!(caller.doing(), "hung up");
    }
}
