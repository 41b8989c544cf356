//! The platform's messages, as each vendor documents them.
//!
//! * ivr: `connected`, `start`, `media`, `dtmf`, `mark`, `stop`; one sequence over all, a number; `chunk` a number,
//!   `timestamp` text; or audio as binary frames
//! * twilio: the same events in camel case, all counters text
//! * plivo: no `connected` and no `stop`; numbers; a reached checkpoint is `playedStream`, a clear `clearedAudio`
//! * exotel: as ivr, with an account, and all numbers text

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use tokio_tungstenite::tungstenite::Message;
use trunkline_codecs::format::{AudioFormat, Encoding};

use super::options::Options;
use crate::botserver::Dialect;

/// The numbers of a call nobody placed (reserved for fiction).
const FROM: &str = "+15550100";
const TO: &str = "+15550199";

/// The platform's side of one stream.
#[derive(Debug)]
pub(crate) struct Platform {
    dialect: Dialect,
    format: AudioFormat,
    binary: bool,
    ids: Ids,
    parameters: Vec<(String, String)>,
    sequence: u64,
    chunk: u64,
    sent_us: u64,
}

#[derive(Debug)]
struct Ids {
    stream: String,
    call: String,
    account: String,
}

impl Platform {
    /// A stream whose ids are made of `random`.
    pub(crate) fn new(options: &Options, random: [u8; 16]) -> Self {
        Self {
            dialect: options.dialect,
            format: options.format(),
            binary: options.audio.binary,
            ids: Ids::new(options.dialect, random),
            parameters: options.parameters.clone(),
            sequence: 0,
            chunk: 0,
            sent_us: 0,
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(crate) fn format(&self) -> AudioFormat {
        self.format
    }

    pub(crate) fn stream_id(&self) -> &str {
        &self.ids.stream
    }

    /// The messages before any audio, with a word for each.
    pub(crate) fn encode_opening(&mut self) -> Vec<(&'static str, Message)> {
        let mut opening = Vec::new();
        match self.dialect {
            Dialect::Ivr | Dialect::Exotel => {
                opening.push(("connected", text(&json!({"event": "connected"}))));
            }
            Dialect::Twilio => opening.push((
                "connected",
                text(&json!({"event": "connected", "protocol": "Call", "version": "1.0.0"})),
            )),
            Dialect::Plivo => {}
        }
        let start = self.start();
        opening.push(("start", start));
        opening
    }

    /// Caller audio.
    pub(crate) fn encode_media(&mut self, samples: &[i16]) -> Message {
        let mut bytes = Vec::new();
        self.format.encode(samples, &mut bytes);
        let at_ms = self.sent_us / 1_000;
        self.sent_us += self.format.us_for_bytes(bytes.len());
        if self.binary {
            return Message::binary(bytes);
        }
        self.chunk += 1;
        let payload = BASE64_STANDARD.encode(bytes);
        let (chunk, at) = (self.chunk, at_ms.to_string());
        let media = match self.dialect {
            Dialect::Ivr => json!({"chunk": chunk, "timestamp": at, "payload": payload}),
            Dialect::Twilio => {
                json!({"track": "inbound", "chunk": chunk.to_string(), "timestamp": at, "payload": payload})
            }
            Dialect::Plivo => {
                json!({"track": "inbound", "timestamp": at, "chunk": chunk, "payload": payload})
            }
            Dialect::Exotel => {
                json!({"chunk": chunk.to_string(), "timestamp": at, "payload": payload})
            }
        };
        self.encode("media", "media", media)
    }

    /// A pressed key.
    pub(crate) fn encode_digit(&mut self, digit: char) -> Message {
        let digit = digit.to_string();
        let dtmf = match self.dialect {
            Dialect::Ivr => json!({"digit": digit, "duration": "120"}),
            Dialect::Twilio => json!({"track": "inbound_track", "digit": digit}),
            Dialect::Plivo => {
                let at = (self.sent_us / 1_000).to_string();
                json!({"track": "inbound", "digit": digit, "timestamp": at})
            }
            Dialect::Exotel => json!({"digit": digit, "duration": "120"}),
        };
        self.encode("dtmf", "dtmf", dtmf)
    }

    /// A mark has been reached, or thrown away by a clear; `None` where the dialect does not tell.
    pub(crate) fn encode_mark(&mut self, name: &str, played: bool) -> Option<Message> {
        match self.dialect {
            Dialect::Plivo => played.then(|| self.encode("playedStream", "name", name.into())),
            _ => Some(self.encode("mark", "mark", json!({"name": name}))),
        }
    }

    /// The bot's clear is done; `None` where the dialect does not tell.
    pub(crate) fn encode_cleared(&mut self) -> Option<Message> {
        (self.dialect == Dialect::Plivo).then(|| self.encode("clearedAudio", "", Value::Null))
    }

    /// The stream is over; `None` where only the socket tells.
    pub(crate) fn encode_stop(&mut self) -> Option<Message> {
        let (call, account) = (self.ids.call.as_str(), self.ids.account.as_str());
        let stop = match self.dialect {
            Dialect::Ivr => json!({"call_sid": call, "reason": "callended"}),
            Dialect::Twilio => json!({"accountSid": account, "callSid": call}),
            Dialect::Plivo => return None,
            Dialect::Exotel => {
                json!({"call_sid": call, "account_sid": account, "reason": "callended"})
            }
        };
        Some(self.encode("stop", "stop", stop))
    }

    fn start(&mut self) -> Message {
        let Ids {
            stream,
            call,
            account,
        } = &self.ids;
        let rate_hz = self.format.rate_hz;
        let parameters: Map<String, Value> = self
            .parameters
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect();
        let start = match self.dialect {
            Dialect::Ivr => {
                json!({"stream_sid": stream, "call_sid": call, "from": FROM, "to": TO,
                "media_format": {"encoding": "raw/slin", "sample_rate": rate_hz}})
            }
            Dialect::Twilio => {
                json!({"accountSid": account, "streamSid": stream, "callSid": call,
                "tracks": ["inbound"], "customParameters": parameters,
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}})
            }
            Dialect::Plivo => {
                json!({"callId": call, "streamId": stream, "accountId": account,
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": content_type(self.format), "sampleRate": rate_hz}})
            }
            Dialect::Exotel => {
                let (encoding, bits) = match self.format.encoding {
                    Encoding::Mulaw => ("audio/x-mulaw", "8"),
                    _ => ("raw/slin", "16"),
                };
                json!({"stream_sid": stream, "call_sid": call, "account_sid": account,
                "from": FROM, "to": TO, "custom_parameters": parameters,
                "media_format": {"encoding": encoding, "sample_rate": rate_hz.to_string(), "bit_rate": bits}})
            }
        };
        self.encode("start", "start", start)
    }

    /// An event with its counter, its stream, and a body.
    fn encode(&mut self, event: &str, field: &str, body: Value) -> Message {
        let mut message = Map::new();
        message.insert("event".to_owned(), event.into());
        let (counter, id) = match self.dialect {
            Dialect::Ivr | Dialect::Exotel => ("sequence_number", "stream_sid"),
            Dialect::Twilio => ("sequenceNumber", "streamSid"),
            Dialect::Plivo => ("sequenceNumber", "streamId"),
        };
        // Plivo counts from 0, the others from 1.
        let first = u64::from(self.dialect != Dialect::Plivo);
        let number = self.sequence + first;
        self.sequence += 1;
        let number = match self.dialect {
            Dialect::Ivr | Dialect::Plivo => Value::from(number),
            Dialect::Twilio | Dialect::Exotel => number.to_string().into(),
        };
        message.insert(counter.to_owned(), number);
        if !(self.dialect == Dialect::Plivo && event == "start") {
            message.insert(id.to_owned(), self.ids.stream.as_str().into());
        }
        if !field.is_empty() {
            message.insert(field.to_owned(), body);
        }
        if self.dialect == Dialect::Plivo && matches!(event, "start" | "media" | "dtmf") {
            message.insert("extra_headers".to_owned(), self.extra_headers().into());
        }
        text(&Value::Object(message))
    }

    fn extra_headers(&self) -> String {
        let pairs = self
            .parameters
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join(",")
    }
}

impl Ids {
    fn new(dialect: Dialect, random: [u8; 16]) -> Self {
        let number = u128::from_be_bytes(random);
        let hex = format!("{number:032x}");
        match dialect {
            Dialect::Ivr => Self {
                stream: format!("{}.{}", number % 10_000_000_000, number % 1_000),
                call: format!(
                    "call_{}_{}",
                    number % 10_000_000_000_000,
                    number % 1_000_000
                ),
                account: String::new(),
            },
            Dialect::Twilio => Self {
                stream: format!("MZ{hex}"),
                call: format!("CA{hex}"),
                account: format!("AC{hex}"),
            },
            Dialect::Plivo | Dialect::Exotel => Self {
                stream: hex.clone(),
                call: format!("c{hex}"),
                account: "inspector".to_owned(),
            },
        }
    }
}

fn content_type(format: AudioFormat) -> &'static str {
    match format.encoding {
        Encoding::Mulaw => "audio/x-mulaw",
        _ => "audio/x-l16",
    }
}

fn text(value: &Value) -> Message {
    Message::text(value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspector::options;

    fn platform(dialect: Dialect) -> Platform {
        let mut options = Options::new("ws://h/", dialect);
        options.parameters = vec![("k".to_owned(), "v".to_owned())];
        let mut platform = Platform::new(&options, [7; 16]);
        platform.ids = Ids {
            stream: "s".to_owned(),
            call: "c".to_owned(),
            account: "a".to_owned(),
        };
        platform
    }

    fn said(dialect: Dialect) -> Vec<Value> {
        let mut platform = platform(dialect);
        let mut said: Vec<_> = platform
            .encode_opening()
            .into_iter()
            .map(|it| it.1)
            .collect();
        said.push(platform.encode_media(&[0, 0, 0]));
        said.push(platform.encode_digit('1'));
        said.extend(platform.encode_mark("m1", true));
        said.extend(platform.encode_mark("m2", false));
        said.extend(platform.encode_cleared());
        said.extend(platform.encode_stop());
        said.iter()
            .map(|message| serde_json::from_str(message.to_text().expect("text")).expect("JSON"))
            .collect()
    }

    #[test]
    fn the_bridges_call_as_the_vendor_prints_it() {
        let expected = [
            json!({"event":"connected"}),
            json!({"event":"start","sequence_number":1,"stream_sid":"s","start":{"stream_sid":"s","call_sid":"c",
                "from":FROM,"to":TO,"media_format":{"encoding":"raw/slin","sample_rate":8000}}}),
            json!({"event":"media","sequence_number":2,"stream_sid":"s",
                "media":{"chunk":1,"timestamp":"0","payload":"AAAAAAAA"}}),
            json!({"event":"dtmf","sequence_number":3,"stream_sid":"s","dtmf":{"digit":"1","duration":"120"}}),
            json!({"event":"mark","sequence_number":4,"stream_sid":"s","mark":{"name":"m1"}}),
            json!({"event":"mark","sequence_number":5,"stream_sid":"s","mark":{"name":"m2"}}),
            json!({"event":"stop","sequence_number":6,"stream_sid":"s","stop":{"call_sid":"c","reason":"callended"}}),
        ];
        assert_eq!(said(Dialect::Ivr), expected);
    }

    #[test]
    fn twilios_call() {
        let expected = [
            json!({"event":"connected","protocol":"Call","version":"1.0.0"}),
            json!({"event":"start","sequenceNumber":"1","streamSid":"s","start":{"accountSid":"a","streamSid":"s",
                "callSid":"c","tracks":["inbound"],"customParameters":{"k":"v"},
                "mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}),
            json!({"event":"media","sequenceNumber":"2","streamSid":"s",
                "media":{"track":"inbound","chunk":"1","timestamp":"0","payload":"////"}}),
            json!({"event":"dtmf","sequenceNumber":"3","streamSid":"s","dtmf":{"track":"inbound_track","digit":"1"}}),
            json!({"event":"mark","sequenceNumber":"4","streamSid":"s","mark":{"name":"m1"}}),
            json!({"event":"mark","sequenceNumber":"5","streamSid":"s","mark":{"name":"m2"}}),
            json!({"event":"stop","sequenceNumber":"6","streamSid":"s","stop":{"accountSid":"a","callSid":"c"}}),
        ];
        assert_eq!(said(Dialect::Twilio), expected);
    }

    #[test]
    fn plivos_call_begins_with_start_and_ends_with_the_socket() {
        let expected = [
            json!({"event":"start","sequenceNumber":0,"start":{"callId":"c","streamId":"s","accountId":"a",
                "tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000}},"extra_headers":"k=v"}),
            json!({"event":"media","sequenceNumber":1,"streamId":"s","extra_headers":"k=v",
                "media":{"track":"inbound","timestamp":"0","chunk":1,"payload":"////"}}),
            json!({"event":"dtmf","sequenceNumber":2,"streamId":"s","extra_headers":"k=v",
                "dtmf":{"track":"inbound","digit":"1","timestamp":"0"}}),
            json!({"event":"playedStream","sequenceNumber":3,"streamId":"s","name":"m1"}),
            json!({"event":"clearedAudio","sequenceNumber":4,"streamId":"s"}),
        ];
        assert_eq!(said(Dialect::Plivo), expected);
    }

    #[test]
    fn the_start_tells_the_encoding() {
        let format = |dialect, encoding| {
            let mut options = Options::new("ws://h/", dialect);
            options.audio.encoding = encoding;
            let opening = Platform::new(&options, [7; 16]).encode_opening();
            let (_, start) = opening.last().expect("start");
            let start: Value = serde_json::from_str(start.to_text().expect("text")).expect("JSON");
            let told = ["mediaFormat", "media_format"].map(|name| start["start"][name].clone());
            told.into_iter().find(Value::is_object).expect("a format")
        };
        assert_eq!(
            format(Dialect::Exotel, options::Encoding::Mulaw),
            json!({"encoding":"audio/x-mulaw","sample_rate":"8000","bit_rate":"8"})
        );
        assert_eq!(
            format(Dialect::Plivo, options::Encoding::Pcm16),
            json!({"encoding":"audio/x-l16","sampleRate":8000})
        );
    }

    #[test]
    fn exotels_numbers_are_text() {
        let all = said(Dialect::Exotel);
        assert_eq!(
            all.get(1..3),
            Some(
                &[
                    json!({"event":"start","sequence_number":"1","stream_sid":"s","start":{"stream_sid":"s",
                        "call_sid":"c","account_sid":"a","from":FROM,"to":TO,"custom_parameters":{"k":"v"},
                        "media_format":{"encoding":"raw/slin","sample_rate":"8000","bit_rate":"16"}}}),
                    json!({"event":"media","sequence_number":"2","stream_sid":"s",
                        "media":{"chunk":"1","timestamp":"0","payload":"AAAAAAAA"}}),
                ][..]
            )
        );
        assert_eq!(
            all.last(),
            Some(
                &json!({"event":"stop","sequence_number":"6","stream_sid":"s",
                "stop":{"call_sid":"c","account_sid":"a","reason":"callended"}})
            )
        );
    }
}
