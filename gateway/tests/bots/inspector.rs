//! The inspector against the bot server, good and bad: two far ends that share no code but the dialects' names.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;
use trunkline::botserver::Dialect::{self, Exotel, Ivr, Plivo, Twilio};
use trunkline::botserver::{self, CallSeen, Fault, Script, Server};
use trunkline::inspector::{Code, Direction, Encoding, Ended, Header, Options, Report, inspect};
use trunkline::softphone::{KeyPress, Step};
use trunkline_protocol::Secret;
use trunkline_testkit::PATIENCE;

/// What the caller says: a sound, then silence.
fn script(options: &Options, ms: u64) -> Vec<Step> {
    let rate = u64::from(options.audio.rate_hz);
    let sample = |at: u64| if at % 20 < 10 { 8_000 } else { -8_000 };
    let samples: Vec<i16> = (0..rate * 300 / 1_000).map(sample).collect();
    vec![
        Step::Say {
            samples: samples.into(),
            label: "a sound".to_owned(),
        },
        Step::Silence { ms },
    ]
}

/// Inspects a bot that is started for it, listening for `ms` after the sound.
async fn inspected(
    bot: botserver::Options,
    dialect: Dialect,
    ms: u64,
    change: impl FnOnce(&mut Options),
) -> (Report, CallSeen) {
    let running = Server::start(bot).await.expect("a free port");
    let mut options = Options::new(format!("ws://{}/voice", running.address()), dialect);
    change(&mut options);
    let (lines, _unread) = mpsc::channel(10);
    let inspecting = Box::pin(inspect(&options, script(&options, ms), lines));
    let report = timeout(PATIENCE, inspecting).await.expect("in time");
    let report = report.expect("reached");
    let mut calls = running.stop().await;
    (report, calls.pop().unwrap_or_default())
}

fn scripted(text: &str) -> botserver::Options {
    let script = Script::parse(text, Path::new(".")).expect("a script");
    botserver::Options {
        script: Arc::new(script),
        ..botserver::Options::default()
    }
}

async fn faulty(fault: Fault, ms: u64, change: impl FnOnce(&mut Options)) -> Report {
    let bot = botserver::Options {
        fault: Some(fault),
        ..botserver::Options::default()
    };
    inspected(bot, Ivr, ms, change).await.0
}

/// What was found, but for gaps: those a busy machine makes by itself.
fn codes(report: &Report) -> Vec<Code> {
    let codes = report.findings.iter().map(|found| found.code);
    codes.filter(|code| *code != Code::Gap).collect()
}

/// Loud samples of what was heard.
fn loud(report: &Report) -> usize {
    let loud = |sample: &&i16| sample.unsigned_abs() > 4_000;
    report.recording.bot.iter().filter(loud).count()
}

#[tokio::test]
async fn a_good_bot_passes_in_every_dialect_and_format() {
    let (pcm16, mulaw) = (Encoding::Pcm16, Encoding::Mulaw);
    let cases = [
        (Ivr, pcm16, 8_000, false),
        (Ivr, pcm16, 16_000, true),
        (Ivr, pcm16, 24_000, false),
        (Twilio, mulaw, 8_000, false),
        (Plivo, mulaw, 8_000, false),
        (Plivo, pcm16, 8_000, false),
        (Plivo, pcm16, 16_000, false),
        (Exotel, pcm16, 8_000, false),
        (Exotel, mulaw, 8_000, false),
        (Exotel, pcm16, 24_000, false),
    ];
    let calls = cases.map(|(dialect, encoding, rate_hz, binary)| async move {
        let bot = botserver::Options::default();
        let (report, seen) = Box::pin(inspected(bot, dialect, 700, |options| {
            options.audio.encoding = encoding;
            options.audio.rate_hz = rate_hz;
            options.audio.binary = binary;
        }))
        .await;
        let case = format!("{dialect:?} {encoding:?} {rate_hz}: {report}");
        assert!(report.passes(false), "{case}");
        assert_eq!(report.ended, Ended::ScriptDone, "{case}");
        assert_eq!(seen.dialect, Some(dialect), "{case}");
        assert_eq!(seen.media, report.audio.sent_messages, "{case}");
        // What is behind a frame or two may still be on its way when the caller hangs up.
        let sent = rate_hz as usize * 300 / 1_000;
        assert!(loud(&report) > sent * 9 / 10, "{case}: {}", loud(&report));
        let stop = seen.ended.expect("ended").stop;
        assert_eq!(stop.is_some(), dialect != Plivo, "{case}");
    });
    futures_util::future::join_all(calls).await;
}

#[tokio::test]
async fn marks_come_back_when_they_are_played_and_when_they_are_cleared() {
    let text = "say 440 300\nmark played\nwait mark played\nsay 440 5000\nmark cleared\nclear\n\
        wait mark cleared\nwait dtmf 1\nhangup";
    for (dialect, expected) in [
        (Ivr, &["played", "cleared"][..]),
        (Twilio, &["played", "cleared"]),
    ] {
        let (report, seen) = inspected(scripted(text), dialect, 5_000, |options| {
            options.keys = Some(KeyPress {
                digits: "21".to_owned(),
                at_ms: 500,
            });
        })
        .await;
        assert!(report.passes(false), "{report}");
        assert_eq!(seen.marks, expected);
        assert_eq!(seen.digits, "21");
        let ended = match dialect {
            Ivr => Ended::HungUp,
            _ => Ended::BotClosed,
        };
        assert_eq!(report.ended, ended, "{report}");
        assert!(report.audio.cleared_ms > 4_500, "{report}");
        let tone = loud(&report);
        assert!((1_000..6_000).contains(&tone), "300 ms of tone: {tone}");
    }
}

#[tokio::test]
async fn plivo_tells_what_was_played_and_that_it_was_cleared() {
    let text = "say 440 200\nmark a\nwait mark a\nsay 440 5000\nmark b\nclear\nwait 100\nhangup";
    let (report, seen) = inspected(scripted(text), Plivo, 5_000, |_| {}).await;
    assert!(report.passes(false), "{report}");
    assert_eq!(seen.marks, ["a"]);
    assert!(
        seen.messages.iter().any(|it| it == "clearedAudio"),
        "{:?}",
        seen.messages
    );
}

#[tokio::test]
async fn a_transfer_ends_the_call() {
    let text = "say 440 100\ntransfer a,b sequential\nsay 440 100";
    let (report, seen) = inspected(scripted(text), Ivr, 5_000, |_| {}).await;
    assert_eq!(report.ended, Ended::HungUp);
    assert_eq!(codes(&report), [Code::AfterHangup], "{report}");
    let transferred = |line: &&str| *line == "transfer a,b sequential";
    let lines: Vec<_> = report
        .conversation
        .iter()
        .map(|it| it.text.as_str())
        .collect();
    assert_eq!(lines.iter().filter(|it| transferred(it)).count(), 1);
    assert_eq!(
        seen.ended.expect("ended").stop.as_deref(),
        Some("callended")
    );
}

#[tokio::test]
async fn the_conversation_sums_audio_up() {
    let (report, _) = inspected(botserver::Options::default(), Ivr, 200, |_| {}).await;
    let sent: Vec<_> = report
        .conversation
        .iter()
        .filter(|line| line.direction == Direction::ToBot)
        .map(|line| line.text.as_str())
        .collect();
    assert_eq!(sent.get(..2), Some(&["connected", "start"][..]));
    assert_eq!(sent.last(), Some(&"stop"));
    let summed = sent.iter().filter(|text| text.starts_with("media ×"));
    assert!((1..5).contains(&summed.count()), "{sent:?}");
}

#[tokio::test]
async fn a_bot_that_refuses() {
    let report = faulty(Fault::Refuse, 100, |_| {}).await;
    assert_eq!(
        (report.ended, codes(&report)),
        (Ended::NotOpened, vec![Code::Refused])
    );
    let got = report.findings.first().map(|found| found.got.as_str());
    assert_eq!(got, Some("HTTP 503 Service Unavailable"));
    let report = faulty(Fault::Unauthorized, 100, |_| {}).await;
    let got = report.findings.first().map(|found| found.got.as_str());
    assert_eq!(got, Some("HTTP 401 Unauthorized"));
    let report = faulty(Fault::SlowConnect, 100, |options| {
        options.limits.answer_ms = 200;
    })
    .await;
    assert_eq!(codes(&report), [Code::NoUpgrade], "{report}");
}

#[tokio::test]
async fn a_header_opens_the_door_and_is_not_told() {
    let bot = botserver::Options {
        required: Some("Authorization: Bearer planted".parse().expect("a header")),
        ..botserver::Options::default()
    };
    let (report, seen) = inspected(bot, Ivr, 100, |options| {
        options.headers.push(Header {
            name: "Authorization".to_owned(),
            value: "Bearer planted".to_owned(),
        });
    })
    .await;
    assert!(report.passes(false), "{report}");
    assert_eq!(seen.upgrade.header("authorization"), Some("Bearer planted"));
    let json = serde_json::to_string(&report).expect("JSON");
    assert!(!json.contains("planted"));
}

#[tokio::test]
async fn what_stands_in_the_url_reaches_the_bot_and_is_not_told() {
    for (dialect, header, expected) in [
        // RFC 7617 section 2: Aladdin and "open sesame".
        (Exotel, None, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        (Twilio, Some("authorization"), "Bearer planted"),
    ] {
        let bot = botserver::Options::default();
        let (report, seen) = inspected(bot, dialect, 100, |options| {
            let address = options.url.expose().replace("ws://", "");
            options.url = Secret::new(format!(
                "ws://Aladdin:open%20sesame@{address}?token=planted&n=1"
            ));
            options.headers.extend(header.map(|name| Header {
                name: name.to_owned(),
                value: expected.to_owned(),
            }));
        })
        .await;
        assert_eq!(seen.upgrade.path, "/voice?token=planted&n=1");
        let all: Vec<_> = seen
            .upgrade
            .headers
            .get_all("authorization")
            .iter()
            .collect();
        assert_eq!(all, [expected], "{dialect:?}");
        let told = format!("{report} {}", serde_json::to_string(&report).expect("JSON"));
        assert!(
            !told.contains("planted") && !told.contains("sesame"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn a_silent_bot() {
    let report = faulty(Fault::Mute, 500, |options| {
        options.limits.first_audio_ms = 200;
    })
    .await;
    assert_eq!(
        codes(&report),
        [Code::LateFirstAudio, Code::NoAudio],
        "{report}"
    );
}

#[tokio::test]
async fn a_bot_that_breaks_off() {
    let after = Duration::from_millis(300);
    let report = faulty(Fault::CloseAfter(after), 2_000, |_| {}).await;
    assert_eq!(
        (report.ended, codes(&report)),
        (Ended::BotClosed, vec![Code::NoHangup]),
        "{report}"
    );
    let report = faulty(Fault::DropAfter(after), 2_000, |_| {}).await;
    assert_eq!(
        (report.ended, codes(&report)),
        (Ended::ConnectionLost, vec![Code::ConnectionLost]),
        "{report}"
    );
}

#[tokio::test]
async fn a_bot_that_stalls() {
    let after = Duration::from_millis(100);
    let report = faulty(Fault::StallAfter(after), 300, |_| {}).await;
    assert_eq!(codes(&report), [Code::CloseUnanswered], "{report}");
}

#[tokio::test]
async fn a_bot_that_floods() {
    let report = faulty(Fault::Flood, 500, |_| {}).await;
    assert_eq!(codes(&report), [Code::TooFarAhead], "{report}");
    assert!(report.audio.refused_ms > 50_000, "{report}");
    let report = faulty(Fault::Huge, 500, |_| {}).await;
    assert_eq!(codes(&report), [Code::MessageTooLong], "{report}");
}

#[tokio::test]
async fn a_bot_that_talks_nonsense() {
    let report = faulty(Fault::Nonsense, 700, |_| {}).await;
    let expected = [
        Code::NotJson,
        Code::BadBase64,
        Code::UnknownMessage,
        Code::OddLength,
        Code::EmptyAudio,
        Code::WrongRole,
        Code::Undocumented,
        Code::MarkName,
    ];
    let found = codes(&report);
    for code in expected {
        assert!(found.contains(&code), "{code:?}: {report}");
    }
    assert!(loud(&report) > 2_000, "the echo goes on");
}
