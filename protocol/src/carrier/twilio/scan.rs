//! A media message as Twilio itself writes it, read without a parser.
//!
//! Fifty of them a second and call are all that is ever hot here. What differs by as much as a space is left to the
//! parser, so that nothing is understood here that is not understood there, and to the same effect.

/// What is in one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scanned<'a> {
    pub(super) sequence: u64,
    pub(super) chunk: u64,
    pub(super) timestamp_ms: u64,
    /// Not looked at, but for its end.
    pub(super) payload: &'a str,
    pub(super) stream_sid: &'a str,
}

/// Reads a message of the caller's track in Twilio's own order and spacing; `None` for everything else.
pub(super) fn scan(text: &str) -> Option<Scanned<'_>> {
    let rest = text.strip_prefix(r#"{"event":"media","sequenceNumber":""#)?;
    let (sequence, rest) = count(rest)?;
    let rest = rest.strip_prefix(r#"","media":{"track":"inbound","chunk":""#)?;
    let (chunk, rest) = count(rest)?;
    let rest = rest.strip_prefix(r#"","timestamp":""#)?;
    let (timestamp_ms, rest) = count(rest)?;
    let rest = rest.strip_prefix(r#"","payload":""#)?;
    let (payload, rest) = rest.split_once('"')?;
    let rest = rest.strip_prefix(r#"},"streamSid":""#)?;
    let stream_sid = rest.strip_suffix(r#""}"#)?;
    let plain = stream_sid.bytes().all(|b| b.is_ascii_alphanumeric());
    plain.then_some(Scanned {
        sequence,
        chunk,
        timestamp_ms,
        payload,
        stream_sid,
    })
}

/// Digits, and what follows them.
fn count(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(digits)?;
    Some((digits.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Twilio;
    use super::*;
    use crate::Frame;

    /// As on Twilio's page "Media Streams - WebSocket messages".
    const MEDIA: &str = r#"{"event":"media","sequenceNumber":"3","media":{"track":"inbound","chunk":"1","timestamp":"5","payload":"no+JhoaJjpz/"},"streamSid":"MZ1"}"#;

    const START: &str = r#"{"event":"start","streamSid":"MZ1","start":{"streamSid":"MZ1","callSid":"CA1","accountSid":"AC1","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}"#;

    fn started() -> Twilio {
        let mut twilio = Twilio::default();
        twilio.decode(Frame::Text(START), &mut Vec::new()).unwrap();
        twilio
    }

    #[test]
    fn twilios_own_form_is_read() {
        let scanned = Scanned {
            sequence: 3,
            chunk: 1,
            timestamp_ms: 5,
            payload: "no+JhoaJjpz/",
            stream_sid: "MZ1",
        };
        assert_eq!(scan(MEDIA), Some(scanned));
    }

    #[test]
    fn another_form_is_left_to_the_parser() {
        for (from, to) in [
            (r#""inbound""#, r#""outbound""#),
            (r#""chunk":"1""#, r#""chunk":1"#),
            (r#""chunk":"1""#, r#""chunk":"""#),
            (r#""chunk":"1""#, r#""chunk":"99999999999999999999""#),
            (r#":"media""#, r#": "media""#),
            ("MZ1", r"MZ\u0031"),
            ("}", "} "),
        ] {
            assert_eq!(scan(&MEDIA.replacen(from, to, 1)), None, "{to}");
        }
    }

    proptest! {
        #[test]
        fn a_changed_message_means_what_the_parser_says(
            changes in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..3, "[ -~]|[{}\\[\\]\":,/+=0-9]"), 0..4),
        ) {
            let mut text = MEDIA.to_owned();
            for (at, removed, added) in changes {
                let at = at.index(text.len() + 1);
                text.replace_range(at..(at + removed).min(text.len()), &added);
            }
            let (mut scanned, mut parsed) = (Vec::new(), Vec::new());
            let mut twilio = [started(), started()];
            let by_both = twilio[0].decode(Frame::Text(&text), &mut scanned);
            let by_parser = twilio[1].parse(Frame::Text(&text), &mut parsed);
            prop_assert_eq!(format!("{by_both:?}"), format!("{by_parser:?}"));
            prop_assert_eq!(scanned, parsed);
        }
    }
}
