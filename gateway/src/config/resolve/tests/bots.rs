use std::sync::Arc;

use trunkline_call::Signing;
use trunkline_codecs::format::AudioFormat;
use trunkline_engines::bot::{Address, Manners};
use trunkline_engines::{BotSpec, WebhookSpec};
use trunkline_protocol::Secret;
use trunkline_protocol::bot::Dialect;

use super::*;
use crate::agents::AgentSpec;

fn bot(config: &Config, name: &str) -> Arc<BotSpec> {
    match &config.agents.find(name).expect("an agent").spec {
        AgentSpec::Bot(spec) => Arc::clone(spec),
        other => panic!("{other:?}"),
    }
}

fn webhook(config: &Config, name: &str) -> Arc<WebhookSpec> {
    match &config.agents.find(name).expect("an agent").spec {
        AgentSpec::Webhook(spec) => Arc::clone(spec),
        other => panic!("{other:?}"),
    }
}

fn target(spec: &BotSpec) -> &trunkline_engines::bot::Target {
    match &spec.address {
        Address::Fixed(target) => target,
        Address::Asked { .. } => panic!("{:?}", spec.address),
    }
}

#[test]
fn a_bot_needs_an_address_alone() {
    let config = resolve("[agents.a]\nbot = { url = \"wss://bot.example.com/voice\" }");
    let spec = bot(&config.expect("good"), "a");
    assert_eq!(spec.dialect, Dialect::Ivr);
    assert_eq!(spec.format, AudioFormat::pcm16(8_000));
    assert_eq!((spec.binary, spec.frame_ms), (false, 20));
    assert_eq!(spec.manners, Manners::default());
    assert!(spec.first_message.is_none() && spec.parameters.is_empty());
    let target = target(&spec);
    assert_eq!(target.url.expose(), "wss://bot.example.com/voice");
    assert!(target.headers.is_empty() && target.signing.is_none());
}

#[test]
fn every_option_of_a_bot_reaches_it() {
    let config = resolve(
        r#"
        [agents.ivr]
        bot = { url = "wss://bot.example.com", headers = { A = "1" }, wss_header = "Authorization: Bearer x", sample_rate = 24000, binary = true, frame_ms = 100, encoding = "pcm16", session_start_message = { type = "session.start", from = "{{caller}}" }, realtime = true, barge_in = true, connect_ms = 700, first_audio_ms = 0, answer_ms = 900 }
        [agents.twilio.bot]
        url = "wss://bot.example.com"
        dialect = "twilio"
        auth_token = "t"
        parameters = { caller = "{{caller}}", k = "v" }
        [agents.plivo.bot]
        url = "wss://bot.example.com"
        dialect = "plivo"
        encoding = "pcm16"
        sample_rate = 16000
        auth_token = "p"
        [agents.exotel.bot]
        config_api = "https://bot.example.com/where"
        config_timeout_ms = 300
        headers = { A = "1" }
        dialect = "exotel"
        sample_rate = 16000
        "#,
    )
    .expect("good");
    let ivr = bot(&config, "ivr");
    assert_eq!(ivr.format, AudioFormat::pcm16(24_000));
    assert!(ivr.binary && ivr.first_message.is_some());
    assert_eq!(ivr.frame_ms, 100);
    let manners = Manners {
        real_time: true,
        barge_in: true,
        connect_ms: 700,
        first_audio_ms: 0,
        answer_ms: 900,
    };
    assert_eq!(ivr.manners, manners);
    let header = |name: &str, value: &str| (name.to_owned(), Secret::new(value));
    let both = [header("A", "1"), header("Authorization", "Bearer x")];
    assert_eq!(target(&ivr).headers, both);
    let twilio = bot(&config, "twilio");
    assert_eq!(twilio.format, AudioFormat::MULAW_8K);
    let signing = Signing::Twilio(Secret::new("t"));
    assert_eq!(target(&twilio).signing, Some(signing));
    let parameter = |name: &str, value: &str| (name.to_owned(), Secret::new(value));
    let parameters = [parameter("caller", "{{caller}}"), parameter("k", "v")];
    assert_eq!(twilio.parameters, parameters);
    let plivo = bot(&config, "plivo");
    assert_eq!(plivo.format, AudioFormat::pcm16(16_000));
    let signing = Signing::Plivo(Secret::new("p"));
    assert_eq!(target(&plivo).signing, Some(signing));
    let exotel = bot(&config, "exotel");
    assert_eq!(exotel.format, AudioFormat::pcm16(16_000));
    let Address::Asked {
        url,
        headers,
        timeout_ms,
    } = &exotel.address
    else {
        panic!("{:?}", exotel.address);
    };
    assert_eq!(url.expose(), "https://bot.example.com/where");
    assert_eq!((&headers[..], *timeout_ms), (&both[..1], 300));
}

#[test]
fn the_encoding_is_the_dialect_s_unless_it_is_written() {
    let format = |stream: &str| {
        let table = format!("[agents.a.bot]\nurl = \"wss://bot.example.com\"\n{stream}");
        bot(&resolve(&table).expect("good"), "a").format
    };
    let (mulaw, pcm16) = (AudioFormat::MULAW_8K, AudioFormat::pcm16(8_000));
    assert_eq!(format("dialect = \"ivr\""), pcm16);
    assert_eq!(format("dialect = \"twilio\""), mulaw);
    assert_eq!(format("dialect = \"plivo\""), mulaw);
    assert_eq!(format("dialect = \"exotel\""), pcm16);
    let written = |dialect, encoding| {
        format(&format!(
            "dialect = \"{dialect}\"\nencoding = \"{encoding}\""
        ))
    };
    assert_eq!(written("plivo", "pcm16"), pcm16);
    assert_eq!(written("exotel", "mulaw"), mulaw);
}

#[test]
fn every_option_of_a_webhook_reaches_it() {
    let config = resolve(
        r#"
        [agents.hook]
        webhook = { url = "https://example.com/a", secret = "whsec", headers = { A = "1" }, timeout_ms = 5000, transfer_number = "+15550100", voice = "slt", greeting = "Hello", phrases = ["yes", "no"], context_limit = 3 }
        [agents.plain.webhook]
        url = "https://example.com/b"
        "#,
    )
    .expect("good");
    let hook = webhook(&config, "hook");
    assert_eq!(hook.agent_id, "hook");
    assert_eq!(hook.url.expose(), "https://example.com/a");
    assert_eq!(hook.secret, Some(Secret::new("whsec")));
    assert_eq!(hook.headers, [("A".to_owned(), Secret::new("1"))]);
    assert_eq!((hook.timeout_ms, hook.context_limit), (5_000, 3));
    assert_eq!(hook.transfer_number.as_deref(), Some("+15550100"));
    assert_eq!((&*hook.voice, &*hook.greeting), ("slt", "Hello"));
    assert_eq!(hook.phrases, ["yes", "no"]);
    let plain = webhook(&config, "plain");
    assert_eq!((plain.timeout_ms, plain.context_limit), (30_000, 10));
    assert_eq!((&*plain.voice, &*plain.greeting), ("rms", ""));
    assert!(plain.secret.is_none() && plain.transfer_number.is_none());
}

const WRONG: &str = r#"
        [egress]
        allow = ["10.0.0.0/8", "10.0.0.0/33"]
        ca_file = "missing.pem"
        [agents.none.bot]
        secret = "s3cret"
        [agents.both.bot]
        url = "https://u:s3cret@bot.example.com/s3cret"
        config_api = "https://bot.example.com/s3cret"
        [agents.wrong.bot]
        url = "https://u:s3cret@bot.example.com/s3cret"
        headers = { Host = "s3cret", "X-A" = "s3cret\n", "X-B" = "s3cret" }
        wss_header = "x-b: s3cret"
        sample_rate = 44100
        encoding = "mulaw"
        frame_ms = 30
        connect_ms = 1
        first_audio_ms = 1
        answer_ms = 600
        auth_token = "s3cret"
        session_start_message = ["s3cret"]
        [agents.twilio.bot]
        url = "wss://bot.example.com/#s3cret"
        dialect = "twilio"
        binary = true
        sample_rate = 16000
        encoding = "pcm16"
        auth_token = ""
        wss_header = "s3cret"
        session_start_message = { a = "s3cret" }
        [agents.other.bot]
        url = "s3cret"
        dialect = "sip"
        [agents.asked.bot]
        config_api = { file = "missing.txt" }
        dialect = "plivo"
        auth_token = "s3cret"
        [agents.hook.webhook]
        secret = { env = "TRUNKLINE_TEST_NOBODY_SETS_THIS" }
        timeout_ms = 1
        voice = "../x"
        phrases = ["..."]
        context_limit = 51
        [agents.many]
        echo = true
        webhook = { url = "https://example.com" }
"#;

/// Whatever is wrong, and wherever the credential stands.
#[test]
fn every_wrong_option_is_told_at_once_and_no_credential() {
    let errors = resolve(WRONG).expect_err("all of it is wrong").to_string();
    assert!(!errors.contains("s3cret"), "{errors}");
    for part in [
        "egress.allow: expected an address",
        "egress.ca_file: /nowhere/missing.pem",
        "agents.none.bot.secret: an unknown key, expected one of url, config_api",
        "agents.none.bot.url: expected it, or config_api in place of it",
        "agents.both.bot.url: expected either it or config_api, got both",
        "agents.wrong.bot.url: expected a URL that begins with wss:// or ws://, got https:",
        "agents.wrong.bot.headers: Host: the gateway sets this header itself",
        "agents.wrong.bot.headers: X-A: expected a value of visible",
        "agents.wrong.bot.wss_header: x-b is among the headers already",
        "agents.wrong.bot.sample_rate: expected 8000, 16000, 24000 with the dialect ivr in pcm16, got 44100",
        "agents.wrong.bot.encoding: expected \"pcm16\" with the dialect ivr, got \"mulaw\"",
        "agents.wrong.bot.frame_ms: expected 20 or 100, got 30",
        "agents.wrong.bot.connect_ms: expected 100 to 30000, got 1",
        "agents.wrong.bot.first_audio_ms: expected 0, or 500 to 120000, got 1",
        "agents.wrong.bot.answer_ms: expected barge_in = true beside it",
        "agents.wrong.bot.auth_token: expected the dialect twilio or plivo beside it, got ivr",
        "agents.wrong.bot.session_start_message: expected a JSON object, got an array",
        "agents.twilio.bot.url: expected a URL without a fragment",
        "agents.twilio.bot.binary: expected the dialect ivr beside it, got twilio",
        "agents.twilio.bot.sample_rate: expected 8000 with the dialect twilio in mulaw, got 16000",
        "agents.twilio.bot.encoding: expected \"mulaw\" with the dialect twilio, got \"pcm16\"",
        "agents.twilio.bot.auth_token: expected a text, got an empty one",
        "agents.twilio.bot.wss_header: expected \"Name: value\", got no colon",
        "agents.twilio.bot.session_start_message: expected the dialect ivr beside it",
        "agents.other.bot.url: expected a URL that begins with wss:// or ws://, got none",
        "agents.other.bot.dialect: expected ivr, twilio, plivo or exotel, got \"sip\"",
        "agents.asked.bot.config_api: /nowhere/missing.txt: No such file",
        "agents.asked.bot.auth_token: expected url beside it",
        "agents.hook.webhook.url: expected it",
        "agents.hook.webhook.secret: expected TRUNKLINE_TEST_NOBODY_SETS_THIS in the environment",
        "agents.hook.webhook.timeout_ms: expected 5000 to 120000, got 1",
        "agents.hook.webhook.voice: expected rms, slt",
        "agents.hook.webhook.phrases: expected words, got \"...\"",
        "agents.hook.webhook.context_limit: expected 0 to 50, got 51",
        "agents.many: expected exactly one of",
    ] {
        assert!(errors.contains(part), "{part:?} is not in:\n{errors}");
    }
    assert!(errors.contains("has 35 error(s)"), "{errors}");
}

#[test]
fn without_tls_or_to_a_private_address_a_place_must_be_on_the_list() {
    let with = |allow: &str, url: &str| {
        resolve(&format!(
            "[egress]\nallow = [{allow}]\n[agents.a.bot]\nurl = \"{url}\""
        ))
        .map(|_| ())
        .map_err(|errors| errors.to_string())
    };
    for (allow, url) in [
        ("", "wss://bot.example.com"),
        ("", "wss://localhost:9000"),
        ("\"127.0.0.1:9000\"", "ws://127.0.0.1:9000/s3cret"),
        ("\"bots.internal\"", "ws://bots.internal:9000"),
        ("\"10.0.0.0/8\"", "wss://10.1.2.3"),
    ] {
        with(allow, url).unwrap_or_else(|error| panic!("{url}: {error}"));
    }
    for (allow, url, expected) in [
        (
            "",
            "ws://127.0.0.1:9000/s3cret",
            "url: expected wss://, or egress.allow = [\"127.0.0.1:9000\"], got ws:",
        ),
        (
            "\"127.0.0.1:9001\"",
            "ws://127.0.0.1:9000/s3cret",
            "url: expected wss://, or egress.allow = [\"127.0.0.1:9000\"], got ws:",
        ),
        (
            "",
            "ws://bot.example.com/s3cret",
            "url: expected wss://, or egress.allow = [\"bot.example.com:80\"], got ws:",
        ),
        (
            "",
            "wss://10.1.2.3/s3cret",
            "url: expected a public address, or egress.allow = [\"10.1.2.3:443\"]",
        ),
    ] {
        let error = with(allow, url).expect_err(url);
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
    let long = format!("wss://bot.example.com/{}", "x".repeat(2_048));
    let error = with("", &long).expect_err("too long");
    assert!(
        error.contains("url: expected at most 2048 bytes, got 2070"),
        "{error}"
    );
}

#[test]
fn credentials_may_be_in_the_environment_or_in_a_file() {
    let dir = tempfile::TempDir::new().expect("a directory");
    std::fs::write(dir.path().join("token"), "from a file\r\n").expect("written");
    let typed: Typed = toml::from_str(
        r#"
        [agents.a.bot]
        url = "wss://bot.example.com"
        dialect = "twilio"
        auth_token = { file = "token" }
        headers = { A = { env = "CARGO_MANIFEST_DIR" } }
        "#,
    )
    .expect("well-formed");
    let spec = bot(&Config::resolve(&typed, dir.path()).expect("good"), "a");
    let signing = Signing::Twilio(Secret::new("from a file"));
    assert_eq!(target(&spec).signing, Some(signing));
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("set by cargo");
    assert_eq!(target(&spec).headers[0].1.expose(), here);
}

#[test]
fn debug_shows_no_credential() {
    let typed: Typed = toml::from_str(
        r#"
        [agents.a]
        status_callback_url = "https://u:s3cret@example.com/s3cret"
        status_callback_secret = "s3cret"
        [agents.a.bot]
        url = "wss://u:s3cret@bot.example.com/s3cret?s3cret"
        wss_header = "Authorization: s3cret"
        headers = { A = "s3cret" }
        session_start_message = { a = "s3cret" }
        [agents.b.bot]
        config_api = "https://bot.example.com/s3cret"
        [agents.c.bot]
        url = "wss://bot.example.com"
        dialect = "plivo"
        auth_token = "s3cret"
        status_callback_url = "https://example.com/s3cret"
        status_callback_secret = "s3cret"
        [agents.d.webhook]
        url = "https://example.com/s3cret"
        secret = "s3cret"
        headers = { A = "s3cret" }
        "#,
    )
    .expect("well-formed");
    let shown = format!("{typed:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
    let config = Config::resolve(&typed, Path::new("/nowhere")).expect("good");
    let shown = format!("{config:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
    let places: Vec<_> = config
        .agents
        .iter()
        .map(|(_, route)| route.spec.place().expect("elsewhere"))
        .collect();
    let expected = [
        "ivr bot at wss://bot.example.com",
        "ivr bot, asked for at https://bot.example.com",
        "plivo bot at wss://bot.example.com",
        "webhook at https://example.com",
    ];
    assert_eq!(places, expected);
}

#[test]
fn bots_may_give_their_calls_to_every_script_by_name_and_by_route() {
    let config = resolve(
        r#"
        [routes]
        "1" = "desk"
        "2" = "line"
        [agents.desk]
        script = "builtin:booking"
        [agents.line]
        echo = true
        [agents.a]
        bot = { url = "wss://bot.example.com" }
        fallback = ["b", "desk"]
        [agents.b]
        bot = { url = "wss://bot.example.com" }
        "#,
    )
    .expect("good");
    let flows: Vec<_> = bot(&config, "a").flows.keys().cloned().collect();
    assert_eq!(flows, ["1", "desk"]);
    let route = config.agents.find("a").expect("an agent");
    let [AgentSpec::Bot(_), AgentSpec::Script(_)] = &route.fallbacks[..] else {
        panic!("{:?}", route.fallbacks);
    };
}

#[test]
fn a_call_waits_as_long_as_its_bots_may_take_to_connect() {
    let connect_ms = |toml: &str| {
        let config = resolve(toml).map_err(|errors| errors.to_string())?;
        let route = config.agents.find("a").expect("an agent");
        Ok::<_, String>((route.config.failover.connect_ms, route.spec.connect_ms()))
    };
    let url = "url = \"wss://bot.example.com\"";
    let bot = format!("[agents.a.bot]\n{url}");
    assert_eq!(connect_ms(&bot), Ok((5_000, 5_000)));
    let slow = format!("{bot}\nconnect_ms = 9000");
    assert_eq!(connect_ms(&slow), Ok((9_000, 9_000)), "raised");
    let asked = "[agents.a.bot]\nconfig_api = \"https://bot.example.com\"";
    assert_eq!(connect_ms(asked), Ok((7_000, 7_000)), "with the question");
    let hasty = format!("[failover]\nconnect_ms = 1000\n{bot}");
    assert_eq!(
        connect_ms(&hasty),
        Ok((1_000, 1_000)),
        "the bot's gives way"
    );
    let behind = format!(
        "[agents.a]\nscript = \"builtin:booking\"\nfallback = [\"b\"]\n\
         [agents.b.bot]\n{url}\nconnect_ms = 9000"
    );
    assert_eq!(connect_ms(&behind), Ok((9_000, 0)), "a fallback's as well");
    let error = connect_ms(&format!("{slow}\n[agents.a.failover]\nconnect_ms = 2000"));
    let error = error.expect_err("both are written");
    let expected =
        "agents.a.failover.connect_ms: expected at least 9000, which a bot may take, got 2000";
    assert!(error.contains(expected), "{error}");
}

#[test]
fn a_bot_s_parameters_are_bounded_in_all() {
    let with = |first: usize| {
        let (first, second) = ("x".repeat(first), "\\u0001".repeat(500));
        resolve(&format!(
            "[agents.a.bot]\nurl = \"wss://bot.example.com\"\ndialect = \"exotel\"\n\
             parameters = {{ a = \"{first}\", b = \"{second}\" }}"
        ))
    };
    // Two names of one byte and 6 bytes about each, 6 bytes for each control character.
    let most = 8_192 - 2 * 7 - 6 * 500;
    assert!(with(most).is_ok());
    let errors = with(most + 1).expect_err("too long").to_string();
    let expected = "agents.a.bot.parameters: expected at most 8192 bytes of JSON in all, got 8193";
    assert!(errors.contains(expected), "{errors}");
}
