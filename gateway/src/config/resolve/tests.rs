use super::*;

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
