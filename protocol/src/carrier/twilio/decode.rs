//! From a message of Twilio's to an event.

use std::borrow::Cow;

use base64_simd::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::encode::Templates;
use super::scan::scan;
use super::{CarrierEvent, Fault, Phase, Start, Twilio};
use crate::Frame;
use crate::excerpt::excerpt;
use crate::json::{Count, Text};

const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// A message of any event. One struct, because a tagged enum would buffer every media frame before reading it.
#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    event: Option<Text<'a>>,
    #[serde(borrow, rename = "streamSid")]
    stream_sid: Option<Text<'a>>,
    #[serde(default, rename = "sequenceNumber")]
    sequence: Count,
    #[serde(borrow)]
    media: Option<Media<'a>>,
    #[serde(borrow)]
    start: Option<&'a RawValue>,
    #[serde(borrow)]
    dtmf: Option<Dtmf<'a>>,
    #[serde(borrow)]
    mark: Option<Mark<'a>>,
    #[serde(borrow)]
    stop: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Media<'a> {
    #[serde(borrow)]
    track: Option<Text<'a>>,
    #[serde(default)]
    chunk: Count,
    #[serde(default)]
    timestamp: Count,
    #[serde(borrow)]
    payload: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Dtmf<'a> {
    #[serde(borrow)]
    digit: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Mark<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Stop<'a> {
    #[serde(borrow)]
    reason: Option<Text<'a>>,
}

impl Twilio {
    /// Reads one message. `audio` is scratch: it is emptied, and holds samples after [`CarrierEvent::Media`] alone.
    ///
    /// # Errors
    ///
    /// A [`Fault`]; the state is then as before.
    pub fn decode<'a>(
        &mut self,
        frame: Frame<'a>,
        audio: &mut Vec<u8>,
    ) -> Result<CarrierEvent<'a>, Fault> {
        audio.clear();
        match self.scan(frame, audio) {
            Some(event) => Ok(event),
            None => self.parse(frame, audio),
        }
    }

    /// The same by the parser alone. `audio` is empty.
    pub(super) fn parse<'a>(
        &mut self,
        frame: Frame<'a>,
        audio: &mut Vec<u8>,
    ) -> Result<CarrierEvent<'a>, Fault> {
        let wire = parse(frame)?;
        if matches!(self.phase, Phase::Stopped) {
            return Err(Fault::AfterStop);
        }
        let event = wire.event.as_ref().map(|text| text.0.as_ref());
        match event {
            Some("media") => {
                self.check_stream("media", wire.stream_sid.as_ref())?;
                wire.media(audio)
            }
            Some("mark") => {
                self.check_stream("mark", wire.stream_sid.as_ref())?;
                wire.mark()
            }
            Some("dtmf") => {
                self.check_stream("dtmf", wire.stream_sid.as_ref())?;
                wire.dtmf()
            }
            Some("start") => self.start(wire),
            Some("stop") => {
                if matches!(self.phase, Phase::Streaming(_)) {
                    self.check_stream("stop", wire.stream_sid.as_ref())?;
                }
                self.phase = Phase::Stopped;
                Ok(CarrierEvent::Stop {
                    reason: stop_reason(wire.stop),
                })
            }
            Some("connected") => Ok(CarrierEvent::Connected),
            Some(_) => Ok(CarrierEvent::Ignored),
            None => Err(Fault::BadField {
                field: "event",
                expected: "the event's name",
            }),
        }
    }

    /// A media message of this stream in Twilio's own form; anything else, or wrong in any way, is for the parser.
    fn scan<'a>(&self, frame: Frame<'a>, audio: &mut Vec<u8>) -> Option<CarrierEvent<'a>> {
        let (Frame::Text(text), Phase::Streaming(stream)) = (frame, &self.phase) else {
            return None;
        };
        let media = scan(text).filter(|media| media.stream_sid == stream.sid())?;
        if text.len() > MAX_MESSAGE_BYTES {
            return None;
        }
        if STANDARD
            .decode_append(media.payload.as_bytes(), audio)
            .is_err()
        {
            audio.clear();
            return None;
        }
        Some(CarrierEvent::Media {
            chunk: Some(media.chunk),
            sequence: Some(media.sequence),
            timestamp_ms: Some(media.timestamp_ms),
        })
    }

    fn start<'a>(&mut self, wire: Wire<'a>) -> Result<CarrierEvent<'a>, Fault> {
        if matches!(self.phase, Phase::Streaming(_)) {
            return Err(Fault::SecondStart);
        }
        let start = Start::read(wire.start, wire.stream_sid)?;
        self.phase = Phase::Streaming(Templates::new(&start.stream_sid));
        Ok(CarrierEvent::Start(Box::new(start)))
    }

    /// The stream must have begun, and a message that names a stream must name this one.
    fn check_stream(&self, event: &'static str, named: Option<&Text<'_>>) -> Result<(), Fault> {
        let Phase::Streaming(stream) = &self.phase else {
            return Err(Fault::BeforeStart { event });
        };
        match named {
            Some(Text(named)) if named != stream.sid() => Err(Fault::WrongStream {
                expected: excerpt(stream.sid()),
                got: excerpt(named),
            }),
            _ => Ok(()),
        }
    }
}

impl<'a> Wire<'a> {
    fn media(self, audio: &mut Vec<u8>) -> Result<CarrierEvent<'a>, Fault> {
        const MISSING: Fault = Fault::BadField {
            field: "media.payload",
            expected: "base64 audio",
        };
        let media = self.media.ok_or(MISSING)?;
        let track = media.track.as_ref().map(|text| text.0.as_ref());
        if !matches!(track, None | Some("inbound" | "inbound_track")) {
            return Ok(CarrierEvent::Ignored);
        }
        let payload = media.payload.ok_or(MISSING)?.0;
        if STANDARD.decode_append(payload.as_bytes(), audio).is_err() {
            audio.clear();
            return Err(Fault::BadBase64 {
                chars: payload.len(),
            });
        }
        Ok(CarrierEvent::Media {
            chunk: media.chunk.0,
            sequence: self.sequence.0,
            timestamp_ms: media.timestamp.0,
        })
    }

    fn mark(self) -> Result<CarrierEvent<'a>, Fault> {
        match self.mark.and_then(|mark| mark.name) {
            Some(Text(name)) => Ok(CarrierEvent::Mark { name }),
            None => Err(Fault::BadField {
                field: "mark.name",
                expected: "a name",
            }),
        }
    }

    fn dtmf(self) -> Result<CarrierEvent<'a>, Fault> {
        let text = self.dtmf.and_then(|dtmf| dtmf.digit);
        let text = text.as_ref().map_or("", |text| &text.0);
        let mut chars = text.chars().map(|c| c.to_ascii_uppercase());
        match (chars.next(), chars.next()) {
            (Some(digit @ ('0'..='9' | '*' | '#' | 'A'..='D')), None) => {
                Ok(CarrierEvent::Dtmf { digit })
            }
            _ => Err(Fault::BadField {
                field: "dtmf.digit",
                expected: "one character of 0-9 * # A-D",
            }),
        }
    }
}

fn parse(frame: Frame<'_>) -> Result<Wire<'_>, Fault> {
    let text = match frame {
        Frame::Binary(bytes) => return Err(Fault::Binary { len: bytes.len() }),
        Frame::Text(text) if text.len() > MAX_MESSAGE_BYTES => {
            return Err(Fault::TooBig { len: text.len() });
        }
        Frame::Text(text) => text,
    };
    serde_json::from_str(text).map_err(|e| Fault::Malformed {
        line: e.line(),
        column: e.column(),
    })
}

/// A `stop` ends the stream whatever it holds.
fn stop_reason(raw: Option<&RawValue>) -> Option<Cow<'_, str>> {
    let stop: Stop<'_> = serde_json::from_str(raw?.get()).ok()?;
    stop.reason.map(|text| text.0)
}
