//! What an inspection finds: a closed set of codes, each with what was expected and got.

use std::fmt;

use serde::Serialize;

/// One kind of finding. The codes are stable: scripts may look for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Code {
    /// A text message is no JSON object.
    NotJson,
    /// Neither the vendor's nor a known event or type.
    UnknownMessage,
    /// A message lacks a field, or it is of another kind.
    BadField,
    /// A field the vendor refuses as unknown.
    UnknownField,
    /// Understood, although the vendor does not document it.
    Undocumented,
    /// A binary frame where the dialect has none.
    BinaryFrame,
    /// Audio that is no base64.
    BadBase64,
    /// Audio that ends in half a sample.
    OddLength,
    /// An audio message without audio.
    EmptyAudio,
    /// An audio message of a size the dialect refuses.
    ChunkSize,
    /// Audio in another format than the stream's.
    WrongFormat,
    /// Another stream's id, or none where one is required.
    WrongStream,
    /// A message that is the platform's to send.
    WrongRole,
    /// A message longer than 256 KiB.
    MessageTooLong,
    /// A mark without a name, or with one longer than 128 bytes.
    MarkName,
    /// More than 1,024 marks wait at once.
    TooManyMarks,
    /// More audio ahead of real time than the platform keeps.
    TooFarAhead,
    /// The caller hears a hole in the bot's speech.
    Gap,
    /// The first audio came late, or has not come yet.
    LateFirstAudio,
    /// The bot was never heard.
    NoAudio,
    /// A message after the bot hung up or handed the call over.
    AfterHangup,
    /// The bot does not read what it is sent.
    NotReading,
    /// A ping was not answered.
    NoPong,
    /// Closed by the bot without a hang-up or transfer before it; `ivr` only.
    NoHangup,
    /// Closed by the bot with another code than 1000, or none.
    CloseCode,
    /// Our close frame was not answered.
    CloseUnanswered,
    /// The close was answered, or the bot's, and the connection stayed open.
    ConnectionKept,
    /// The connection ended without a close frame.
    ConnectionLost,
    /// The upgrade was refused.
    Refused,
    /// The upgrade was not answered, or not by HTTP.
    NoUpgrade,
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The platform refuses it, or the caller loses by it.
    Fault,
    /// It works, and may not elsewhere.
    Warning,
}

/// One finding, with how often it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind.
    pub code: Code,
    /// How much it weighs.
    pub severity: Severity,
    /// When it was first made, in milliseconds since the socket opened.
    pub at_ms: u64,
    /// What would have been right.
    pub expected: String,
    /// What was there, at most 80 characters of it.
    pub got: String,
    /// How often, the first included.
    pub count: u64,
}

/// The findings of one inspection.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    all: Vec<Finding>,
}

/// A finding without its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) code: Code,
    pub(crate) severity: Severity,
    pub(crate) expected: String,
    pub(crate) got: String,
}

impl Code {
    /// The code as it is written in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotJson => "not_json",
            Self::UnknownMessage => "unknown_message",
            Self::BadField => "bad_field",
            Self::UnknownField => "unknown_field",
            Self::Undocumented => "undocumented",
            Self::BinaryFrame => "binary_frame",
            Self::BadBase64 => "bad_base64",
            Self::OddLength => "odd_length",
            Self::EmptyAudio => "empty_audio",
            Self::ChunkSize => "chunk_size",
            Self::WrongFormat => "wrong_format",
            Self::WrongStream => "wrong_stream",
            Self::WrongRole => "wrong_role",
            Self::MessageTooLong => "message_too_long",
            Self::MarkName => "mark_name",
            Self::TooManyMarks => "too_many_marks",
            Self::TooFarAhead => "too_far_ahead",
            Self::Gap => "gap",
            Self::LateFirstAudio => "late_first_audio",
            Self::NoAudio => "no_audio",
            Self::AfterHangup => "after_hangup",
            Self::NotReading => "not_reading",
            Self::NoPong => "no_pong",
            Self::NoHangup => "no_hangup",
            Self::CloseCode => "close_code",
            Self::CloseUnanswered => "close_unanswered",
            Self::ConnectionKept => "connection_kept",
            Self::ConnectionLost => "connection_lost",
            Self::Refused => "refused",
            Self::NoUpgrade => "no_upgrade",
        }
    }
}

impl Found {
    pub(crate) fn fault(code: Code, expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Fault,
            expected: expected.into(),
            got: shortened(&got.into()),
        }
    }

    pub(crate) fn warning(code: Code, expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self::fault(code, expected, got).weakened()
    }

    /// The same as a warning.
    pub(crate) fn weakened(self) -> Self {
        Self {
            severity: Severity::Warning,
            ..self
        }
    }
}

impl Findings {
    /// Findings of one code and weight that are kept apart; further ones are counted with the last.
    const KEPT: usize = 5;

    /// Writes a finding down; true when it is the first of its kind.
    pub(crate) fn push(&mut self, at_ms: u64, found: Found) -> bool {
        // A fault is never counted with warnings: the verdict hangs on it.
        let same = |kept: &&mut Finding| kept.code == found.code && kept.severity == found.severity;
        let alike = |kept: &&mut Finding| {
            same(kept) && kept.expected == found.expected && kept.got == found.got
        };
        if let Some(kept) = self.all.iter_mut().find(alike) {
            kept.count += 1;
            return false;
        }
        let mut same = self.all.iter_mut().filter(same);
        if let Some(last) = same.nth(Self::KEPT - 1) {
            last.count += 1;
            return false;
        }
        self.all.push(Finding {
            code: found.code,
            severity: found.severity,
            at_ms,
            expected: found.expected,
            got: found.got,
            count: 1,
        });
        true
    }

    pub(crate) fn into_all(self) -> Vec<Finding> {
        self.all
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Fault => "FAULT",
            Severity::Warning => "warning",
        };
        let at = self.at_ms as f64 / 1_000.0;
        let (code, expected, got) = (self.code.name(), &self.expected, &self.got);
        write!(
            f,
            "{severity} {code} at {at:.3} s: expected {expected}, got {got}"
        )?;
        if self.count > 1 {
            write!(f, " (×{})", self.count)?;
        }
        Ok(())
    }
}

/// At most 80 characters, none of them a control character.
fn shortened(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(80)
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_alike_are_one_and_many_of_a_code_are_bounded() {
        let mut findings = Findings::default();
        let found = |got: &str| Found::fault(Code::NotJson, "JSON", got);
        assert!(findings.push(5, found("x")));
        assert!(!findings.push(9, found("x")));
        for at in 0..20 {
            findings.push(at, found(&at.to_string()));
        }
        let all = findings.into_all();
        assert_eq!(all.len(), Findings::KEPT);
        assert_eq!(all.iter().map(|found| found.count).sum::<u64>(), 22);
        assert_eq!(
            all.first().map(ToString::to_string).as_deref(),
            Some("FAULT not_json at 0.005 s: expected JSON, got x (×2)")
        );
    }

    #[test]
    fn a_fault_is_kept_beside_warnings_alike() {
        let fault = |got: &str| Found::fault(Code::AfterHangup, "nothing", got);
        let mut findings = Findings::default();
        for got in ["a", "b", "c", "d", "e", "f"] {
            findings.push(1, fault(got).weakened());
        }
        assert!(findings.push(2, fault("a")), "as a warning it is known");
        assert!(findings.push(3, fault("g")), "five warnings are kept");
        let faults = |found: &Finding| found.severity == Severity::Fault;
        let all = findings.into_all();
        assert_eq!(all.iter().filter(|found| faults(found)).count(), 2);
        assert_eq!(all.iter().map(|found| found.count).sum::<u64>(), 8);
    }

    #[test]
    fn a_code_is_written_the_same_everywhere() {
        for code in [Code::NotJson, Code::CloseUnanswered, Code::AfterHangup] {
            let json = serde_json::to_value(code).expect("JSON");
            assert_eq!(json, code.name());
        }
    }

    #[test]
    fn what_is_shown_of_a_message_is_short_and_printable() {
        let found = Found::fault(Code::NotJson, "JSON", format!("a\u{7}b{}", "c".repeat(200)));
        assert_eq!(found.got.chars().count(), 81);
        assert!(found.got.starts_with("a bc"));
    }
}
