//! What the bot is told of the conversation so far.

use super::*;
use trunkline_call::{Begin, Said, Speaker};

/// Who said what, as the next request has it.
fn history(rig: &mut Rig) -> Vec<(String, String)> {
    rig.tell(AgentEvent::Text("?"));
    let body = rig.body();
    let turns = body["recentHistory"].as_array().expect("a list");
    let of = |turn: &Value, key: &str| turn[key].as_str().expect("text").to_owned();
    let turns = turns.iter().map(|t| (of(t, "direction"), of(t, "content")));
    turns.collect()
}

fn outbound(text: &str) -> (String, String) {
    ("outbound".to_owned(), text.to_owned())
}

fn inbound(text: &str) -> (String, String) {
    ("inbound".to_owned(), text.to_owned())
}

#[test]
fn it_holds_what_was_heard() {
    let mut rig = Rig::greeted();
    rig.exchange(
        "where is my order",
        &json!({"text": "It left today. It comes soon."}),
    );
    rig.speak_all();
    rig.tell(AgentEvent::SpeechStarted);
    let heard = "It left";
    rig.tell(AgentEvent::Interrupted {
        heard_ms: 500,
        heard,
    });
    rig.tell(AgentEvent::Backchannel);
    rig.take();
    rig.exchange("when", &json!({"text": "Tomorrow."}));
    rig.speak_all();
    rig.tell(AgentEvent::Spoken);
    let expected = [
        outbound("Hello, how can I help?"),
        inbound("where is my order"),
        outbound("It left"),
        inbound("when"),
        outbound("Tomorrow."),
    ];
    assert_eq!(history(&mut rig), expected);
}

#[test]
fn what_nobody_heard_is_not_in_it() {
    let mut rig = Rig::greeted();
    rig.exchange("hello", &json!({"text": "Good morning."}));
    rig.speak_all();
    let heard = "";
    rig.tell(AgentEvent::Interrupted { heard_ms: 0, heard });
    let expected = [outbound("Hello, how can I help?"), inbound("hello")];
    assert_eq!(history(&mut rig), expected);
}

#[test]
fn of_what_the_agent_cuts_off_itself_the_clock_says_how_much_was_heard() {
    let mut rig = Rig::greeted();
    let question = "Press one for sales, two for support, or three for all the rest.";
    rig.exchange("hello", &json!({"text": question}));
    rig.speak_all();
    rig.wait_ms(2_000);
    rig.tell(AgentEvent::Digit('1'));
    rig.tell(AgentEvent::Digit('#'));
    let body = rig.body();
    let last = &body["recentHistory"][2]["content"];
    assert_eq!(
        last, "Press one for sales, two for",
        "at the pace of speech"
    );
    let turns = history(&mut rig);
    assert_eq!(turns.last(), Some(&inbound("1")));
}

#[test]
fn it_is_as_long_as_configured() {
    let context_limit = 3;
    let mut rig = Rig::new(WebhookSpec {
        context_limit,
        ..spec()
    });
    rig.speak_all();
    rig.tell(AgentEvent::Spoken);
    for n in 0..5 {
        rig.exchange(
            &format!("question {n}"),
            &json!({"text": format!("Answer {n}.")}),
        );
        rig.speak_all();
        rig.tell(AgentEvent::Spoken);
    }
    let expected = [
        outbound("Answer 3."),
        inbound("question 4"),
        outbound("Answer 4."),
    ];
    assert_eq!(history(&mut rig), expected);
    let context_limit = 0;
    let mut rig = Rig::new(WebhookSpec {
        context_limit,
        ..spec()
    });
    rig.exchange("hello", &json!({}));
    assert_eq!(history(&mut rig), []);
}

#[test]
fn a_turn_of_it_is_no_longer_than_may_be() {
    let mut rig = Rig::new(spec());
    rig.tell(AgentEvent::Text(&"é".repeat(10_000)));
    let body = rig.body();
    assert_eq!(
        body["data"]["transcript"],
        "é".repeat(10_000),
        "the turn is"
    );
    let turns = history(&mut rig);
    assert_eq!(turns.last(), Some(&inbound(&"é".repeat(4_096))));
}

#[test]
fn it_goes_on_from_the_agent_before() {
    let mut rig = Rig::of(WebhookAgent::new(Arc::new(spec())), WIDEBAND);
    let said = |speaker, text: &str| Said {
        speaker,
        text: text.to_owned(),
        cut_off: false,
    };
    let history_before = [
        said(Speaker::Agent, "Welcome."),
        said(Speaker::Caller, "Hi."),
    ];
    rig.tell(AgentEvent::Begin(Begin {
        info: &info(),
        configure: None,
        history: &history_before,
        attempt: 0,
    }));
    assert_eq!(history(&mut rig), [outbound("Welcome."), inbound("Hi.")]);
}

#[test]
fn what_waits_behind_another_utterance_is_not_heard_before_it() {
    let mut rig = Rig::greeted();
    rig.hear("hello");
    let (id, _) = rig.posted().expect("asked");
    rig.head(id, 200, NDJSON);
    rig.part(id, "{\"text\":\"Please choose.\",\"interim\":true}\n");
    rig.speak_all();
    rig.part(id, "{\"text\":\"One is for sales, two is for support.\"}\n");
    rig.speak_all();
    rig.wait_ms(3_000);
    rig.tell(AgentEvent::Spoken);
    rig.wait_ms(1_000);
    rig.tell(AgentEvent::Digit('#'));
    let body = rig.body();
    let heard = [&body["recentHistory"][2], &body["recentHistory"][3]];
    assert_eq!(heard[0]["content"], "Please choose.");
    assert_eq!(heard[1]["content"], "One is for", "a second of it");
    assert_eq!(heard[0]["at"], "2025-01-15T14:00:00Z");
    assert_eq!(heard[1]["at"], "2025-01-15T14:00:03Z");
}
