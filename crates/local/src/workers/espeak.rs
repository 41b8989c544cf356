//! espeak-ng as a process: one for each sentence, text on its standard input, a WAV on its standard
//! output. Never linked: it is GPL. Killed when the caller is gone or when it takes too long.

use std::io::{ErrorKind, Read, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::ffi::Wave;

const PROGRAM: &str = "espeak-ng";

/// It takes 10 to 60 ms; what is not done by then hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a caller who is gone is noticed.
const LOOK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 20_000_000,
};

/// The most audio one sentence may come to, in bytes: 3 minutes at 22.05 kHz.
const MAX_WAV_BYTES: usize = 8 * 1024 * 1024;

/// The length of the header espeak-ng writes: RIFF, `fmt ` of 16 bytes, `data`.
const HEADER_BYTES: usize = 44;

/// What it says its version is.
pub(crate) fn version() -> Result<String, String> {
    let output = Command::new(PROGRAM)
        .arg("--version")
        .stdin(Stdio::null())
        .output();
    let output = output.map_err(|error| format!("{PROGRAM}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next().unwrap_or_default();
    if output.status.success() && !line.is_empty() {
        return Ok(line.trim().to_owned());
    }
    Err(format!("{PROGRAM} --version: {}", output.status))
}

/// Speaks the text in a language. `stopping` is asked every 20 ms.
pub(crate) fn speak(
    language: &str,
    text: &str,
    stopping: impl Fn() -> bool,
) -> Result<Wave, String> {
    let mut child = Command::new(PROGRAM)
        .args(["--stdout", "--stdin", "-b", "1", "-v", language])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{PROGRAM}: {error}"))?;
    let mut wav = Vec::new();
    let read = converse(&mut child, text, &mut wav, stopping);
    // Does nothing to one that has ended; the others must not outlive their sentence.
    if read.is_err() {
        child.kill().ok();
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    read?;
    if !status.success() {
        return Err(format!(
            "{PROGRAM} -v {language}: {}",
            complaint(&mut child)
        ));
    }
    parse(&wav)
}

fn converse(
    child: &mut Child,
    text: &str,
    wav: &mut Vec<u8>,
    stopping: impl Fn() -> bool,
) -> Result<(), String> {
    // A pipe takes a text of this length without waiting for its reader.
    if let Some(mut input) = child.stdin.take() {
        match input.write_all(text.as_bytes()) {
            // It has ended already; its status says why.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            written => written.map_err(|error| error.to_string())?,
        }
    }
    let Some(mut output) = child.stdout.take() else {
        return Err("no standard output".to_owned());
    };
    let since = Instant::now();
    let mut block = [0; 16 * 1024];
    loop {
        if stopping() {
            return Err("cancelled".to_owned());
        }
        if since.elapsed() > PATIENCE {
            return Err(format!(
                "{PROGRAM} did not end within {} s",
                PATIENCE.as_secs()
            ));
        }
        if !is_readable(&output)? {
            continue;
        }
        let count = output.read(&mut block).map_err(|error| error.to_string())?;
        if count == 0 {
            return Ok(());
        }
        if wav.len() + count > MAX_WAV_BYTES {
            return Err(format!("{PROGRAM} gave more than {MAX_WAV_BYTES} bytes"));
        }
        wav.extend(block.iter().take(count));
    }
}

fn is_readable(output: &ChildStdout) -> Result<bool, String> {
    let mut files = [PollFd::new(output, PollFlags::IN)];
    match poll(&mut files, Some(&LOOK)) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.to_string()),
    }
}

/// The first line of what it wrote to its standard error.
fn complaint(child: &mut Child) -> String {
    let mut text = Vec::new();
    if let Some(error) = child.stderr.take() {
        error.take(512).read_to_end(&mut text).ok();
    }
    let text = String::from_utf8_lossy(&text);
    text.lines().next().unwrap_or("failed").trim().to_owned()
}

/// Sizes in the header are of a stream that may go on, so they are not looked at.
fn parse(wav: &[u8]) -> Result<Wave, String> {
    let Some((header, data)) = wav.split_at_checked(HEADER_BYTES) else {
        return Err(format!(
            "{PROGRAM} gave {} bytes, expected a WAV",
            wav.len()
        ));
    };
    let field = |at: usize| {
        header
            .get(at..at + 4)
            .and_then(|bytes| bytes.try_into().ok())
    };
    let word = |at: usize| field(at).map_or(0, u32::from_le_bytes);
    let named = |at: usize, name: &[u8; 4]| field(at) == Some(*name);
    // Format 1 and one channel; 16 bits after a block of two bytes.
    let is_pcm16_mono = word(20) == 0x0001_0001 && word(32) == 0x0010_0002;
    let rate_hz = word(24);
    if !named(0, b"RIFF") || !named(8, b"WAVE") || !named(36, b"data") || !is_pcm16_mono {
        return Err(format!(
            "{PROGRAM} gave something else than a WAV of 16-bit mono"
        ));
    }
    if !(8_000..=48_000).contains(&rate_hz) {
        return Err(format!("{PROGRAM} gave {rate_hz} Hz, expected 8 to 48 kHz"));
    }
    let (samples, _) = data.as_chunks::<2>();
    Ok(Wave {
        rate_hz,
        samples: samples
            .iter()
            .map(|sample| i16::from_le_bytes(*sample))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The header `espeak-ng 1.51 --stdout` writes, with two samples and half a third.
    const WAV: &[u8] = b"RIFF\x24\xf0\xff\x7fWAVEfmt \x10\0\0\0\x01\0\x01\0\x22\x56\0\0\x44\xac\0\0\x02\0\x10\0data\0\xf0\xff\x7f\x01\0\xfe\xff\x07";

    #[test]
    fn reads_its_wav() {
        let wave = parse(WAV).unwrap();
        assert_eq!((wave.rate_hz, wave.samples), (22_050, vec![1, -2]));
    }

    #[test]
    fn refuses_what_is_none() {
        for length in 0..HEADER_BYTES {
            assert!(parse(&WAV[..length]).is_err(), "{length}");
        }
        let mut stereo = WAV.to_vec();
        stereo[22] = 2;
        assert!(parse(&stereo).is_err());
    }
}
