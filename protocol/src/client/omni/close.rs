//! Close codes of the Omni socket.

/// A WebSocket close code we send.
///
/// The vendor publishes no list for Omni, so every meaning here is ours, held inside what its clients are known to do:
/// the browser widget retries after any code but 1000 and 1008; one third-party client also gives up on 4401 and 4403.
/// A refusal that a retry cannot mend is therefore [`CloseCode::POLICY`], never a code of the 4000 range.
/// The widget itself closes with 4002 when it gets a text frame or one it cannot read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CloseCode(u16);

impl CloseCode {
    /// 1000: the conversation is over; sent after `session_ending`. Final. (`session_ending` with 1000 is the vendor's.)
    pub const NORMAL: Self = Self(1000);
    /// 1001: this node drains or stops. Retry at once reaches another. Ours.
    pub const GOING_AWAY: Self = Self(1001);
    /// 1003: the client insists on text frames. Ours.
    pub const UNSUPPORTED_DATA: Self = Self(1003);
    /// 1008: key revoked or expired, origin or scope refused, budget spent. Final. Ours, named as the widget reads it.
    pub const POLICY: Self = Self(1008);
    /// 1009: a message above the size limit. Ours.
    pub const TOO_BIG: Self = Self(1009);
    /// 1011: the engine or the gateway failed. Retry later. Ours.
    pub const INTERNAL: Self = Self(1011);
    /// 4408: nobody spoke, or the longest call length was reached. Ours.
    pub const TIMED_OUT: Self = Self(4408);
    /// 4409: a newer socket took over this call. Ours.
    pub const REPLACED: Self = Self(4409);
    /// 4429: over concurrency, found out after the upgrade; before it the answer is HTTP 429. The code is documented
    /// by the vendor for Hear. Retry later.
    pub const OVER_CONCURRENCY: Self = Self(4429);

    /// The number on the wire.
    pub const fn as_u16(self) -> u16 {
        self.0
    }
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> Self {
        code.0
    }
}
