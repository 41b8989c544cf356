mod bots;
mod callbacks;
mod policies;

use trunkline_local::Voice;

use super::*;
use crate::lines::{Line, LineSpec};

fn resolve(toml: &str) -> Result<Config, ConfigErrors> {
    let typed: Typed = toml::from_str(toml).expect("well-formed");
    Config::resolve(&typed, Path::new("/nowhere"))
}

#[test]
fn nothing_need_be_configured() {
    let config = resolve("").expect("the defaults are right");
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.twilio, TelephonyAuth::Token);
    assert!(config.agents.find_or_default(None).is_some());
}

#[test]
fn every_error_is_told_at_once() {
    let errors = resolve(
        r#"
        listen = "here"
        shards = 0
        [limits]
        lead_ms = 5000
        ping_ms = 60000
        [agents.both]
        echo = true
        script = "a.toml"
        [agents.lost]
        script = "missing.toml"
        [routes]
        "+15550100" = "nobody"
        [telephony.twilio]
        auth = "signature"
        "#,
    )
    .expect_err("all of it is wrong")
    .to_string();
    for part in [
        "listen: expected host:port",
        "shards: expected 1 to 1024, got 0",
        "limits.lead_ms: expected 0 to 1000, got 5000",
        "limits.alive_ms: expected more than limits.ping_ms (60000)",
        "agents.both: expected exactly one",
        "agents.lost: script /nowhere/missing.toml",
        "expected the name of an agent, got \"nobody\"",
        "expected \"token\" or \"none\", got \"signature\"",
    ] {
        assert!(errors.contains(part), "{part:?} is not in:\n{errors}");
    }
}

#[test]
fn an_open_carrier_socket_stays_on_the_machine() {
    let open = "[telephony.twilio]\nauth = \"none\"";
    let config = resolve(open).expect("loopback");
    assert_eq!(config.twilio, TelephonyAuth::None);
    let public = format!("listen = \"0.0.0.0:80\"\n{open}");
    let error = resolve(&public)
        .expect_err("anybody could call")
        .to_string();
    assert!(error.contains("lets anybody place calls"), "{error}");
    resolve(&format!("{public}\nforce = true")).expect("forced");
}

#[test]
fn an_unknown_key_is_an_error() {
    let error = toml::from_str::<Typed>("lisen = \"x\"").expect_err("misspelt");
    assert!(error.to_string().contains("lisen"), "{error}");
}

#[test]
fn an_unknown_key_is_an_error_in_every_table() {
    for table in [
        "limits",
        "turns",
        "uplink",
        "failover",
        "lines",
        "agents.a",
        "agents.a.turns",
        "agents.a.uplink",
        "agents.a.failover",
        "agents.a.webhook",
        "egress",
    ] {
        let toml = format!("[{table}]\nsilense_ms = 1");
        let error = toml::from_str::<Typed>(&toml).expect_err(table);
        assert!(error.to_string().contains("silense_ms"), "{error}");
    }
    let toml = "[lines]\nholding = { flie = \"x.wav\" }";
    let error = toml::from_str::<Typed>(toml).expect_err("misspelt");
    assert!(error.to_string().contains("expected a text"), "{error}");
}

#[test]
fn lines_are_texts_recordings_or_nothing() {
    let dir = tempfile::TempDir::new().expect("a directory");
    let music = trunkline_codecs::wav::to_bytes(16_000, 1, &[5; 1_600]);
    std::fs::write(dir.path().join("music.wav"), music).expect("written");
    let typed: Typed = toml::from_str(
        r#"
        [lines]
        voice = "de"
        holding = "Einen Moment."
        filler = ""
        hold_music = { file = "music.wav", text = "la la" }
        "#,
    )
    .expect("well-formed");
    let lines = Config::resolve(&typed, dir.path()).expect("good").lines;
    assert_eq!(lines.voice, Voice::Espeak("de".into()));
    let specs: Vec<_> = lines.iter().map(|(_, spec)| spec.clone()).collect();
    assert_eq!(specs[0], LineSpec::Text("Einen Moment.".into()));
    assert_eq!(specs[1], LineSpec::Nothing);
    let LineSpec::Clip(clip) = &specs[2] else {
        panic!("{:?}", specs[2]);
    };
    assert_eq!((&*clip.text, clip.length_ms()), ("la la", 100));
    assert_eq!(specs[6], LineSpec::Text(Line::Silent.default_text().into()));
}
