//! How a caller speaks, written from the vendors' pages and from nothing of the gateway's.

mod omni;
mod twilio;

use anyhow::Context;
use clap::ValueEnum;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::HeaderValue;

/// A caller's wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Dialect {
    /// The native protocol, PCM16 at 24 kHz both ways.
    Omni,
    /// Twilio Media Streams, μ-law at 8 kHz.
    Twilio,
}

/// What a message of the gateway's is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The agent's audio, in the buffer that was lent.
    Audio,
    /// Nothing that matters here.
    Other,
    /// The gateway is not content, or not understood.
    Complaint(String),
}

impl Dialect {
    /// The request that opens a call to `agent` at the gateway `to`.
    ///
    /// # Errors
    /// Not a URL, or a key that cannot be a header.
    pub(crate) fn request(
        self,
        to: &str,
        agent: &str,
        key: Option<&str>,
    ) -> anyhow::Result<Request> {
        let to = to.trim_end_matches('/');
        let url = match self {
            Self::Omni => format!("{to}{}", omni::path(agent)),
            Self::Twilio => format!("{to}{}", twilio::path(agent)),
        };
        let mut request = url.as_str().into_client_request().context(url.clone())?;
        let Some(key) = key else {
            return Ok(request);
        };
        let (name, value) = match self {
            Self::Omni => ("sec-websocket-protocol", omni::subprotocols(key)),
            Self::Twilio => ("authorization", format!("Bearer {key}")),
        };
        let mut value = HeaderValue::from_str(&value).context("the key is no header value")?;
        value.set_sensitive(true);
        request.headers_mut().insert(name, value);
        Ok(request)
    }

    /// What is sent first.
    pub(crate) fn opening(self, caller: u32) -> Vec<Message> {
        match self {
            Self::Omni => vec![omni::configure()],
            Self::Twilio => twilio::opening(caller).to_vec(),
        }
    }

    /// Bytes of audio in 20 ms.
    pub(crate) const fn frame_bytes(self) -> usize {
        match self {
            Self::Omni => 960,
            Self::Twilio => 160,
        }
    }

    /// One frame.
    pub(crate) fn encode(self, caller: u32, number: u32, audio: &[u8]) -> Message {
        match self {
            Self::Omni => omni::audio(audio),
            Self::Twilio => twilio::media(caller, number, audio),
        }
    }

    /// Reads a message; audio is put into `audio`, which is emptied first.
    pub(crate) fn decode(self, message: &Message, audio: &mut Vec<u8>) -> Heard {
        audio.clear();
        match (self, message) {
            (_, Message::Ping(_) | Message::Pong(_) | Message::Close(_)) => Heard::Other,
            (Self::Omni, Message::Binary(bytes)) => omni::decode(bytes, audio),
            (Self::Twilio, Message::Text(text)) => twilio::decode(text, audio),
            _ => Heard::Complaint("a message of the wrong kind".to_owned()),
        }
    }

    /// The last message of a caller who hangs up.
    pub(crate) fn goodbye(self, caller: u32) -> Message {
        match self {
            Self::Omni => omni::session_ending(),
            Self::Twilio => twilio::stop(caller),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_travels_where_each_dialect_has_a_place_for_it() -> anyhow::Result<()> {
        let omni = Dialect::Omni.request("ws://127.0.0.1:1/", "echo", Some("k1"))?;
        assert_eq!(
            omni.uri(),
            "ws://127.0.0.1:1/v1/omni?format=pcm16&rate=24000&session_label=echo"
        );
        assert_eq!(
            omni.headers()["sec-websocket-protocol"],
            "pyai.v1, pyai-key.k1"
        );
        let twilio = Dialect::Twilio.request("ws://127.0.0.1:1", "echo", Some("k1"))?;
        assert_eq!(
            twilio.uri(),
            "ws://127.0.0.1:1/v1/telephony/streams/twilio/echo"
        );
        assert_eq!(twilio.headers()["authorization"], "Bearer k1");
        let open = Dialect::Twilio.request("ws://127.0.0.1:1", "echo", None)?;
        assert!(!open.headers().contains_key("authorization"));
        Ok(())
    }

    #[test]
    fn a_message_of_the_wrong_kind_is_a_complaint() {
        let mut audio = Vec::new();
        for (dialect, message) in [
            (Dialect::Omni, Message::text("{}")),
            (Dialect::Twilio, Message::binary(vec![1, 2])),
        ] {
            let heard = dialect.decode(&message, &mut audio);
            assert!(matches!(heard, Heard::Complaint(_)), "{heard:?}");
        }
    }
}
