use std::sync::Arc;

use trunkline_protocol::Secret;

use super::*;
use crate::callbacks::{CallbackSpec, EndedTarget, StatusTarget};

fn of(config: &Config, agent: &str) -> Option<Arc<CallbackSpec>> {
    let route = config.agents.find(agent).expect("an agent");
    route.callbacks.clone()
}

#[test]
fn status_callbacks_are_an_agent_s_or_its_bot_s() {
    let config = resolve(
        r#"
        [agents.none]
        echo = true
        [agents.own]
        echo = true
        status_callback_url = "https://example.com/own"
        [agents.bot]
        bot = { url = "wss://bot.example.com", status_callback_url = "https://example.com/bot", status_callback_secret = "x" }
        "#,
    )
    .expect("good");
    assert_eq!(of(&config, "none"), None);
    let status = |url: &str, secret: Option<&str>| {
        Some(Arc::new(CallbackSpec {
            status: Some(StatusTarget {
                url: Secret::new(url),
                secret: secret.map(Secret::new),
            }),
            ended: None,
        }))
    };
    assert_eq!(of(&config, "own"), status("https://example.com/own", None));
    let expected = status("https://example.com/bot", Some("x"));
    assert_eq!(of(&config, "bot"), expected);
}

#[test]
fn a_webhook_is_told_the_end_whether_or_not_there_are_status_callbacks() {
    let config = resolve(
        r#"
        [agents.hook]
        webhook = { url = "https://example.com/a", secret = "whsec", headers = { A = "1" } }
        [agents.both]
        status_callback_url = "https://example.com/status"
        webhook = { url = "https://example.com/a" }
        "#,
    )
    .expect("good");
    let hook = of(&config, "hook").expect("callbacks");
    let ended = EndedTarget {
        agent_id: "hook".to_owned(),
        url: Secret::new("https://example.com/a"),
        headers: vec![("A".to_owned(), Secret::new("1"))],
        secret: Some(Secret::new("whsec")),
    };
    assert_eq!((&hook.status, &hook.ended), (&None, &Some(ended)));
    let both = of(&config, "both").expect("callbacks");
    assert!(both.status.is_some() && both.ended.is_some());
}

#[test]
fn callbacks_that_mean_nothing_are_errors() {
    let errors = resolve(
        r#"
        [agents.secret]
        echo = true
        status_callback_secret = "s3cret"
        [agents.plain]
        echo = true
        status_callback_url = "http://example.com/s3cret"
        [agents.socket]
        echo = true
        status_callback_url = "wss://example.com/s3cret"
        [agents.twice]
        status_callback_url = "https://example.com/s3cret"
        bot = { url = "wss://bot.example.com", status_callback_url = "https://example.com/s3cret" }
        "#,
    )
    .expect_err("all of them")
    .to_string();
    for part in [
        "agents.secret.status_callback_secret: expected status_callback_url beside it",
        "agents.plain.status_callback_url: expected https://, or egress.allow = [\"example.com:80\"], got http:",
        "agents.socket.status_callback_url: expected a URL that begins with https:// or http://, got wss:",
        "agents.twice.status_callback_url: expected it here or in the bot's table, got both",
    ] {
        assert!(errors.contains(part), "{part:?} is not in:\n{errors}");
    }
    assert!(errors.contains("has 4 error(s)"), "{errors}");
    assert!(!errors.contains("s3cret"), "{errors}");
}
