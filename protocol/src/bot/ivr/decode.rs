//! From a message of the bot's to an event.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::bot::inbound::{Mark, Media, audio, check_size, keys, parse, scalar, text};
use crate::bot::{BotEvent, BotFault};
use crate::json::{Text, kind};
use crate::{Frame, Secret};

const MAX_DESTINATIONS: usize = 16;
const MAX_DESTINATION_CHARS: usize = 128;
const MAX_URL_BYTES: usize = 2048;

/// A message of any type. One struct, because a tagged enum would buffer every audio message before reading it.
#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    event: Option<Text<'a>>,
    #[serde(borrow)]
    delta: Option<Text<'a>>,
    #[serde(borrow)]
    media: Option<Media<'a>>,
    #[serde(borrow)]
    mark: Option<Mark<'a>>,
    #[serde(borrow)]
    dtmf: Option<&'a RawValue>,
    #[serde(borrow)]
    destination: Option<&'a RawValue>,
    #[serde(borrow)]
    strategy: Option<&'a RawValue>,
    #[serde(borrow)]
    url: Option<&'a RawValue>,
    #[serde(borrow)]
    flow_id: Option<&'a RawValue>,
    #[serde(borrow)]
    extension: Option<&'a RawValue>,
}

/// Reads one message; samples are appended to `samples`.
pub(in crate::bot) fn decode<'a>(
    frame: Frame<'a>,
    samples: &mut Vec<u8>,
) -> Result<BotEvent<'a>, BotFault> {
    if let Frame::Binary(bytes) = frame {
        check_size(bytes.len())?;
        samples.extend_from_slice(bytes);
        return Ok(BotEvent::Audio);
    }
    let wire: Wire<'a> = parse(text(frame)?)?;
    match wire.kind.as_ref().map(|kind| kind.0.as_ref()) {
        Some("response.audio.delta") => audio("delta", wire.delta.as_ref(), samples),
        Some("audio.clear") => Ok(BotEvent::Clear),
        Some("session.hangup") => Ok(BotEvent::HangUp),
        Some("session.dtmf") => keys("dtmf", wire.dtmf).map(BotEvent::Press),
        Some("session.transfer") => wire.transfer(),
        Some("session.transfer_ws") => wire.transfer_bot(),
        Some("session.flow_transfer") => Ok(BotEvent::TransferFlow {
            flow_id: short("flow_id", wire.flow_id)?,
        }),
        Some("session.transfer_extension") => Ok(BotEvent::TransferExtension {
            extension: short("extension", wire.extension)?,
        }),
        _ => wire.exotel_event(samples),
    }
}

impl<'a> Wire<'a> {
    fn transfer(self) -> Result<BotEvent<'a>, BotFault> {
        let destinations = self
            .destination
            .and_then(|raw| serde_json::from_str::<Destinations>(raw.get()).ok())
            .ok_or(BotFault::BadField {
                field: "destination",
                expected: "1 to 16 strings of 1 to 128 characters",
                got: self.destination.map_or("nothing", kind),
            })?;
        let sequential = match self.strategy {
            None => false,
            Some(_) => {
                const EXPECTED: &str = "sequential or simultaneous";
                let known = |word: &str| matches!(word, "sequential" | "simultaneous");
                scalar("strategy", self.strategy, EXPECTED, known)? == "sequential"
            }
        };
        Ok(BotEvent::Transfer {
            destinations: destinations.0,
            sequential,
        })
    }

    fn transfer_bot(self) -> Result<BotEvent<'a>, BotFault> {
        let url = scalar("url", self.url, "a URL of 1 to 2048 bytes", |url| {
            (1..=MAX_URL_BYTES).contains(&url.len())
        })?;
        Ok(BotEvent::TransferBot {
            url: Secret::new(url),
        })
    }

    /// What Exotel's bots send. A type beside the event is none of ours.
    fn exotel_event(self, samples: &mut Vec<u8>) -> Result<BotEvent<'a>, BotFault> {
        match self.event.as_ref().map(|event| event.0.as_ref()) {
            Some("media") => {
                let payload = self.media.and_then(|media| media.payload);
                audio("media.payload", payload.as_ref(), samples)
            }
            Some("mark") => Mark::event(self.mark),
            Some("clear") => Ok(BotEvent::Clear),
            None if self.kind.is_none() => Err(BotFault::BadField {
                field: "type",
                expected: "the message's type",
                got: "nothing",
            }),
            _ => Ok(BotEvent::Ignored),
        }
    }
}

fn short(field: &'static str, raw: Option<&RawValue>) -> Result<String, BotFault> {
    scalar(field, raw, "1 to 128 characters", is_destination).map(Into::into)
}

fn is_destination(text: &str) -> bool {
    (1..=MAX_DESTINATION_CHARS).contains(&text.chars().count()) && !text.contains(char::is_control)
}

/// One destination, or an array of them.
struct Destinations(Vec<String>);

impl<'de> Deserialize<'de> for Destinations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DestinationsVisitor)
    }
}

struct DestinationsVisitor;

impl<'de> Visitor<'de> for DestinationsVisitor {
    type Value = Destinations;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("1 to 16 strings")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Destinations, E> {
        if !is_destination(text) {
            return Err(E::custom("1 to 128 characters"));
        }
        Ok(Destinations(vec![text.to_owned()]))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Destinations, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Destinations, A::Error> {
        let mut all = Vec::new();
        while let Some(Text(text)) = seq.next_element()? {
            if all.len() == MAX_DESTINATIONS || !is_destination(&text) {
                return Err(A::Error::custom("1 to 16 strings of 1 to 128 characters"));
            }
            all.push(text.into_owned());
        }
        if all.is_empty() {
            return Err(A::Error::custom("1 to 16 strings"));
        }
        Ok(Destinations(all))
    }
}
