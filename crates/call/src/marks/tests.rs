use super::*;
use proptest::prelude::*;

fn completed(marks: &mut Marks) -> Vec<(u32, Completion)> {
    std::iter::from_fn(|| marks.poll_completed())
        .map(|(marked, completion)| match marked {
            Marked::Utterance(number) => (number, completion),
            Marked::Named(_) | Marked::Nobody => panic!("nobody asked for {marked:?}"),
        })
        .collect()
}

#[test]
fn an_echo_proves_playing_only_in_its_own_generation() {
    let mut marks = Marks::new(MarkEcho::Always, 2_000);
    let first = marks.set(0, 0, Time::from_ms(100)).expect("sent");
    marks.cut_off(Time::ZERO);
    assert_eq!(completed(&mut marks), [(0, Completion::Cleared)]);
    assert_eq!(
        marks.echoed(&first.name()),
        Echo::Late,
        "cleared, not played"
    );
    let second = marks.set(1, 1, Time::from_ms(200)).expect("sent");
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
    assert_eq!(
        emulated.set(7, 7, Time::from_ms(100)),
        None,
        "nothing to send"
    );
    emulated.expire(Time::from_ms(99));
    assert_eq!(completed(&mut emulated), []);
    emulated.expire(Time::from_ms(100));
    assert_eq!(completed(&mut emulated), [(7, Completion::Played)]);
    let mut slow = Marks::new(MarkEcho::Played, 2_000);
    slow.set(8, 8, Time::from_ms(100));
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
    let sent: Vec<_> = (0..3)
        .filter_map(|n| marks.set(n, n.into(), Time::ZERO))
        .collect();
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
        marks.set(number, number.into(), Time::ZERO);
    }
    let played = Completion::Played;
    assert_eq!(completed(&mut marks), [(0, played), (1, played)]);
    marks.cut_off(Time::ZERO);
    assert_eq!(completed(&mut marks).len(), 16);
}

#[test]
fn a_bots_own_name_comes_back_and_never_goes_out() {
    let mut marks = Marks::new(MarkEcho::Always, 2_000);
    let sent = marks
        .set_named("greeting done", 0, Time::ZERO)
        .expect("short");
    let name = sent.expect("sent").name();
    assert_eq!(name, "tl-0-0");
    marks.echoed(&name);
    let named = Marked::Named("greeting done".into());
    assert_eq!(marks.poll_completed(), Some((named, Completion::Played)));
    let long = "x".repeat(MAX_NAME_BYTES + 1);
    let refused = marks.set_named(&long, 1, Time::ZERO);
    assert_eq!(refused, Err(NameTooLong { bytes: 161 }));
    assert!(!marks.is_pending());
}

#[test]
fn what_was_played_by_the_clock_is_not_cleared_with_the_rest() {
    for echo in [MarkEcho::Never, MarkEcho::Always] {
        let mut marks = Marks::new(echo, 2_000);
        for (number, ms) in [(0, 100), (1, 200), (2, 300)] {
            marks.set(number, number.into(), Time::from_ms(ms));
        }
        marks.cut_off(Time::from_ms(200));
        let (played, cleared) = (Completion::Played, Completion::Cleared);
        let expected = [(0, played), (1, played), (2, cleared)];
        assert_eq!(completed(&mut marks), expected, "{echo:?}");
    }
}

#[test]
fn a_name_nobody_waits_for_completes_all_the_same() {
    let mut marks = Marks::new(MarkEcho::Always, 2_000);
    let sent = marks
        .set_named("left behind", 0, Time::ZERO)
        .expect("short");
    marks.set(5, 1, Time::ZERO);
    marks.forget_names();
    marks.set_named("new", 2, Time::ZERO).expect("short");
    assert_eq!(marks.echoed(&sent.expect("sent").name()), Echo::Played);
    marks.cut_off(Time::ZERO);
    let done: Vec<_> = std::iter::from_fn(|| marks.poll_completed()).collect();
    let played = |marked| (marked, Completion::Played);
    let new = Marked::Named("new".into());
    let expected = [
        played(Marked::Nobody),
        played(Marked::Utterance(5)),
        played(new),
    ];
    assert_eq!(done, expected);
}

/// A mark that is sent, and two names that ride on it; and one at the next place.
fn with_riders(echo: MarkEcho) -> (Marks, Vec<Mark>) {
    let mut marks = Marks::new(echo, 2_000);
    let sent = [
        marks.set(0, 160, Time::from_ms(100)),
        marks
            .set_named("a", 160, Time::from_ms(100))
            .expect("short"),
        marks
            .set_named("b", 160, Time::from_ms(150))
            .expect("short"),
        marks.set(1, 320, Time::from_ms(200)),
    ];
    (marks, sent.into_iter().flatten().collect())
}

fn told(marks: &mut Marks) -> Vec<(String, Completion)> {
    let all = std::iter::from_fn(|| marks.poll_completed());
    all.map(|(marked, completion)| match marked {
        Marked::Utterance(number) => (number.to_string(), completion),
        Marked::Named(name) => (name.into(), completion),
        Marked::Nobody => ("nobody".to_owned(), completion),
    })
    .collect()
}

fn as_told(names: &[&str], completion: Completion) -> Vec<(String, Completion)> {
    let names = names.iter().map(|name| (*name).to_owned());
    names.map(|name| (name, completion)).collect()
}

#[test]
fn of_several_marks_at_one_place_one_is_sent_and_answers_for_all() {
    let (mut marks, sent) = with_riders(MarkEcho::Always);
    let names: Vec<_> = sent.iter().map(|mark| mark.name()).collect();
    assert_eq!(names, ["tl-0-0", "tl-0-1"]);
    assert_eq!(marks.echoed("tl-0-0"), Echo::Played);
    assert_eq!(
        told(&mut marks),
        as_told(&["0", "a", "b"], Completion::Played)
    );
    assert_eq!(marks.pending(), 1);
    // Nothing is outstanding that could answer for one more at the first place.
    marks.echoed("tl-0-1");
    assert!(marks.set(2, 320, Time::from_ms(300)).is_some());
}

#[test]
fn what_rides_expires_and_is_cleared_with_what_it_rides_on() {
    for echo in [MarkEcho::Never, MarkEcho::Always] {
        let patience_ms = if echo == MarkEcho::Never { 0 } else { 2_000 };
        let (mut marks, _) = with_riders(echo);
        marks.expire(Time::from_ms(100 + patience_ms));
        let first = as_told(&["0", "a", "b"], Completion::Played);
        assert_eq!(told(&mut marks), first, "{echo:?}");
        marks.cut_off(Time::from_ms(199));
        let rest = as_told(&["1"], Completion::Cleared);
        assert_eq!(told(&mut marks), rest, "{echo:?}");
        let (mut marks, _) = with_riders(echo);
        marks.cut_off(Time::from_ms(99));
        let all = as_told(&["0", "a", "b", "1"], Completion::Cleared);
        assert_eq!(told(&mut marks), all, "{echo:?}");
    }
}

#[test]
fn however_many_ride_on_the_oldest_none_is_forgotten_at_the_bound() {
    let mut marks = Marks::new(MarkEcho::Always, 2_000);
    for _ in 0..1_000 {
        marks.set_named("rides", 0, Time::ZERO).expect("short");
    }
    for place in 1..=16 {
        assert!(marks.set(7, place, Time::ZERO).is_some());
    }
    assert_eq!(told(&mut marks).len(), 1_000);
    assert_eq!(marks.pending(), 16);
}

proptest! {
    /// Whatever is echoed, expires or is cut off in whatever order: every mark completes once, in order.
    #[test]
    fn every_mark_completes_exactly_once(
        steps in prop::collection::vec((0_u8..8, 0_usize..40, 0_u64..4_000), 0..200),
        echo in prop::sample::select(vec![MarkEcho::Never, MarkEcho::Always, MarkEcho::Played]),
    ) {
        let mut marks = Marks::new(echo, 500);
        let (mut now, mut sent, mut done) = (Time::ZERO, Vec::new(), Vec::new());
        let (mut set, mut place) = (0, 0);
        for (step, which, ms) in steps {
            match step {
                0..=3 => {
                    place += u64::from(which % 3 > 0);
                    sent.extend(marks.set(set, place, now.plus_ms(ms)));
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
                _ => marks.cut_off(now),
            }
            done.extend(completed(&mut marks));
            prop_assert!(marks.places() <= BOUND);
        }
        marks.expire(Time::from_ms(u64::MAX));
        done.extend(completed(&mut marks));
        let numbers: Vec<_> = done.iter().map(|(number, _)| *number).collect();
        prop_assert_eq!(numbers, (0..set).collect::<Vec<_>>());
    }
}
