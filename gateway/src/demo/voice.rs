//! The caller's voice.

use std::sync::Arc;

use trunkline_local::{Voice, Workers};

use crate::lines::{SpeechError, speak};

/// Says a sentence with flite, at `rate_hz`.
///
/// # Errors
/// There is no synthesiser, or it failed.
pub async fn say(workers: &Workers, text: &str, rate_hz: u32) -> Result<Arc<[i16]>, SpeechError> {
    speak(workers, text.into(), Voice::default(), rate_hz).await
}
