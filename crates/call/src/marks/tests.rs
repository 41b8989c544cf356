use super::*;
use proptest::prelude::*;

fn completed(marks: &mut Marks) -> Vec<(u32, Completion)> {
    std::iter::from_fn(|| marks.poll_completed())
        .map(|(marked, completion)| match marked {
            Marked::Utterance(number) => (number, completion),
            Marked::Named(name) => panic!("{name} was not asked for"),
        })
        .collect()
}

#[test]
fn an_echo_proves_playing_only_in_its_own_generation() {
    let mut marks = Marks::new(MarkEcho::Always, 2_000);
    let first = marks.set(0, Time::from_ms(100)).expect("sent");
    marks.cut_off();
    assert_eq!(completed(&mut marks), [(0, Completion::Cleared)]);
    assert_eq!(
        marks.echoed(&first.name()),
        Echo::Late,
        "cleared, not played"
    );
    let second = marks.set(1, Time::from_ms(200)).expect("sent");
    assert_eq!(
        marks.echoed("tl-0-1"),
        Echo::Late,
        "of no generation of its own"
    );
    assert_eq!(marks.echoed(&second.name()), Echo::Played);
    assert_eq!(completed(&mut marks), [(1, Completion::Played)]);
    assert_eq!(marks.echoed(&second.name()), Echo::Late, "once");
    assert_eq!(marks.echoed("somebody else's"), Echo::Unknown);
    assert_eq!(marks.echoed("tl-9-x"), Echo::Unknown);
    assert_eq!((marks.late(), completed(&mut marks)), (3, vec![]));
}

#[test]
fn the_clock_answers_where_nobody_else_does() {
    let mut emulated = Marks::new(MarkEcho::Never, 2_000);
    assert_eq!(emulated.set(7, Time::from_ms(100)), None, "nothing to send");
    emulated.expire(Time::from_ms(99));
    assert_eq!(completed(&mut emulated), []);
    emulated.expire(Time::from_ms(100));
    assert_eq!(completed(&mut emulated), [(7, Completion::Played)]);
    let mut slow = Marks::new(MarkEcho::Played, 2_000);
    slow.set(8, Time::from_ms(100));
    assert_eq!(slow.next_expiry(), Some(Time::from_ms(2_100)));
    slow.expire(Time::from_ms(2_099));
    assert_eq!(completed(&mut slow), []);
    slow.expire(Time::from_ms(2_100));
    assert_eq!(completed(&mut slow), [(8, Completion::Played)]);
    assert_eq!(slow.next_expiry(), None);
}

#[test]
fn an_echo_that_overtook_others_completes_them_too() {
    let mut marks = Marks::new(MarkEcho::Always, 2_000);
    let sent: Vec<_> = (0..3).filter_map(|n| marks.set(n, Time::ZERO)).collect();
    assert_eq!(marks.echoed(&sent[1].name()), Echo::Played);
    let played = Completion::Played;
    assert_eq!(completed(&mut marks), [(0, played), (1, played)]);
    assert_eq!(marks.echoed(&sent[0].name()), Echo::Late);
    assert!(marks.is_pending());
}

#[test]
fn beyond_the_bound_the_oldest_is_taken_as_played() {
    let mut marks = Marks::new(MarkEcho::Always, 2_000);
    for number in 0..18 {
        marks.set(number, Time::ZERO);
    }
    let played = Completion::Played;
    assert_eq!(completed(&mut marks), [(0, played), (1, played)]);
    marks.cut_off();
    assert_eq!(completed(&mut marks).len(), 16);
}

#[test]
fn a_bots_own_name_comes_back_and_never_goes_out() {
    let mut marks = Marks::new(MarkEcho::Always, 2_000);
    let sent = marks.set_named("greeting done", Time::ZERO).expect("short");
    let name = sent.expect("sent").name();
    assert_eq!(name, "tl-0-0");
    marks.echoed(&name);
    let named = Marked::Named("greeting done".into());
    assert_eq!(marks.poll_completed(), Some((named, Completion::Played)));
    let long = "x".repeat(MAX_NAME_BYTES + 1);
    let refused = marks.set_named(&long, Time::ZERO);
    assert_eq!(refused, Err(NameTooLong { bytes: 129 }));
    assert!(!marks.is_pending());
}

proptest! {
    /// Whatever is echoed, expires or is cut off in whatever order: every mark completes once, in order.
    #[test]
    fn every_mark_completes_exactly_once(
        steps in prop::collection::vec((0_u8..8, 0_usize..40, 0_u64..4_000), 0..200),
        echo in prop::sample::select(vec![MarkEcho::Never, MarkEcho::Always, MarkEcho::Played]),
    ) {
        let mut marks = Marks::new(echo, 500);
        let (mut now, mut sent, mut done, mut set) = (Time::ZERO, Vec::new(), Vec::new(), 0);
        for (step, which, ms) in steps {
            match step {
                0..=3 => {
                    sent.extend(marks.set(set, now.plus_ms(ms)));
                    set += 1;
                }
                4 | 5 => {
                    if let Some(mark) = sent.get(which) {
                        marks.echoed(&mark.name());
                    }
                }
                6 => {
                    now = now.plus_ms(ms);
                    marks.expire(now);
                }
                _ => marks.cut_off(),
            }
            done.extend(completed(&mut marks));
            prop_assert!(marks.pending() <= BOUND);
        }
        marks.expire(Time::from_ms(u64::MAX));
        done.extend(completed(&mut marks));
        let numbers: Vec<_> = done.iter().map(|(number, _)| *number).collect();
        prop_assert_eq!(numbers, (0..set).collect::<Vec<_>>());
    }
}
