//! What is measured and counted, in the words of who runs a gateway.

use crate::measure::{Count, Span};

/// A heading, and what it means.
pub(super) const fn span(of: Span) -> (&'static str, &'static str) {
    match of {
        Span::RoundTrip => (
            "Round trip",
            "From when a frame was due to when it was back: what a caller would notice, whoever is to blame.",
        ),
        Span::SendLate => (
            "Round trip: sent late",
            "From when a frame was due to when it was handed to the socket: the lateness of the callers, not of the server. It is this program’s own, but for what callers who are made to fall silent hold back.",
        ),
        Span::Wire => (
            "Round trip: there and back",
            "From when a frame was handed to the socket to when it was back: the server, its bot and the sockets.",
        ),
        Span::Gap => (
            "Gap",
            "From one message with audio to the next. A frame lasts 20 ms.",
        ),
        Span::SetUp => (
            "Set-up",
            "From dialling to the end of the WebSocket upgrade.",
        ),
        Span::FirstFrame => ("First frame", "From dialling to the first frame back."),
        Span::Clear => (
            "Clear",
            "From the bot’s clear to the caller’s, behind which nothing older comes.",
        ),
        Span::AfterDue => (
            "Burst: after it was due",
            "How much later than its place in the speech, less the lead, a frame of a burst came.",
        ),
        Span::AfterLatest => (
            "Burst: after the latest moment",
            "As above, less the slack that a late timer is allowed within the lead: anything here eats into what the far end has buffered.",
        ),
        Span::Recovery => (
            "Recovery",
            "From the end of a stall until the round trip was what it had been.",
        ),
    }
}

/// What a count means.
pub(super) const fn count(of: Count) -> &'static str {
    match of {
        Count::Connected => "calls put through",
        Count::Completed => "calls that went as they should to their end",
        Count::Sent => "frames handed to sockets",
        Count::Received => "frames that came back",
        Count::Lost => "frames that did not come back",
        Count::Duplicated => "frames that came back more than once",
        Count::Reordered => "frames that were overtaken",
        Count::Damaged => "frames that are not what was sent",
        Count::Stale => "frames of what had been cleared, behind the clear",
        Count::Cleared => "clears that came",
        Count::Uncleared => "clears that never came",
        Count::GivenUp => "callers who read nothing, whose call the server ended as it should",
    }
}
