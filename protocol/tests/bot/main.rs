//! Bots: the published messages byte for byte, what bots say with all their liberties, and no panic on any bytes.

mod exotel;
mod ivr;
mod plivo;
mod properties;
mod reply;
mod request;
mod twilio;

use bytes::BytesMut;
use trunkline_protocol::bot::{
    BotEvent, BotFault, BotSocket, Dialect, Encoding, FirstMessage, Stream,
};
use trunkline_protocol::{Frame, FrameKind, Severity};

/// A socket and its scratch.
struct Bot {
    socket: BotSocket,
    audio: Vec<u8>,
}

impl Bot {
    fn new(dialect: Dialect, stream: Stream) -> Self {
        Self::with_first(dialect, stream, None)
    }

    fn with_first(dialect: Dialect, stream: Stream, first: Option<FirstMessage>) -> Self {
        let socket = BotSocket::new(dialect, stream, first);
        let audio = Vec::new();
        Self { socket, audio }
    }

    fn says<'a>(&mut self, text: &'a str) -> Result<BotEvent<'a>, BotFault> {
        self.audio.clear();
        self.socket.decode(Frame::Text(text), &mut self.audio)
    }

    /// The text message `write` writes.
    fn hears(
        &mut self,
        write: impl FnOnce(&mut BotSocket, &mut BytesMut) -> Option<FrameKind>,
    ) -> Option<String> {
        let mut out = BytesMut::new();
        let kind = write(&mut self.socket, &mut out);
        assert!(matches!(kind, None | Some(FrameKind::Text)));
        assert_eq!(kind.is_none(), out.is_empty());
        kind.map(|_| String::from_utf8(out.to_vec()).unwrap())
    }

    fn opening(&mut self) -> Vec<String> {
        (0..9)
            .map_while(|step| self.hears(|socket, out| socket.opening(step, out)))
            .collect()
    }

    fn media(&mut self, audio: &[u8]) -> String {
        self.hears(|socket, out| Some(socket.media(audio, out)))
            .unwrap()
    }

    /// Checks that each message is dropped with its code and leaves no audio.
    fn drops(&mut self, table: &[(&str, &str)]) {
        for (text, code) in table {
            let fault = self.says(text).unwrap_err();
            assert_eq!(
                (fault.code(), fault.severity()),
                (*code, Severity::Drop),
                "{text}"
            );
            assert!(self.audio.is_empty(), "{text}");
        }
    }
}

/// A call from one number to another, with the ids of the bridge's own examples.
fn stream(encoding: Encoding, rate_hz: u32) -> Stream {
    Stream {
        stream_id: "1707204900.123".into(),
        call_id: "call_1707204900000_a1b2c3".into(),
        account_id: "AC1".into(),
        from: "9876543210".into(),
        to: "18001234567".into(),
        parameters: Vec::new(),
        encoding,
        rate_hz,
        binary: false,
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

#[test]
fn dialects_have_their_names_in_configuration() {
    for name in ["ivr", "twilio", "plivo", "exotel"] {
        assert_eq!(name.parse::<Dialect>().unwrap().as_str(), name);
    }
    let unknown = "Twilio\n".parse::<Dialect>().unwrap_err();
    assert_eq!(
        unknown.to_string(),
        r#"expected ivr, twilio, plivo or exotel, got "Twilio?""#
    );
}

#[test]
fn neither_parameters_nor_a_first_message_are_shown() {
    let mut stream = stream(Encoding::Mulaw, 8000);
    stream.parameters = pairs(&[("key", "hunter2")]);
    let first = FirstMessage::parse(&serde_json::json!({"token": "hunter2"})).unwrap();
    let bot = Bot::with_first(Dialect::Plivo, stream, Some(first));
    let debug = format!("{:?} {:#?}", bot.socket, bot.socket);
    assert!(debug.contains("key"));
    assert!(!debug.contains("hunter2"), "{debug}");
}

#[test]
fn a_reused_buffer_is_not_reallocated() {
    for dialect in [
        Dialect::Ivr,
        Dialect::Twilio,
        Dialect::Plivo,
        Dialect::Exotel,
    ] {
        let mut bot = Bot::new(dialect, stream(Encoding::Pcm16, 8000));
        let mut out = BytesMut::with_capacity(4096);
        let before = (out.as_ptr(), out.capacity());
        for _ in 0..50 {
            out.clear();
            bot.socket.media(&[0; 320], &mut out);
            assert_eq!((out.as_ptr(), out.capacity()), before);
        }
    }
}

#[test]
fn messages_of_more_than_256_kib_are_dropped() {
    const CLEAR: &str = r#"{"event":"clear","type":"audio.clear"}"#;
    let padded = |len: usize| CLEAR.to_owned() + &" ".repeat(len - CLEAR.len());
    for dialect in [Dialect::Ivr, Dialect::Twilio, Dialect::Exotel] {
        let mut bot = Bot::new(dialect, stream(Encoding::Pcm16, 8000));
        assert_eq!(bot.says(&padded(262_144)), Ok(BotEvent::Clear));
        let fault = BotFault::TooBig { len: 262_145 };
        assert_eq!(bot.says(&padded(262_145)), Err(fault.clone()));
        assert_eq!(fault.severity(), Severity::Drop);
    }
}
