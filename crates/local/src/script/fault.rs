//! What is wrong with a script: every fault at once, each with its place.

use std::fmt;

/// One fault of a script file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: expected {expected}, got {got}")]
pub struct ScriptError {
    /// Where: the path of keys (`states.welcome.on.book`), or `line N` for text that is not TOML.
    pub at: String,
    /// What would have been right there.
    pub expected: String,
    /// What stands there.
    pub got: String,
}

/// All faults of a script file, in the order in which they were found; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptErrors(Vec<ScriptError>);

impl ScriptErrors {
    /// The faults one by one.
    pub fn iter(&self) -> impl Iterator<Item = &ScriptError> {
        self.0.iter()
    }
}

impl fmt::Display for ScriptErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ScriptErrors {}

/// Gathers faults while a script is read, so that the reading goes on after the first one.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<ScriptError>);

impl Faults {
    pub(super) fn add(
        &mut self,
        at: impl Into<String>,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) {
        self.0.push(ScriptError {
            at: at.into(),
            expected: expected.into(),
            got: got.into(),
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `value` if nothing was wrong.
    pub(super) fn into_result<T>(self, value: T) -> Result<T, ScriptErrors> {
        if self.is_empty() {
            Ok(value)
        } else {
            Err(self.into_errors())
        }
    }

    /// For readers who cannot go on, having added a fault.
    pub(super) fn into_errors(self) -> ScriptErrors {
        ScriptErrors(self.0)
    }
}
