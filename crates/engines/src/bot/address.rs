//! Where a bot is, from whoever has to be asked.
//!
//! ```text
//! -> POST config_api  {"From":"..","To":"..","Direction":"inbound","FlowId":"..","SessionId":"..","ServerId":".."}
//! <- {"url":"wss://..","wsHeaders":{"Authorization":".."},"audioFormat":{"encoding":"pcm","sampleRate":8000}}
//! ```
//!
//! Source: IVR Solutions' WSS Telephony Bridge, CONFIG_API.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trunkline_call::{CallInfo, HttpFrame, LinkId, PostSpec};
use trunkline_codecs::format::AudioFormat;
use trunkline_protocol::Secret;

use super::Target;

/// The longest answer, in bytes.
const MAX_BYTES: usize = 64 * 1_024;

/// The most headers of an answer.
const MAX_HEADERS: usize = 32;

/// A request on its way.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) id: LinkId,
    status: u16,
    body: Vec<u8>,
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) target: Target,
    pub(super) format: Option<AudioFormat>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Request<'a> {
    from: &'a str,
    to: &'a str,
    direction: &'static str,
    flow_id: &'a str,
    session_id: &'a str,
    server_id: &'static str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    url: String,
    #[serde(default)]
    ws_headers: BTreeMap<String, String>,
    audio_format: Option<Format>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Format {
    encoding: Option<String>,
    sample_rate: Option<u32>,
}

impl Asking {
    pub(super) const fn new(id: LinkId) -> Self {
        Self {
            id,
            status: 0,
            body: Vec::new(),
        }
    }

    /// What is asked for this call, as yet without an address.
    pub(super) fn request(info: &CallInfo, flow_id: &str, session_id: &str) -> PostSpec {
        let request = Request {
            from: &info.from,
            to: &info.to,
            direction: "inbound",
            flow_id,
            session_id,
            server_id: "trunkline",
        };
        PostSpec {
            url: Secret::new(""),
            headers: Vec::new(),
            body: serde_json::to_vec(&request).unwrap_or_default().into(),
            timeout_ms: 0,
            max_response_bytes: MAX_BYTES,
            signing: None,
        }
    }

    pub(super) fn hear(&mut self, frame: HttpFrame<'_>) {
        match frame {
            HttpFrame::Head { status, .. } => self.status = status,
            HttpFrame::Body(bytes) if self.body.len() + bytes.len() <= MAX_BYTES => {
                self.body.extend_from_slice(bytes);
            }
            HttpFrame::Body(_) => {}
        }
    }

    /// What was answered, once all of it is there.
    ///
    /// # Errors
    /// The reason, from a closed set.
    pub(super) fn answer(&self) -> Result<Answer, &'static str> {
        if !(200..300).contains(&self.status) {
            return Err("config_api_status");
        }
        let nonsense = "config_api_nonsense";
        let reply: Reply = serde_json::from_slice(&self.body).map_err(|_| nonsense)?;
        let format = match reply.audio_format {
            None => None,
            Some(format) => Some(audio_format(&format).ok_or("config_api_format")?),
        };
        if reply.ws_headers.len() > MAX_HEADERS {
            return Err(nonsense);
        }
        let headers = reply.ws_headers.into_iter();
        Ok(Answer {
            target: Target {
                url: Secret::new(reply.url),
                headers: headers.map(|(name, v)| (name, Secret::new(v))).collect(),
                signing: None,
            },
            format,
        })
    }
}

fn audio_format(format: &Format) -> Option<AudioFormat> {
    let rate_hz = format.sample_rate.unwrap_or(8_000);
    let is_known = matches!(rate_hz, 8_000 | 16_000 | 24_000);
    match format.encoding.as_deref().unwrap_or("pcm") {
        "pcm" | "pcm16" | "raw/slin" if is_known => Some(AudioFormat::pcm16(rate_hz)),
        "mulaw" if rate_hz == 8_000 => Some(AudioFormat::MULAW_8K),
        _ => None,
    }
}
