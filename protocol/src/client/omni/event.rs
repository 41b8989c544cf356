//! What the server says to a client, beside audio.

/// One event to a client. Text longer than the protocol allows is cut when it is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerEvent<'a> {
    /// The first message: who we are and what the audio is.
    Hello {
        /// The call.
        call_id: &'a str,
        /// The voice that speaks unless `configure` says otherwise.
        voice_id: &'a str,
        /// Rate of the caller's audio.
        audio_in_hz: u32,
        /// Rate of the agent's audio: the real one, 8000 or 24000.
        audio_out_hz: u32,
    },
    /// The session runs. Its audio fields carry no rate (`pcm16`), as in the vendor's: the rate is in `hello`.
    SessionStarted {
        /// The call.
        call_id: &'a str,
        /// The session's label, which the wire calls `agent_id`.
        agent_id: Option<&'a str>,
    },
    /// The answer to `configure`.
    Configured {
        /// The voice in use.
        voice_id: &'a str,
        /// The language in use.
        language: &'a str,
        /// Whether the agent greets.
        greeting: bool,
        /// How many tools were taken.
        tools: usize,
        /// Rate of the agent's audio.
        audio_out_hz: u32,
        /// Keys that were honoured.
        honored: &'a [&'a str],
        /// Keys that were not.
        ignored: &'a [&'a str],
    },
    /// A turn of the agent begins.
    TurnBegin {
        /// The call.
        call_id: &'a str,
        /// Increases with every turn.
        turn: u64,
    },
    /// The agent's own words; advisory, no proof that they were heard. At most 4,000 characters.
    Transcript {
        /// The words.
        text: &'a str,
        /// No more words of this utterance follow.
        is_final: bool,
    },
    /// A piece of what the caller said, tag `0x02`. At most 4,000 characters: see [`super::split_caller_text`].
    CallerText(&'a str),
    /// The caller spoke over the agent: drop queued and playing agent audio.
    BargeIn,
    /// Drop queued and playing agent audio.
    Flush,
    /// The agent was cut off.
    AssistantInterrupted {
        /// The call.
        call_id: &'a str,
        /// What was heard of the reply; may be empty. At most 500 code points.
        reply: &'a str,
    },
    /// How much agent audio was sent. Keyed on `type`.
    AudioPosition {
        /// Milliseconds of audio sent.
        sent_ms: u64,
        /// Milliseconds of real time since the audio began.
        realtime_ms: u64,
        /// The call.
        call_id: &'a str,
    },
    /// Echo of a key press.
    Dtmf {
        /// The key.
        digit: char,
    },
    /// The client is to run a tool and answer with `tool_result`.
    ToolCall {
        /// Identifies this request; not the session's id.
        call_id: &'a str,
        /// The tool.
        name: &'a str,
        /// Arguments as JSON text; the wire carries them as a string.
        arguments: &'a str,
    },
    /// The client's transport is to transfer the call.
    TransferToHuman {
        /// Number or address.
        destination: &'a str,
    },
    /// The client's transport is to send key tones.
    SendDtmf {
        /// The keys.
        digits: &'a str,
    },
    /// The client's transport is to hang up.
    EndCall {
        /// Why.
        reason: &'a str,
    },
    /// Nobody has spoken for a while and the agent asks.
    IdlePrompt,
    /// The session is over; the socket closes next.
    SessionEnding {
        /// Why.
        reason: &'a str,
    },
    /// Something failed.
    Error {
        /// Stable name in snake case.
        code: &'a str,
        /// For a person.
        message: &'a str,
    },
    /// Something was not as it should be, and the session goes on.
    Warning {
        /// Stable name in snake case.
        code: &'a str,
        /// For a person.
        message: &'a str,
    },
}
