//! `start`: the one message that says which call this is.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Fault;
use crate::excerpt::excerpt;
use crate::json::{Object, Text};

/// Which call a stream belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The stream, `MZ…`. 1 to 128 characters.
    pub stream_sid: String,
    /// The call, `CA…`. 1 to 128 characters.
    pub call_sid: String,
    /// The account, `AC…`; some senders leave it out.
    pub account_sid: Option<String>,
    /// The `<Parameter>`s of the `<Stream>`, in the order of the message. The caller's and the called number are here
    /// or nowhere. A value that is not a string is kept as its JSON text.
    pub custom_parameters: Vec<(String, String)>,
    /// The tracks that are streamed: `inbound` alone on a bidirectional stream.
    pub tracks: Vec<String>,
}

/// The stream's id is repeated in every frame we send, so that it must be short. Twilio's are 34 characters.
const MAX_SID_CHARS: usize = 128;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    #[serde(borrow)]
    stream_sid: Option<Text<'a>>,
    #[serde(borrow)]
    call_sid: Option<Text<'a>>,
    #[serde(borrow)]
    account_sid: Option<Text<'a>>,
    #[serde(borrow)]
    tracks: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    media_format: Option<Format<'a>>,
    #[serde(borrow)]
    custom_parameters: Option<Object<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Format<'a> {
    #[serde(borrow)]
    encoding: Option<Text<'a>>,
    #[serde(borrow)]
    sample_rate: Option<Text<'a>>,
    #[serde(borrow)]
    channels: Option<Text<'a>>,
}

impl Start {
    /// Reads the object under `start`; `top_sid` is the `streamSid` beside it.
    pub(super) fn read(raw: Option<&RawValue>, top_sid: Option<Text<'_>>) -> Result<Self, Fault> {
        let wire: Wire<'_> = raw
            .and_then(|raw| serde_json::from_str(raw.get()).ok())
            .ok_or(Fault::BadStart {
                field: "*",
                expected: "an object with the call's ids",
            })?;
        if let Some(format) = &wire.media_format {
            format.check()?;
        }
        Ok(Self {
            stream_sid: sid(wire.stream_sid.or(top_sid), "streamSid")?,
            call_sid: sid(wire.call_sid, "callSid")?,
            account_sid: wire.account_sid.map(owned),
            custom_parameters: wire.custom_parameters.map(parameters).unwrap_or_default(),
            tracks: wire
                .tracks
                .unwrap_or_default()
                .into_iter()
                .map(owned)
                .collect(),
        })
    }
}

impl Format<'_> {
    fn check(&self) -> Result<(), Fault> {
        let encoding = self
            .encoding
            .as_ref()
            .map_or("audio/x-mulaw", |text| &text.0);
        let sample_rate = self.sample_rate.as_ref().map_or("8000", |text| &text.0);
        let channels = self.channels.as_ref().map_or("1", |text| &text.0);
        if (encoding, sample_rate, channels) == ("audio/x-mulaw", "8000", "1") {
            return Ok(());
        }
        let got = format!("{encoding} {sample_rate} Hz {channels} channels");
        Err(Fault::BadFormat { got: excerpt(&got) })
    }
}

fn sid(text: Option<Text<'_>>, field: &'static str) -> Result<String, Fault> {
    let sid = text.map(owned).unwrap_or_default();
    if sid.is_empty() || sid.chars().count() > MAX_SID_CHARS {
        return Err(Fault::BadStart {
            field,
            expected: "1 to 128 characters",
        });
    }
    Ok(sid)
}

fn parameters(object: Object<'_>) -> Vec<(String, String)> {
    object
        .iter()
        .map(|(name, raw)| {
            let value =
                serde_json::from_str(raw.get()).map_or_else(|_| raw.get().to_owned(), owned);
            (name.to_owned(), value)
        })
        .collect()
}

fn owned(text: Text<'_>) -> String {
    text.0.into_owned()
}
