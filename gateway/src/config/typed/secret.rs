//! Values that may be credentials: written as they are, or where they are to be found.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer};
use trunkline_protocol::Secret;

/// A text, or where it is. Its `Debug` does not show it.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a text, { env = \"NAME\" } or { file = \"PATH\" }"
)]
pub enum TypedSecret {
    /// As it is.
    #[serde(deserialize_with = "secret")]
    Text(Secret),
    /// In the environment.
    Env(TypedEnv),
    /// In a file.
    File(TypedFile),
}

/// A variable of the environment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypedEnv {
    /// Its name.
    pub env: String,
}

/// A file whose content is the value, without the line ends behind it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypedFile {
    /// Relative to the configuration.
    pub file: PathBuf,
}

/// A JSON object that may hold credentials. Its `Debug` shows none of it.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct TypedMessage(pub serde_json::Value);

impl fmt::Debug for TypedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}
