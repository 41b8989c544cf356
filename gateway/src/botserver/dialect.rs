//! The dialects a bot may speak, and how a stream's first message tells which it is.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a bot and the platform that dials it speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// WSS Telephony Bridge: Exotel-shaped from the platform, `type` messages or binary audio from the bot.
    Ivr,
    /// Twilio Media Streams.
    Twilio,
    /// Plivo AudioStream.
    Plivo,
    /// Exotel AgentStream.
    Exotel,
}

impl Dialect {
    /// The dialect of a `start` message, by its keys: Twilio and Plivo are in camel case and differ by `streamSid`
    /// and `streamId`, Exotel names an account, the bridge does not. A template in place of `start` is the bridge's.
    pub(crate) fn of_start(message: &Value) -> Self {
        let Some(start) = message.get("start") else {
            return Self::Ivr;
        };
        let has = |name: &str| start.get(name).is_some() || message.get(name).is_some();
        if has("streamId") {
            Self::Plivo
        } else if has("streamSid") && has("callSid") {
            Self::Twilio
        } else if has("account_sid") {
            Self::Exotel
        } else {
            Self::Ivr
        }
    }

    /// The name in configuration and on command lines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ivr => "ivr",
            Self::Twilio => "twilio",
            Self::Plivo => "plivo",
            Self::Exotel => "exotel",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_keys_of_the_start_tell_the_dialect() {
        let cases = [
            (
                json!({"start": {"streamSid": "MZ1", "callSid": "CA1"}}),
                Dialect::Twilio,
            ),
            (
                json!({"start": {"streamId": "s", "callId": "c"}}),
                Dialect::Plivo,
            ),
            (
                json!({"start": {"stream_sid": "s", "call_sid": "c", "account_sid": "a"}}),
                Dialect::Exotel,
            ),
            (
                json!({"start": {"stream_sid": "s", "call_sid": "c"}}),
                Dialect::Ivr,
            ),
            (json!({"type": "session.start"}), Dialect::Ivr),
        ];
        for (message, expected) in cases {
            assert_eq!(Dialect::of_start(&message), expected, "{message}");
        }
    }
}
