//! Omni, the URL's query: what the vendor's SDK writes, what is refused, and no panic on any text.

use proptest::prelude::*;
use trunkline_protocol::client::omni::{Open, OpenError};

#[test]
fn the_url_of_the_vendors_sdk() {
    let open = Open::parse("rate=8000&session_label=support&format=pcm16").unwrap();
    assert_eq!(
        open,
        Open {
            rate_in_hz: 8000,
            session_label: Some("support".into())
        }
    );
    assert_eq!(open.rate_out_hz(), 8000);
}

#[test]
fn queries() {
    let open = |query| Open::parse(query).unwrap();
    assert_eq!(
        open(""),
        Open {
            rate_in_hz: 24_000,
            session_label: None
        }
    );
    assert_eq!(open("rate=16000").rate_out_hz(), 24_000);
    assert_eq!(open("rate=24000").rate_out_hz(), 24_000);
    assert_eq!(open("?rate=8000&rate=1&x=%ff&&=").rate_in_hz, 8000);
    let label = |query| open(query).session_label;
    assert_eq!(label("agent_id=a").as_deref(), Some("a"));
    assert_eq!(label("agent_id=a&session_label=b").as_deref(), Some("b"));
    assert_eq!(label("session_label=&agent_id=a").as_deref(), Some("a"));
    assert_eq!(
        label("session%5Flabel=a+b%2Bc%26%C3%a9%zz%4").as_deref(),
        Some("a b+c&é%zz%4")
    );
    assert_eq!(
        label(&format!("session_label={}", "%C3%A9".repeat(256))),
        Some("é".repeat(256))
    );

    let refused = |query: &str| Open::parse(query).unwrap_err();
    assert_eq!(
        refused("format=opus"),
        OpenError::UnsupportedFormat { got: "opus".into() }
    );
    assert_eq!(
        refused("rate=48000"),
        OpenError::UnsupportedRate {
            got: "48000".into()
        }
    );
    assert_eq!(refused("rate=").param(), "rate");
    assert_eq!(
        refused("agent_id=a%0ab"),
        OpenError::LabelControl {
            param: "agent_id",
            code_point: 10
        }
    );
    assert_eq!(
        refused("session_label=%ff"),
        OpenError::NotUtf8 {
            param: "session_label"
        }
    );
    let long = format!("session_label={}", "a".repeat(257));
    assert_eq!(
        refused(&long),
        OpenError::LabelTooLong {
            param: "session_label",
            chars: 257
        }
    );
}

proptest! {
    #[test]
    fn any_query_is_read_or_refused(query in any::<String>(), label in any::<String>()) {
        for query in [query, format!("session_label={label}&rate={label}")] {
            if let Ok(open) = Open::parse(&query) {
                prop_assert!(open.session_label.is_none_or(|label| label.chars().count() <= 256));
            }
        }
    }
}
