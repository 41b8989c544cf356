use serde_json::{Value, json};

use super::*;

/// What a group of a run is like; `us` is its median round trip.
fn group(name: &str, us: u64, server: &Value) -> Value {
    let span = json!({
        "p50": us, "p90": us * 2, "p99": us * 3, "p99.9": us * 4, "max": us * 5, "mean": us as f64 * 1.1, "count": 2_553,
        "distribution": [[0.0, us / 2], [0.5, us], [0.9, us * 2], [0.99, us * 3], [0.9995, us * 4], [1.0, us * 5]],
    });
    json!({
        "subject": name, "calls": 10, "at_once": 10, "clean": true,
        "counts": { "connected": 10, "completed": 10, "sent": 2_553, "received": 2_553, "lost": 0 },
        "refused": {}, "broken": {},
        "spans_us": { "round_trip": span, "send_late": span, "wire": span },
        "server": server,
    })
}

fn server() -> Value {
    json!({
        "cpu_us_per_frame": 116.956, "cpu_percent": 5.85, "cpu_percent_per_call": 0.58, "frames": 2_249, "seconds": 4.5,
        "rss_idle_kib": 21_912, "rss_loaded_kib": 22_568, "rss_peak_kib": 22_568, "rss_kib_per_call": 65.6,
        "rss_kib_per_second": null,
        "samples": [[0.7, 6.7, 22_556], [0.7001, 900.0, 22_556], [1.7, 5.8, 22_556], [2.7, 5.9, 22_568]],
    })
}

fn report(groups: &[Value]) -> Value {
    json!({
        "scenario": "twilio-8k", "about": "μ-law & more", "calls": 20, "seconds": 5, "ramp_per_s": 100, "hold_ms": null,
        "own_cpu_percent": 10.8, "groups": groups, "cpu_ratio": (groups.len() == 2).then_some(1.512),
    })
}

/// Every element that is opened is closed in its order, and every number of a drawing is one.
fn check(page: &str) {
    let mut open = Vec::new();
    for tag in page.split('<').skip(1) {
        let tag = tag.split_once('>').map_or(tag, |(tag, _)| tag);
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{tag}");
        } else if !tag.ends_with('/') && !["!DOCTYPE", "meta"].contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
    for odd in ["NaN", "inf", "<script", "http:", "https:", "src=", "url("] {
        assert!(!page.contains(odd), "{odd}");
    }
    let points = page
        .split("points=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    for number in points.flat_map(|points| points.split([' ', ','])) {
        assert!(number.parse().is_ok_and(f64::is_finite), "{number:?}");
    }
}

#[test]
fn one_group_without_a_server() {
    let page = page(&report(&[group("ws://127.0.0.1:1", 1_500, &Value::Null)]));
    check(&page);
    assert!(page.contains("20 calls, 5 s together, begun at 100 a second."));
    assert!(page.contains("✓ clean"));
    assert!(page.contains("No server’s process was watched."));
    assert!(page.contains("No call was refused or broken."));
    assert_eq!(page.matches("<polyline").count(), 2, "round trip and wire");
    assert!(!page.contains("paired"));
}

#[test]
fn two_groups_side_by_side() {
    let page = page(&report(&[
        group("gateway", 1_500, &server()),
        group("haproxy", 1_400, &server()),
    ]));
    check(&page);
    assert!(page.contains("1.512 ×</strong> CPU a frame, paired: gateway ÷ haproxy"));
    assert!(page.contains("<th scope=\"row\">p99.9</th><td>6.000</td><td>5.600</td>"));
    assert!(page.contains("<td>116.96</td><td>116.96</td>"));
    assert!(page.contains("<td>–</td><td>–</td>"), "no slope");
    assert_eq!(
        page.matches("<polyline").count(),
        8,
        "two spans, CPU and memory"
    );
    assert_eq!(
        page.matches("role=\"img\"").count(),
        page.matches("<title>").count() - 1
    );
    // A sample 0.1 ms after another would make the axis one of hundreds of percent.
    assert!(!page.contains(">1,000<"));
}

#[test]
fn what_others_wrote_is_escaped() {
    let mut spoilt = group("<b>\"gateway\"</b>", 1_500, &server());
    spoilt["clean"] = json!(false);
    spoilt["counts"]["lost"] = json!(1_234);
    spoilt["refused"] = json!({ "<script>alert(1)</script>": 3 });
    spoilt["broken"] = (0..60)
        .map(|at| (format!("code <{at}>"), json!(1)))
        .collect();
    spoilt["exceeded"] = json!(["<i>: expected at most 1"]);
    let mut figures = report(&[spoilt]);
    figures["about"] = json!("</style><img src=x onerror='x'>");
    let page = page(&figures).replace("src=x onerror", "");
    check(&page);
    assert!(page.contains("<td>&lt;script&gt;alert(1)&lt;/script&gt;</td>"));
    assert!(page.contains("&lt;/style&gt;&lt;img"));
    assert!(page.contains("Limit exceeded: &lt;i&gt;: expected at most 1"));
    assert!(
        page.contains("<strong class=\"bad\">1,234</strong>"),
        "a fault"
    );
    assert!(page.contains("✗ faults"));
    assert!(page.contains("<strong>10</strong></td><td>10 other reasons</td>"));
}

#[test]
fn what_was_let_out_as_allowed_is_no_fault() {
    let mut skipped = group("gateway", 1_500, &Value::Null);
    skipped["counts"]["lost"] = json!(1_234);
    let page = page(&report(&[skipped]));
    assert!(page.contains("<td>1,234</td>"));
}

#[test]
fn a_clean_group_over_a_limit_is_not_shown_as_clean() {
    let mut slow = group("gateway", 1_500, &Value::Null);
    slow["exceeded"] = json!(["gateway: /spans_us/wire/p99: expected at most 1, got 2"]);
    let page = page(&report(&[slow, group("haproxy", 1_400, &Value::Null)]));
    check(&page);
    assert!(page.contains("✗ over a limit</strong></td><td><span class=\"good\">✓ clean"));
    assert!(page.contains("expected at most 1, got 2</p>"));
    assert!(!page.contains("CPU a frame, µs"), "no server");
}

#[test]
fn figures_that_are_none_make_a_page_of_dashes() {
    let mut odd = group("gateway", 0, &server());
    odd["server"]["samples"] = json!([[1.0, 0.0, 0]]);
    odd["spans_us"]["wire"] =
        json!({ "count": 0, "p50": "fast", "distribution": [[0.5, null], null] });
    for figures in [
        json!(null),
        json!({ "groups": [null, 3] }),
        report(&[]),
        report(&[odd]),
    ] {
        check(&page(&figures));
    }
}

#[test]
fn calls_that_come_and_go_are_told_by_their_length() {
    let mut figures = report(&[]);
    figures["hold_ms"] = json!(1_000);
    assert!(page(&figures).contains("100 calls begun a second, each of 1,000 ms, for 5 s."));
}
