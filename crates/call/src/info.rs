//! Which call it is: names and numbers, as far as the caller's side tells them.

/// Names and numbers of one call. What nobody told is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallInfo {
    /// The gateway's name of the call.
    pub call_id: String,
    /// The carrier's own name of it.
    pub peer_call_id: Option<String>,
    /// The carrier's account.
    pub account_id: Option<String>,
    /// Who calls.
    pub from: String,
    /// Who was called: a number, or the label of a session.
    pub to: String,
    /// What else the caller's side said, in its order.
    pub parameters: Vec<(String, String)>,
    /// When the call was made, in milliseconds since 1970, by the clock of the machine.
    pub began_unix_ms: u64,
}

impl CallInfo {
    /// Takes over what the caller's side says of itself where it says something.
    pub(crate) fn learn(&mut self, told: Self) {
        self.peer_call_id = told.peer_call_id.or(self.peer_call_id.take());
        self.account_id = told.account_id.or(self.account_id.take());
        if !told.from.is_empty() {
            self.from = told.from;
        }
        if !told.to.is_empty() {
            self.to = told.to;
        }
        self.parameters.extend(told.parameters);
    }
}
