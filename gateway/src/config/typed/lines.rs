//! What the gateway itself says, as it is written.

use std::path::PathBuf;

use serde::Deserialize;

/// `[lines]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TypedLines {
    /// Who speaks the lines that are texts.
    pub voice: Option<String>,
    /// While the agent is connected or sought again.
    pub holding: Option<TypedLine>,
    /// While an agent works on its answer.
    pub filler: Option<TypedLine>,
    /// While the caller is on hold.
    pub hold_music: Option<TypedLine>,
    /// When no agent is left.
    pub apology: Option<TypedLine>,
    /// When the call has reached its maximum length.
    pub too_long: Option<TypedLine>,
    /// When the gateway shuts down.
    pub shutdown: Option<TypedLine>,
    /// When a silent caller is given up.
    pub silent: Option<TypedLine>,
}

/// A text to be spoken, or a recording.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a text, { file = \"x.wav\" }, or \"\" for none"
)]
pub enum TypedLine {
    /// Spoken by the embedded synthesiser; nothing where it is empty.
    Text(String),
    /// Played as it is.
    File(TypedRecording),
}

/// A recording.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypedRecording {
    /// A WAV file, relative to the configuration.
    pub file: PathBuf,
    /// What is said in it, for the transcript.
    #[serde(default)]
    pub text: String,
}
