//! `[lines]`: texts are checked, recordings read.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use trunkline_call::Clip;
use trunkline_local::{MAX_SPEAK_BYTES, Voice};

use super::errors::{ConfigErrors, Table};
use crate::config::typed::{TypedLine, TypedLines, TypedRecording};
use crate::lines::{Line, LineSpec, LineSpecs, clip_of_wav};

/// The largest recording that is read: 30 s of the widest samples there are.
const RECORDING_BYTES: u64 = 16 * 1_024 * 1_024;

/// What the gateway itself says; recordings are taken relative to `base`.
pub(super) fn lines(typed: &TypedLines, base: &Path, errors: &mut ConfigErrors) -> LineSpecs {
    let mut table = errors.table("lines");
    let voice = match typed.voice.as_deref().map(str::parse::<Voice>) {
        None => Voice::default(),
        Some(Ok(voice)) => voice,
        Some(Err(error)) => {
            table.wrong("voice", error);
            Voice::default()
        }
    };
    let mut specs = LineSpecs::new(voice);
    for (line, spec) in specs.iter_mut() {
        if let Some(typed) = typed_line(typed, line) {
            *spec = line_spec(line.name(), typed, base, &mut table);
        }
    }
    specs
}

const fn typed_line(typed: &TypedLines, line: Line) -> Option<&TypedLine> {
    match line {
        Line::Holding => typed.holding.as_ref(),
        Line::Filler => typed.filler.as_ref(),
        Line::HoldMusic => typed.hold_music.as_ref(),
        Line::Apology => typed.apology.as_ref(),
        Line::TooLong => typed.too_long.as_ref(),
        Line::Shutdown => typed.shutdown.as_ref(),
        Line::Silent => typed.silent.as_ref(),
    }
}

fn line_spec(name: &str, typed: &TypedLine, base: &Path, table: &mut Table<'_>) -> LineSpec {
    match typed {
        TypedLine::Text(text) if text.is_empty() => LineSpec::Nothing,
        TypedLine::Text(text) => {
            if text.len() > MAX_SPEAK_BYTES {
                let bytes = text.len();
                table.wrong(
                    name,
                    format_args!("expected at most {MAX_SPEAK_BYTES} bytes of text, got {bytes}"),
                );
            }
            if !text.contains(char::is_alphanumeric) {
                table.wrong(
                    name,
                    format_args!("expected words, or \"\" for none, got {text:?}"),
                );
            }
            LineSpec::Text(text.as_str().into())
        }
        TypedLine::File(recording) => match read(recording, base) {
            Ok(clip) => LineSpec::Clip(clip),
            Err(error) => {
                table.wrong(name, error);
                LineSpec::Nothing
            }
        },
    }
}

fn read(recording: &TypedRecording, base: &Path) -> Result<Clip, String> {
    let path = base.join(&recording.file);
    let at = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let mut bytes = Vec::new();
    File::open(&path)
        .and_then(|file| file.take(RECORDING_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| at(&error))?;
    if bytes.len() as u64 > RECORDING_BYTES {
        return Err(at(&format_args!(
            "expected at most {RECORDING_BYTES} bytes"
        )));
    }
    clip_of_wav(&recording.text, &bytes).map_err(|error| at(&error))
}
