//! Every fault a script can have: with its place, what was expected, and what is there.

use super::super::Script;

const GOOD: &str = r#"
name = "good"
voice = "rms"
greeting = "Hello."
start = "menu"
[destinations]
desk = "+15550100"
[slots.count]
type = "number"
min = 1
max = 9
ask = "How many?"
[slots.hour]
type = "time"
from = "08:00"
to = "20:00"
[intents]
order = ["order", "order {count:number}"]
bye = ["bye"]
[global]
on.bye = { say = "Bye.", hang_up = true }
[states.menu]
say = "Say order."
on.order = "order"
keys.1 = "order"
[states.order]
collect = ["count"]
next = "done"
[states.done]
say = "{count} ordered."
hang_up = true
[fallback]
give_up_after = 3
give_up = { transfer = "desk" }
"#;

/// What to replace in the good script, by what, and the start of the fault.
const FAULTS: &[(&str, &str, &str)] = &[
    ("name = \"good\"", "", "name: expected text, got nothing"),
    (
        "\"good\"",
        "\"Good\"",
        "name: expected a name of a to z, 0 to 9 and _, with a letter first, got \"Good\"",
    ),
    (
        "voice = \"rms\"",
        "voice = 3",
        "voice: expected text, got the number 3",
    ),
    (
        "greeting = \"Hello.\"",
        "",
        "greeting: expected text, got nothing",
    ),
    (
        "\"Hello.\"",
        "\"...\"",
        "greeting: expected a line with words of its own, for slots may be empty, got \"...\"",
    ),
    ("start = \"menu\"", "", "start: expected text, got nothing"),
    (
        "start = \"menu\"",
        "start = \"main\"",
        "start: expected a state (done, menu, order), got \"main\"",
    ),
    (
        "start = \"menu\"",
        "start = \"menu\"\ncolour = 1",
        "colour: expected one of",
    ),
    (
        "start = \"menu\"",
        "start = \"menu\"\nsilence_ms = 20",
        "silence_ms: expected a number from 500 to 120000, got the number 20",
    ),
    (
        "start = \"menu\"",
        "start = \"menu\"\nbarge_in = 1",
        "barge_in: expected true or false, got the number 1",
    ),
    (
        "desk = \"+15550100\"",
        "desk = 1",
        "destinations.desk: expected text, got the number 1",
    ),
    (
        "type = \"number\"",
        "",
        "slots.count.type: expected text, got nothing",
    ),
    (
        "type = \"number\"",
        "type = \"int\"",
        "slots.count.type: expected number, time, day or yes_no, got \"int\"",
    ),
    (
        "min = 1",
        "min = -1",
        "slots.count.min: expected a number from 0 to 999, got the number -1",
    ),
    (
        "min = 1",
        "min = 10",
        "slots.count.max: expected at least min, 10, got 9",
    ),
    (
        "max = 9",
        "max = 9\nmost = 3",
        "slots.count.most: expected one of type, min, max, ask, reask, offer, invalid, answers, got the unknown key \"most\"",
    ),
    (
        "\"08:00\"",
        "\"8\"",
        "slots.hour.from: expected a time like \"19:30\", got \"8\"",
    ),
    (
        "\"08:00\"",
        "\"21:00\"",
        "slots.hour.to: expected no earlier than from, 21:00, got 20:00",
    ),
    (
        "ask = \"How many?\"",
        "",
        "slots.count.ask: expected a question, for states.order collects it, got nothing",
    ),
    (
        "ask = \"How many?\"",
        "ask = \"How many?\"\nanswers = [\"{hours}\"]",
        "slots.count.answers[0]: expected a slot (count, hour), got \"hours\"",
    ),
    (
        "[\"bye\"]",
        "[]",
        "intents.bye: expected at least one text, got an empty list",
    ),
    (
        "[\"bye\"]",
        "[\"Bye!\"]",
        "intents.bye[0]: expected words of a to z in lower case, {slot}, [optional] or (one | other), got \"Bye!\"",
    ),
    (
        "{count:number}",
        "{count:time}",
        "intents.order[1]: expected {count:number}, got {count:time}",
    ),
    (
        "bye = [\"bye\"]",
        "bye = 3",
        "intents.bye: expected text or a list of texts, got the number 3",
    ),
    (
        "on.bye =",
        "on.leave =",
        "global.on.leave: expected an intent (bye, order), got \"leave\"",
    ),
    (
        "{ say = \"Bye.\", hang_up = true }",
        "3",
        "global.on.bye: expected a state or a table, got the number 3",
    ),
    (
        "{ say = \"Bye.\", hang_up = true }",
        "{}",
        "global.on.bye: expected say, go, repeat, hang_up or transfer, got none of them",
    ),
    (
        "hang_up = true }",
        "hang_up = true, repeat = true }",
        "global.on.bye: expected one of go, repeat, hang_up, transfer, got 2",
    ),
    (
        "hang_up = true }",
        "go = \"end\" }",
        "global.on.bye.go: expected a state (done, menu, order), got \"end\"",
    ),
    (
        "hang_up = true }",
        "hangup = true }",
        "global.on.bye.hangup: expected one of say, clear, go, repeat, hang_up, transfer, got the unknown key \"hangup\"",
    ),
    (
        "hang_up = true }",
        "clear = [\"x\"] }",
        "global.on.bye.clear[0]: expected a slot (count, hour), got \"x\"",
    ),
    (
        "transfer = \"desk\"",
        "transfer = \"boss\"",
        "fallback.give_up.transfer: expected a destination (desk), got \"boss\"",
    ),
    (
        "give_up_after = 3",
        "give_up_after = 0",
        "fallback.give_up_after: expected a number from 1 to 20, got the number 0",
    ),
    (
        "say = \"Say order.\"",
        "",
        "states.menu.say: expected something to say, for the caller is to answer, got nothing",
    ),
    (
        "on.order = \"order\"",
        "",
        "states.menu.keys.1: expected an intent that is heard here (in `on`, or in `global.on`), got \"order\"",
    ),
    (
        "keys.1",
        "keys.E",
        "states.menu.keys.E: expected a key: 0 to 9, *, #, A to D, got \"E\"",
    ),
    (
        "keys.1",
        "keys.10",
        "states.menu.keys.10: expected a key: 0 to 9, *, #, A to D, got \"10\"",
    ),
    (
        "on.order = \"order\"",
        "on = 1",
        "states.menu.on: expected a table, got the number 1",
    ),
    (
        "collect = [\"count\"]",
        "collect = [\"hours\"]",
        "states.order.collect[0]: expected a slot (count, hour), got \"hours\"",
    ),
    (
        "next = \"done\"",
        "",
        "states.order.next: expected a state to go to once all is collected, got nothing",
    ),
    (
        "next = \"done\"",
        "next = \"order\"",
        "states.order.next: expected a way that does not lead back here, got a circle",
    ),
    (
        "{count} ordered.\"\nhang_up = true",
        "{count} ordered.\"\nhang_up = true\nnext = \"menu\"",
        "states.done.next: expected one of next, hang_up, transfer, got several",
    ),
    (
        "{count} ordered.\"",
        "{count} ordered.\"\nkeys.1 = { say = \"No.\" }",
        "states.done.on: expected no `on` or `keys`, for this state goes on at once, got some",
    ),
    (
        "[states.menu]",
        "[states.Menu]",
        "states.Menu: expected a name of a to z, 0 to 9 and _, with a letter first, got \"Menu\"",
    ),
    ("[fallback]", "[fallback", "line 32: expected TOML, got"),
];

/// The faults after one replacement.
fn faults(from: &str, to: &str) -> Vec<String> {
    assert!(GOOD.contains(from), "{from}");
    let faults = Script::parse(&GOOD.replacen(from, to, 1)).expect_err(to);
    faults.iter().map(ToString::to_string).collect()
}

#[test]
fn the_pattern_itself_is_right() {
    Script::parse(GOOD).expect("no faults");
}

#[test]
fn each_fault_has_its_place_and_what_was_expected() {
    for (from, to, fault) in FAULTS {
        let faults = faults(from, to);
        assert!(
            faults.iter().any(|found| found.starts_with(fault)),
            "{to}: {faults:#?}"
        );
    }
}

#[test]
fn all_faults_come_at_once() {
    let text = GOOD
        .replace("voice = \"rms\"", "")
        .replace("min = 1", "min = \"one\"")
        .replace("next = \"done\"", "next = \"end\"");
    let faults = Script::parse(&text).expect_err("three faults");
    let places: Vec<&str> = faults.iter().map(|fault| fault.at.as_str()).collect();
    assert_eq!(places, ["voice", "slots.count.min", "states.order.next"]);
    assert_eq!(faults.to_string().lines().count(), 3);
}

#[test]
fn a_script_without_states_or_ears_is_refused() {
    let faults =
        Script::parse("name = \"x\"\nvoice = \"rms\"\ngreeting = \"Hello.\"\nstart = \"a\"")
            .expect_err("no states");
    assert!(
        faults
            .to_string()
            .contains("states: expected at least one state")
    );
    let deaf = GOOD
        .replace("on.bye = { say = \"Bye.\", hang_up = true }", "")
        .replace("on.order = \"order\"\nkeys.1 = \"order\"", "");
    let faults = Script::parse(&deaf).expect_err("no intents");
    let fault = "states.menu.on: expected an intent here or in `global.on`, got none";
    assert_eq!(faults.to_string(), fault);
}

#[test]
fn a_file_too_large_is_refused() {
    let faults = Script::parse(&" ".repeat(300_000)).expect_err("too large");
    assert_eq!(
        faults.to_string(),
        "line 1: expected at most 262144 bytes, got 300000 bytes"
    );
}
