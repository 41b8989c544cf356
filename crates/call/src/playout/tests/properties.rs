//! Whatever is pushed and released whenever, against a naive reference.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Begin(bool),
    Push(usize),
    Complete,
    Hold,
    ReleaseHeld,
    DropHeld,
    Pause,
    Resume,
    CutOff,
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => any::<bool>().prop_map(Step::Begin),
        8 => (0_usize..4_000).prop_map(Step::Push),
        3 => Just(Step::Complete),
        1 => Just(Step::Hold),
        1 => Just(Step::ReleaseHeld),
        1 => Just(Step::DropHeld),
        1 => Just(Step::Pause),
        2 => Just(Step::Resume),
        1 => Just(Step::CutOff),
        8 => (0_u64..400_000).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 0..120)
}

fn rules() -> impl Strategy<Value = FrameRule> {
    prop_oneof![
        Just(FrameRule::Any),
        (1_u64..80).prop_map(|ms| FrameRule::Exact { us: ms * 1_000 }),
        (1_usize..4, 0_usize..6, 6_usize..20).prop_map(|(unit, min, max)| FrameRule::Multiple {
            unit_bytes: unit * 160,
            min_bytes: min * unit * 160,
            max_bytes: max * unit * 160,
        }),
    ]
}

/// Utterances as lists of bytes: counted up in the order they were pushed, so that each is known again. The
/// codec's silence, 0xFF, is never among them.
#[derive(Default)]
struct Reference {
    waiting: VecDeque<(u32, bool, VecDeque<u8>)>,
    next: u8,
    holding: bool,
    paused: bool,
    pushed: usize,
    thrown_away: usize,
    agents: VecDeque<bool>,
}

impl Reference {
    fn sound(&mut self, count: usize) -> Vec<u8> {
        let next = &mut self.next;
        let byte = |_| {
            *next = (*next + 1) % 255;
            *next
        };
        (0..count).map(byte).collect()
    }

    fn take(&mut self, frame: &[u8]) -> usize {
        let (_, held, audio) = self.waiting.front_mut().expect("an utterance");
        assert!(!*held && !self.paused, "held or paused");
        let real = frame.len().min(audio.len());
        let expected: Vec<_> = audio.drain(..real).collect();
        assert_eq!(&frame[..real], expected, "out of order, twice or lost");
        assert!(
            frame[real..].iter().all(|b| *b == 0xFF),
            "the codec's silence"
        );
        real
    }
}

struct Rig {
    playout: Playout,
    reference: Reference,
    now: Time,
    lead_us: u64,
    released: usize,
    padding: usize,
    heard: Option<Progress>,
}

impl Rig {
    fn step(&mut self, step: Step) {
        match step {
            Step::Begin(agent) => {
                let owner = if agent { Owner::Agent } else { Owner::Line };
                if let Some(number) = self.playout.begin(owner, true)
                    && self
                        .reference
                        .waiting
                        .back()
                        .is_none_or(|(last, ..)| *last != number)
                {
                    let held = self.reference.holding;
                    let entry = (number, held, VecDeque::new());
                    self.reference.waiting.push_back(entry);
                    self.reference.agents.push_back(agent);
                }
            }
            Step::Push(count) => self.push(count),
            Step::Complete => self.playout.complete(),
            Step::Hold => {
                self.playout.hold();
                self.reference.holding = true;
            }
            Step::ReleaseHeld => {
                self.playout.release_held();
                self.reference.holding = false;
                self.reference.waiting.iter_mut().for_each(|u| u.1 = false);
            }
            Step::DropHeld => {
                self.playout.drop_held();
                self.reference.holding = false;
                let held = self.reference.waiting.iter().filter(|u| u.1);
                self.reference.thrown_away += held.map(|u| u.2.len()).sum::<usize>();
                self.reference.waiting.retain(|u| !u.1);
            }
            Step::Pause => {
                self.playout.pause();
                self.reference.paused = true;
            }
            Step::Resume => {
                self.playout.resume(self.now);
                self.reference.paused = false;
            }
            Step::CutOff => {
                self.playout.cut_off(self.now);
                self.reference.thrown_away += self.waiting();
                self.reference.waiting.clear();
                self.reference.holding = false;
            }
            Step::Wait(us) => return self.wait(us),
        }
        self.poll();
    }

    fn push(&mut self, count: usize) {
        let open = self.playout.is_open();
        let next = self.reference.next;
        let sound = self.reference.sound(count);
        let refused = self.playout.push(self.now, &sound);
        assert!(open || refused == count);
        let taken = count - refused;
        if let Some((_, _, audio)) = self.reference.waiting.back_mut().filter(|_| open) {
            audio.extend(&sound[..taken]);
        }
        self.reference.next = next;
        self.reference.sound(taken);
        self.reference.pushed += taken;
        assert!(self.playout.queue.len() <= self.playout.bound_bytes);
    }

    /// Lets time pass, asking whenever something is due.
    fn wait(&mut self, us: u64) {
        let end = self.now.plus_us(us);
        loop {
            let next = self.poll();
            let Some(due) = next.filter(|due| *due <= end) else {
                self.now = end;
                break;
            };
            assert!(due > self.now, "it was due");
            self.now = due;
            let mut frame = Vec::new();
            assert_eq!(
                self.playout.release(due, &mut frame),
                Release::Frame,
                "as promised"
            );
            self.frame(&frame);
        }
        self.poll();
    }

    fn poll(&mut self) -> Option<Time> {
        loop {
            let before = self.playout.plays_until();
            let mut frame = Vec::new();
            match self.playout.release(self.now, &mut frame) {
                Release::Frame => {
                    let dry = self.now > before;
                    assert!(
                        dry || self.now >= before.minus_us(self.lead_us),
                        "too early"
                    );
                    self.frame(&frame);
                }
                Release::UtteranceEnd(number) => {
                    let (front, _, audio) = self.reference.waiting.pop_front().expect("one");
                    assert_eq!((front, audio.len()), (number, 0), "all of it is out");
                    // Some are settled late, and with those before.
                    if number % 3 == 0 {
                        let settled: Vec<_> = self.playout.settle(number).map(|s| s.0).collect();
                        assert_eq!(settled.last(), Some(&number));
                        assert!(settled.is_sorted());
                    }
                }
                Release::Wait(due) => {
                    assert!(
                        due > self.now && due == self.playout.plays_until().minus_us(self.lead_us)
                    );
                    return Some(due);
                }
                Release::Idle => return None,
            }
            self.listen();
        }
    }

    fn frame(&mut self, frame: &[u8]) {
        let real = self.reference.take(frame);
        self.released += frame.len();
        self.padding += frame.len() - real;
    }

    /// What was heard of an utterance only grows, and is never more than there is.
    fn listen(&mut self) {
        let heard = self.playout.playing(self.now);
        if let Some((before, heard)) = self.heard.zip(heard) {
            assert!(before.number != heard.number || before.heard_ms <= heard.heard_ms);
            assert!(heard.heard_ms <= heard.come_ms);
        }
        self.heard = heard;
    }

    fn waiting(&self) -> usize {
        self.reference.waiting.iter().map(|u| u.2.len()).sum()
    }
}

proptest! {
    #[test]
    fn nothing_is_lost_doubled_early_or_out_of_order(
        steps in steps(), rule in rules(), lead_ms in 0_u64..250, bound_ms in 100_u64..2_000,
    ) {
        let config = PlayoutConfig { bound_ms, ..PlayoutConfig::default() };
        let line = line(AudioFormat::MULAW_8K, rule, lead_ms);
        let mut rig = Rig {
            playout: Playout::new(&line, &config, Delivery::Burst),
            reference: Reference::default(),
            now: Time::from_ms(10_000),
            lead_us: lead_ms * 1_000,
            released: 0,
            padding: 0,
            heard: None,
        };
        for step in steps {
            rig.step(step);
            rig.listen();
            prop_assert_eq!(rig.playout.queue.len(), rig.waiting());
        }
        let reference = &rig.reference;
        let lost = reference.thrown_away + rig.waiting();
        prop_assert_eq!(rig.released, reference.pushed - lost + rig.padding);
    }
}
