//! What load balancers and Prometheus read.

mod stage;

use serde_json::json;
use stage::Stage;
use trunkline_call::Ending;
use trunkline_testkit::http::{exchange, get};
use trunkline_testkit::prometheus::{Samples, parse};
use trunkline_testkit::{Carrier, FromGateway, Marks, OmniClient, PATIENCE};

const AGENTS: &str = r#"
    [agents.default]
    echo = true
    [agents.desk]
    script = "builtin:booking"
"#;

const TWILIO: &str = "/v1/telephony/streams/twilio";

async fn scrape(stage: &Stage) -> Samples {
    let page = get(stage.address(), "/metrics").await;
    assert_eq!(page.status, 200);
    let kind = page.header("content-type").unwrap_or_default();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    parse(&page.text()).unwrap_or_else(|why| panic!("{why}"))
}

fn of(samples: &Samples, series: &str) -> f64 {
    let Some(value) = samples.get(series) else {
        panic!("no {series} in {:?}", samples.keys());
    };
    *value
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_told() {
    let stage = Stage::set(AGENTS).await;
    for (path, status, body) in [
        ("/healthz", 200, "ok\n"),
        ("/readyz", 200, "ready\n"),
        ("/metrics?from=anywhere", 200, ""),
        ("/", 404, ""),
    ] {
        let answer = get(stage.address(), path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(
            body.is_empty() || answer.text() == body,
            "{path}: {}",
            answer.text()
        );
    }
    stage.gateway().drain();
    assert_eq!(get(stage.address(), "/readyz").await.text(), "draining\n");
    assert_eq!(get(stage.address(), "/healthz").await.text(), "ok\n");
    stage.clear().await;
}

/// Before the first call every series is there, at zero, so that rates can be taken from the start.
#[tokio::test(flavor = "multi_thread")]
async fn every_series_begins_at_zero() {
    let stage = Stage::set(AGENTS).await;
    let samples = scrape(&stage).await;
    for dialect in ["omni", "twilio"] {
        for name in [
            "trunkline_calls_began_total",
            "trunkline_calls_ended_total",
            "trunkline_media_in_frames_total",
            "trunkline_media_out_frames_total",
            "trunkline_media_lost_frames_total",
            "trunkline_audio_in_bytes_total",
            "trunkline_messages_dropped_total",
            "trunkline_messages_ignored_total",
            "trunkline_stale_frames_total",
            "trunkline_playout_underruns_total",
            "trunkline_playout_overflow_bytes_total",
            "trunkline_barge_ins_total",
            "trunkline_media_late_frames_total",
            "trunkline_backlog_dropped_milliseconds_total",
            "trunkline_playout_slipped_milliseconds_total",
            "trunkline_turns_total",
            "trunkline_answers_dropped_total",
            "trunkline_agents_lost_total",
            "trunkline_billed_caller_audio_milliseconds_total",
            "trunkline_billed_speech_milliseconds_total",
            "trunkline_billed_agent_audio_milliseconds_total",
            "trunkline_billed_session_milliseconds_total",
        ] {
            let series = format!("{name}{{dialect=\"{dialect}\"}}");
            assert_eq!(of(&samples, &series), 0.0, "{series}");
        }
        for ending in Ending::LABELS {
            let labels = format!("dialect=\"{dialect}\",ending=\"{ending}\"");
            let series = format!("trunkline_call_endings_total{{{labels}}}");
            assert_eq!(of(&samples, &series), 0.0, "{series}");
        }
    }
    for what in ["queued", "delivered", "failed", "dropped"] {
        let series = format!("trunkline_callbacks_{what}_total");
        assert_eq!(of(&samples, &series), 0.0, "{series}");
    }
    let series = "trunkline_agent_lost_total{reason=\"other\"}";
    assert_eq!(of(&samples, series), 0.0, "{series}");
    for reason in ["key", "request", "capacity", "fault"] {
        let series = format!("trunkline_refused_total{{reason=\"{reason}\"}}");
        assert_eq!(of(&samples, &series), 0.0, "{series}");
    }
    stage.clear().await;
}

/// Frames a carrier sends in order, before one behind a gap.
const FRAMES: usize = 25;

/// What the series stand at after the two calls of [`counters_move_with_calls`].
const fn after_two_calls() -> [(&'static str, usize); 21] {
    [
        ("trunkline_calls_began_total{dialect=\"twilio\"}", 1),
        ("trunkline_calls_ended_total{dialect=\"twilio\"}", 1),
        ("trunkline_calls_began_total{dialect=\"omni\"}", 1),
        ("trunkline_calls_ended_total{dialect=\"omni\"}", 1),
        (
            "trunkline_media_in_frames_total{dialect=\"twilio\"}",
            FRAMES + 1,
        ),
        (
            "trunkline_media_out_frames_total{dialect=\"twilio\"}",
            FRAMES + 1,
        ),
        ("trunkline_media_lost_frames_total{dialect=\"twilio\"}", 2),
        ("trunkline_messages_dropped_total{dialect=\"twilio\"}", 1),
        ("trunkline_messages_ignored_total{dialect=\"twilio\"}", 1),
        ("trunkline_stale_frames_total{dialect=\"twilio\"}", 0),
        (
            "trunkline_audio_in_bytes_total{dialect=\"twilio\"}",
            (FRAMES + 1) * 160,
        ),
        (
            "trunkline_billed_caller_audio_milliseconds_total{dialect=\"twilio\"}",
            (FRAMES + 1) * 20,
        ),
        (
            "trunkline_billed_agent_audio_milliseconds_total{dialect=\"twilio\"}",
            (FRAMES + 1) * 20,
        ),
        ("trunkline_media_in_frames_total{dialect=\"omni\"}", 0),
        ("trunkline_barge_ins_total{dialect=\"omni\"}", 1),
        (
            "trunkline_barge_in_clear_seconds_count{dialect=\"omni\"}",
            1,
        ),
        (
            "trunkline_barge_in_clear_seconds_bucket{dialect=\"omni\",le=\"+Inf\"}",
            1,
        ),
        (
            "trunkline_call_endings_total{dialect=\"twilio\",ending=\"caller_hung_up\"}",
            1,
        ),
        (
            "trunkline_call_endings_total{dialect=\"omni\",ending=\"caller_hung_up\"}",
            1,
        ),
        ("trunkline_events_missed_total", 0),
        ("trunkline_dials_refused_total", 0),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_move_with_calls() {
    let mut stage = Stage::set(AGENTS).await;
    let dial = |path: &str| stage.dial(path).bearer(stage.key());
    let mut carrier = Carrier::call(&dial(&format!("{TWILIO}/default")), Marks::Played).await;
    for _ in 0..FRAMES {
        carrier.media(&[0x55; 160]).await;
        assert_eq!(carrier.next().await, FromGateway::Media(vec![0x55; 160]));
    }
    carrier.lose(2);
    carrier.media(&[0x55; 160]).await;
    carrier.next().await;
    carrier.text("{").await;
    carrier.text(r#"{"event":"weather"}"#).await;
    let mut client =
        OmniClient::call(&stage.dial("/v1/omni?session_label=desk"), stage.key()).await;
    client.configure(json!({})).await;
    client.until_audio().await;
    client.control(&json!({"type": "interrupt"})).await;
    client.until_event("flush").await;
    client.close(1000).await;
    client.until_closed().await;
    assert_eq!(stage.ended().await.0, Ending::CallerHungUp);
    carrier.stop().await;
    carrier.until_closed().await;
    assert_eq!(stage.ended().await.0, Ending::CallerHungUp);
    // The ending is told just before the call leaves the directory, which counts its end.
    let calls = &stage.gateway().calls;
    assert!(calls.wait_until_empty(PATIENCE).await);

    let samples = scrape(&stage).await;
    for (series, expected) in after_two_calls() {
        assert_eq!(of(&samples, series), expected as f64, "{series}");
    }
    assert!(
        of(
            &samples,
            "trunkline_media_out_frames_total{dialect=\"omni\"}"
        ) > 0.0
    );
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_counted_by_reason() {
    let stage = Stage::set(&format!("{AGENTS}\n[limits]\ncalls = 1")).await;
    let dial = |path: &str| stage.dial(path).bearer(stage.key());
    let mut carrier = Carrier::call(&dial(&format!("{TWILIO}/default")), Marks::Played).await;
    // For its key.
    stage.dial("/v1/omni").refused().await;
    // For what they ask.
    get(stage.address(), "/v1/omni").await;
    dial("/v1/omni?rate=1").refused().await;
    dial(&format!("{TWILIO}/%ff")).refused().await;
    let post = "POST /v1/omni HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    exchange(stage.address(), post).await;
    // Because a call runs.
    dial("/v1/omni").refused().await;
    let samples = scrape(&stage).await;
    for (reason, expected) in [("key", 1), ("request", 4), ("capacity", 1), ("fault", 0)] {
        let series = format!("trunkline_refused_total{{reason=\"{reason}\"}}");
        assert_eq!(of(&samples, &series), f64::from(expected), "{series}");
    }
    carrier.stop().await;
    carrier.until_closed().await;
    stage.clear().await;
}
