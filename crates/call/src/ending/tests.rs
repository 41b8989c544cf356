use super::*;

/// The variant behind this one. A new variant does not compile until it has its place here.
fn next(ending: Ending) -> Option<Ending> {
    Some(match ending {
        Ending::CallerHungUp => Ending::CallerLost,
        Ending::CallerLost => Ending::CallerVanished,
        Ending::CallerVanished => Ending::CallerStalled,
        Ending::CallerStalled => Ending::CallerFaulted("code"),
        Ending::CallerFaulted(_) => Ending::CallerBroke(1002),
        Ending::CallerBroke(_) => Ending::CallerTooBig,
        Ending::CallerTooBig => Ending::NeverStarted,
        Ending::NeverStarted => Ending::AgentHungUp,
        Ending::AgentHungUp => Ending::AgentLost("reason"),
        Ending::AgentLost(_) => Ending::Transferred,
        Ending::Transferred => Ending::CallerSilent,
        Ending::CallerSilent => Ending::Machine,
        Ending::Machine => Ending::TooLong,
        Ending::TooLong => Ending::Operator,
        Ending::Operator => Ending::Shutdown,
        Ending::Shutdown => return None,
    })
}

fn all() -> Vec<Ending> {
    std::iter::successors(Some(Ending::CallerHungUp), |ending| next(*ending)).collect()
}

#[test]
fn every_label_is_listed() {
    let labels: Vec<_> = all().into_iter().map(Ending::label).collect();
    assert_eq!(labels, Ending::LABELS);
}

#[test]
fn every_ending_has_its_codes() {
    let codes = all().into_iter();
    let codes = codes.map(|ending| (ending.label(), ending.close_code(), ending.hangup_cause()));
    assert_eq!(
        codes.collect::<Vec<_>>(),
        [
            ("caller_hung_up", 1000, 16),
            ("caller_lost", 1000, 41),
            ("caller_vanished", 4410, 102),
            ("caller_stalled", 4410, 102),
            ("caller_faulted", 1008, 111),
            ("caller_broke", 1002, 111),
            ("caller_too_big", 1009, 111),
            ("never_started", 4408, 102),
            ("agent_hung_up", 1000, 16),
            ("agent_lost", 1011, 38),
            ("transferred", 1000, 16),
            ("caller_silent", 1000, 31),
            ("machine", 1000, 31),
            ("too_long", 4411, 31),
            ("operator", 1000, 31),
            ("shutdown", 1001, 41),
        ]
    );
}

#[test]
fn the_gateway_has_the_last_word_where_nobody_else_has() {
    let clip = |text: &str| {
        Some(Clip {
            text: text.into(),
            samples: [0; 8].into(),
            rate_hz: 8_000,
        })
    };
    let lines = Lines {
        apology: clip("apology"),
        too_long: clip("too long"),
        shutdown: clip("shutdown"),
        silent: clip("silent"),
        ..Lines::default()
    };
    let said = all().into_iter();
    let said = said.filter_map(|ending| Some((ending.label(), &*ending.line(&lines)?.text)));
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            ("agent_lost", "apology"),
            ("caller_silent", "silent"),
            ("too_long", "too long"),
            ("shutdown", "shutdown"),
        ]
    );
    assert_eq!(Ending::TooLong.line(&Lines::default()), None);
}

/// What users are told of endings is what they are.
#[test]
fn the_documented_codes_are_the_real_ones() {
    let docs = include_str!("../../../../docs/calls.md");
    let mut ending = Some(Ending::CallerHungUp);
    while let Some(known) = ending {
        let row = format!("| `{}` |", known.label());
        let line = docs.lines().find(|line| line.starts_with(&row));
        let cells: Vec<_> = line.expect("a row").split('|').map(str::trim).collect();
        let code = known.close_code().to_string();
        assert!(
            cells[2].split(' ').any(|c| c == code),
            "{}: {code}",
            cells[1]
        );
        assert_eq!(cells[3], known.hangup_cause().to_string(), "{}", cells[1]);
        ending = next(known);
    }
}
