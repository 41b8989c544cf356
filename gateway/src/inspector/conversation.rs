//! The wire conversation in lines, with audio in runs: one line for up to a second of it.

use std::fmt;

use serde::Serialize;

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the platform to the bot.
    ToBot,
    /// From the bot to the platform.
    FromBot,
    /// Neither: about the connection, or a finding.
    Note,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Milliseconds since the socket opened; of a run, its first message.
    pub t_ms: u64,
    /// Which way.
    pub direction: Direction,
    /// The message in words.
    pub text: String,
}

/// Messages of audio one after the other.
#[derive(Debug, Clone, Copy)]
struct Run {
    began_ms: u64,
    last_ms: u64,
    messages: u64,
    us: u64,
}

/// The lines so far.
#[derive(Debug, Default)]
pub(crate) struct Conversation {
    lines: Vec<Line>,
    handed_out: usize,
    dropped: u64,
    sent: Option<Run>,
    received: Option<Run>,
}

impl Conversation {
    /// Lines kept; later ones are counted only.
    const LINES: usize = 20_000;
    /// The longest run, and the longest pause inside one.
    const RUN_MS: u64 = 1_000;
    const PAUSE_MS: u64 = 500;

    /// A message other than audio, or a note. Runs end here, so that lines stay in order.
    pub(crate) fn push(&mut self, t_ms: u64, direction: Direction, text: impl Into<String>) {
        self.end_runs();
        self.write(Line {
            t_ms,
            direction,
            text: text.into(),
        });
    }

    /// One message of audio.
    pub(crate) fn push_audio(&mut self, t_ms: u64, direction: Direction, us: u64) {
        let run = self.run(direction);
        if let Some(run) = run
            && t_ms < run.began_ms + Self::RUN_MS
            && t_ms <= run.last_ms + Self::PAUSE_MS
        {
            run.last_ms = t_ms;
            run.messages += 1;
            run.us += us;
            return;
        }
        self.end_run(direction);
        *self.run(direction) = Some(Run {
            began_ms: t_ms,
            last_ms: t_ms,
            messages: 1,
            us,
        });
    }

    /// Ends the runs, so that all is in lines.
    pub(crate) fn end_runs(&mut self) {
        let sent_first = self.sent.map(|run| run.began_ms) <= self.received.map(|run| run.began_ms);
        let order = if sent_first {
            [Direction::ToBot, Direction::FromBot]
        } else {
            [Direction::FromBot, Direction::ToBot]
        };
        for direction in order {
            self.end_run(direction);
        }
    }

    /// The next line not handed out yet.
    pub(crate) fn pop(&mut self) -> Option<Line> {
        let line = self.lines.get(self.handed_out)?.clone();
        self.handed_out += 1;
        Some(line)
    }

    /// All lines, and how many there was no room for.
    pub(crate) fn into_lines(mut self) -> (Vec<Line>, u64) {
        self.end_runs();
        (self.lines, self.dropped)
    }

    fn run(&mut self, direction: Direction) -> &mut Option<Run> {
        match direction {
            Direction::ToBot => &mut self.sent,
            Direction::FromBot | Direction::Note => &mut self.received,
        }
    }

    fn end_run(&mut self, direction: Direction) {
        if let Some(run) = self.run(direction).take() {
            let (messages, ms) = (run.messages, grouped(run.us / 1_000));
            self.write(Line {
                t_ms: run.began_ms,
                direction,
                text: format!("media ×{messages} ({ms} ms)"),
            });
        }
    }

    fn write(&mut self, line: Line) {
        if self.lines.len() < Self::LINES {
            self.lines.push(line);
        } else {
            self.dropped += 1;
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arrow = match self.direction {
            Direction::ToBot => '→',
            Direction::FromBot => '←',
            Direction::Note => '·',
        };
        let at = self.t_ms as f64 / 1_000.0;
        write!(f, "{at:9.3} s  {arrow} {}", self.text)
    }
}

/// A number with its thousands apart.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(conversation: Conversation) -> Vec<String> {
        let (lines, _) = conversation.into_lines();
        lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn audio_is_a_line_a_second() {
        let mut conversation = Conversation::default();
        conversation.push(0, Direction::ToBot, "start");
        for frame in 1..=60 {
            conversation.push_audio(frame * 20, Direction::ToBot, 20_000);
        }
        conversation.push_audio(1_205, Direction::FromBot, 100_000);
        conversation.push(1_210, Direction::FromBot, "mark \"m\"");
        let expected = [
            "    0.000 s  → start",
            "    0.020 s  → media ×50 (1,000 ms)",
            "    1.020 s  → media ×10 (200 ms)",
            "    1.205 s  ← media ×1 (100 ms)",
            "    1.210 s  ← mark \"m\"",
        ];
        assert_eq!(shown(conversation), expected);
    }

    #[test]
    fn a_pause_ends_a_run() {
        let mut conversation = Conversation::default();
        for at in [0, 100, 700] {
            conversation.push_audio(at, Direction::FromBot, 20_000);
        }
        assert_eq!(shown(conversation).len(), 2);
    }

    #[test]
    fn thousands_are_apart() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
