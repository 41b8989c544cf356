//! The softphone: places one call over a real socket, speaks, listens, and reports what was heard and when.
//!
//! It is an independent far end. The client side of each wire is written here from the vendors' pages and shares
//! no code with the gateway's own dialects, so a mistake there is not repeated here. It speaks to `ws://` only:
//! this build carries no TLS client.
//!
//! Layers: `run` owns the socket and the clock and decides nothing; the phone behind it (caller, playback
//! buffer, dialect) is pure and counts time in samples.

mod activity;
pub(crate) mod caller;
/// The `trunkline call` command.
pub mod cli;
pub(crate) mod clock;
mod connect;
mod dialect;
mod ear;
mod error;
mod event;
mod journal;
mod options;
mod phone;
pub(crate) mod player;
mod report;
mod run;
mod sound;
mod turns;

pub use caller::Step;
pub use error::PhoneError;
pub use event::{ClearKind, EventKind, PhoneEvent, Side};
pub use options::{Dialect, Key, KeyPress, Options};
pub use report::{CallReport, Ended, Recording};
pub use sound::{read_wav, resample};
pub use turns::{BargeIn, Turn, TurnKind};

use tokio::sync::mpsc::Sender;

/// Places one call and stays with it until it ends.
///
/// `script` is played in order; after its last step the phone hangs up. `events` receives each event as it is
/// noticed; a full or closed channel never holds the call up (what did not fit is counted in
/// [`CallReport::events_missed`]), and the report holds them all.
///
/// # Errors
///
/// Everything that prevents the call: a bad option, a refusal over HTTP, no connection. Once the socket is open
/// the call always yields a report; [`CallReport::ended`] says how it went.
///
/// # Cancel safety
///
/// Dropping the future drops the socket without a close frame.
pub async fn place(
    options: Options,
    script: Vec<Step>,
    events: Sender<PhoneEvent>,
) -> Result<CallReport, PhoneError> {
    options.check()?;
    let dialect = dialect::Wire::new(&options, random_bytes()?);
    let opened = connect::open(&options, &dialect).await?;
    let mut phone = phone::Phone::new(&options, dialect, script);
    phone.handle_connected(opened.handshake, opened.subprotocol);
    Ok(run::drive(opened.socket, phone, &events).await)
}

/// The randomness of a call: stream and call ids are made of it.
fn random_bytes() -> Result<[u8; 48], PhoneError> {
    let mut bytes = [0; 48];
    getrandom::fill(&mut bytes).map_err(|error| PhoneError::Randomness {
        reason: error.to_string(),
    })?;
    Ok(bytes)
}
