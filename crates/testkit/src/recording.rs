//! Real human speech off the telephone: the prompts of Asterisk, spoken by Allison Smith, 8 kHz PCM16.

use std::path::Path;

/// Where Debian puts them.
const DIRECTORY: &str = "/usr/share/asterisk/sounds/en_US_f_Allison";

/// The package they come in.
const PACKAGE: &str = "asterisk-core-sounds-en-wav";

/// A recording's samples, mono at 8 kHz.
///
/// # Panics
/// It is not there (the message names the package to install), or it is not PCM16 mono at 8 kHz.
pub fn speech(name: &str) -> Vec<i16> {
    let path = Path::new(DIRECTORY).join(format!("{name}.wav"));
    let bytes = std::fs::read(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; install the package {PACKAGE}", path.display())
    });
    samples(&bytes).unwrap_or_else(|| panic!("{}: not 8 kHz PCM16 mono", path.display()))
}

/// The samples of a RIFF file with `fmt ` before `data`.
fn samples(bytes: &[u8]) -> Option<Vec<i16>> {
    let mut rest = bytes.strip_prefix(b"RIFF")?.get(4..)?;
    rest = rest.strip_prefix(b"WAVE")?;
    let mut good = false;
    loop {
        let (name, body) = rest.split_first_chunk::<4>()?;
        let (len, body) = body.split_first_chunk::<4>()?;
        let len = u32::from_le_bytes(*len) as usize;
        match name {
            b"fmt " => {
                // PCM, one channel, 8000 samples a second, …, 16 bits.
                let format = body.get(..16)?;
                good = format.starts_with(&[1, 0, 1, 0, 0x40, 0x1f, 0, 0])
                    && format.ends_with(&[16, 0]);
            }
            b"data" if good => {
                let (pairs, _) = body.get(..len)?.as_chunks::<2>();
                return Some(pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect());
            }
            b"data" => return None,
            _ => {}
        }
        rest = body.get(len + len % 2..)?;
    }
}
