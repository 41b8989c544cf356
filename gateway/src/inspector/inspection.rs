//! The inspection of one call: the platform's side of the stream, the caller, the caller's ear, and what is found.
//! Pure; it is told the time and owns no socket.
//!
//! The clock counts samples from the moment the socket opened. The caller speaks in ticks of 20 ms on an absolute
//! schedule; a message carries one or five of them. What the bot sends waits in a playout buffer that plays one
//! sample per sample of the clock; marks come back when they are reached there.

use std::collections::VecDeque;
use std::time::Duration;

use tokio_tungstenite::tungstenite::Message;

use super::conversation::{Conversation, Direction, Line, grouped};
use super::finding::{Code, Finding, Findings, Found};
use super::listening::Listening;
use super::options::{Limits, Options};
use super::pings::Pings;
use super::platform::Platform;
use super::reading::{Reader, Wish};
use super::report::{AudioTotals, Ended, Recording};
use crate::botserver::Dialect;
use crate::softphone::Step;
use crate::softphone::caller::{Act, Caller};
use crate::softphone::clock::Clock;

/// One call under inspection.
#[derive(Debug)]
pub(crate) struct Inspection {
    clock: Clock,
    limits: Limits,
    platform: Platform,
    speaking: Speaking,
    listening: Listening,
    pings: Pings,
    findings: Findings,
    conversation: Conversation,
    out: VecDeque<Message>,
    /// When to end after the bot has hung up or handed over, and its word for it.
    left: Option<(Duration, &'static str)>,
    end: Option<(Ended, Duration)>,
}

/// The caller and what of its speech has not been sent yet.
#[derive(Debug)]
struct Speaking {
    caller: Caller,
    message: usize,
    waiting: Vec<i16>,
    spoken: Vec<i16>,
    messages: u64,
}

/// What an inspection leaves behind.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) ended: Ended,
    pub(crate) duration: Duration,
    pub(crate) audio: AudioTotals,
    pub(crate) worst_pong: Option<Duration>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) lines: (Vec<Line>, u64),
    pub(crate) recording: Recording,
}

impl Inspection {
    /// Messages that may wait for a bot that does not read: 40 s of audio.
    const WAITING: usize = 2_000;
    /// As many waiting are a finding: 2 s of audio.
    const SLOW: usize = 100;
    /// How long further messages of a bot that has left are waited for.
    const AFTER: Duration = Duration::from_millis(500);
    /// How long after it audio is no more than a warning.
    const ON_ITS_WAY: Duration = Duration::from_millis(250);

    /// An inspection whose socket has just opened, about to play `script`.
    pub(crate) fn new(options: &Options, random: [u8; 16], script: Vec<Step>) -> Self {
        let rate_hz = options.audio.rate_hz;
        let clock = Clock::new(rate_hz);
        let ticks = options.audio.frame_ms as usize / 20;
        let mut inspection = Self {
            clock,
            limits: options.limits,
            platform: Platform::new(options, random),
            speaking: Speaking {
                caller: Caller::new(script, options.keys.as_ref(), rate_hz),
                message: clock.frame() * ticks,
                waiting: Vec::new(),
                spoken: Vec::new(),
                messages: 0,
            },
            listening: Listening::new(clock, options.limits),
            pings: Pings::default(),
            findings: Findings::default(),
            conversation: Conversation::default(),
            out: VecDeque::new(),
            left: None,
            end: None,
        };
        for (word, message) in inspection.platform.encode_opening() {
            inspection.say(Duration::ZERO, word, message);
        }
        inspection
    }

    /// The time is `now`: the caller speaks what is due, the ear hears what is due.
    pub(crate) fn handle_tick(&mut self, now: Duration) {
        if self.end.is_some() {
            return;
        }
        self.play(now);
        if let Some((until, _)) = self.left {
            if now >= until {
                self.finish(Ended::HungUp, now);
            }
            return;
        }
        let tick = self.clock.frame();
        while self.end.is_none() && self.speaking.spoken_at(tick) <= self.clock.position(now) {
            self.speak(now, tick);
        }
        self.watch(now);
        if self.end.is_none() && now >= Duration::from_secs(self.limits.max_s) {
            self.stop(now);
            self.finish(Ended::Deadline, now);
        }
    }

    /// When to call [`Self::handle_tick`] next.
    pub(crate) fn next_tick(&self) -> Duration {
        match self.left {
            Some((until, _)) => until,
            None => self.clock.time(self.speaking.spoken_at(self.clock.frame())),
        }
    }

    /// A data message of the bot arrived.
    pub(crate) fn handle_message(&mut self, now: Duration, message: &Message) {
        if self.end.is_some() {
            return;
        }
        self.play(now);
        let reader = Reader {
            dialect: self.platform.dialect(),
            format: self.platform.format(),
            stream_id: self.platform.stream_id(),
        };
        let reading = reader.read(message);
        if let Some((until, word)) = self.left {
            let audio = matches!(reading.wish, Some(Wish::Audio(_)));
            let found = Found::fault(
                Code::AfterHangup,
                format!("nothing after {word}"),
                format!("{} of {} bytes", kind(audio), message.len()),
            );
            // An echo may still answer what was on its way when it hung up.
            let late = audio && now + Self::AFTER < until + Self::ON_ITS_WAY;
            return self.find(now, if late { found.weakened() } else { found });
        }
        for found in reading.found {
            self.find(now, found);
        }
        if let Some(wish) = reading.wish {
            self.grant(now, wish);
        }
    }

    /// A pong arrived.
    pub(crate) fn handle_pong(&mut self, now: Duration, payload: &[u8]) {
        self.pings.handle_pong(now, payload);
    }

    /// The bot has sent a close frame; `code` is 1005 where it holds none.
    pub(crate) fn handle_close(&mut self, now: Duration, code: u16, reason: &str) {
        let t_ms = self.clock.ms(now);
        let text = format!("close {code} {reason:?}");
        self.conversation.push(t_ms, Direction::FromBot, text);
        if let Some(found) = self.judge_close(code, reason) {
            self.find(now, found);
        }
        self.finish(Ended::BotClosed, now);
    }

    /// The connection has ended without a close frame of the bot.
    pub(crate) fn handle_lost(&mut self, now: Duration, found: Found) {
        self.find(now, found);
        self.finish(Ended::ConnectionLost, now);
    }

    /// The connection is closed; `found` is what was wrong with that.
    pub(crate) fn handle_closed(&mut self, now: Duration, found: Option<Found>) {
        if let Some(found) = found {
            self.find(now, found);
        }
        self.conversation.end_runs();
    }

    /// The next message to send.
    pub(crate) fn poll_message(&mut self) -> Option<Message> {
        self.out.pop_front()
    }

    /// The next line not handed out yet.
    pub(crate) fn poll_line(&mut self) -> Option<Line> {
        self.conversation.pop()
    }

    /// Whether the call is over, and by whose close.
    pub(crate) fn ended(&self) -> Option<Ended> {
        self.end.map(|(ended, _)| ended)
    }

    /// Judges the whole call.
    pub(crate) fn into_outcome(mut self, now: Duration) -> Outcome {
        let (ended, duration) = self.end.unwrap_or((Ended::ConnectionLost, now));
        if self.listening.totals().received_messages == 0 && self.left.is_none() {
            let found = Found::fault(Code::NoAudio, "audio", "none in the whole call");
            self.find(duration, found);
        }
        let mut audio = self.listening.totals();
        audio.sent_messages = self.speaking.messages;
        audio.sent_ms = self.clock.ms_of(self.speaking.spoken.len() as u64);
        Outcome {
            ended,
            duration,
            audio,
            worst_pong: self.pings.worst(),
            findings: self.findings.into_all(),
            lines: self.conversation.into_lines(),
            recording: Recording {
                rate_hz: self.clock.rate_hz(),
                caller: self.speaking.spoken,
                bot: self.listening.into_heard(),
            },
        }
    }

    /// The bridge has messages for it, so that a close by itself is a bot lost; elsewhere a proper close is how a bot
    /// hangs up.
    fn judge_close(&self, code: u16, reason: &str) -> Option<Found> {
        let got = format!("close {code} {reason}");
        if self.platform.dialect() == Dialect::Ivr && self.left.is_none() {
            let expected = "session.hangup or a transfer before the close";
            return Some(Found::fault(Code::NoHangup, expected, got));
        }
        match code {
            1000 | 1005 => None,
            1001 => Some(Found::warning(Code::CloseCode, "code 1000", got)),
            _ => Some(Found::fault(Code::CloseCode, "code 1000", got)),
        }
    }

    fn speak(&mut self, now: Duration, tick: usize) {
        let mut frame = vec![0; tick];
        let mut acts = Vec::new();
        self.speaking.caller.poll_frame(None, &mut frame, &mut acts);
        for act in acts {
            match act {
                Act::Digit(digit) => {
                    let message = self.platform.encode_digit(digit);
                    self.say(now, &format!("dtmf {digit}"), message);
                }
                Act::HangUp => {
                    self.stop(now);
                    return self.finish(Ended::ScriptDone, now);
                }
                Act::Started { label, .. } => self.note(now, &format!("the caller says {label}")),
                Act::Stopped { .. } => self.note(now, "the caller has spoken"),
            }
        }
        self.speaking.spoken.extend_from_slice(&frame);
        self.speaking.waiting.extend_from_slice(&frame);
        if self.speaking.waiting.len() >= self.speaking.message {
            let message = self.platform.encode_media(&self.speaking.waiting);
            let samples = self.speaking.waiting.len() as u64;
            let us = samples * 1_000_000 / u64::from(self.clock.rate_hz());
            self.speaking.waiting.clear();
            self.speaking.messages += 1;
            let t_ms = self.clock.ms(now);
            self.conversation.push_audio(t_ms, Direction::ToBot, us);
            self.queue(message);
        }
    }

    fn grant(&mut self, now: Duration, wish: Wish) {
        let t_ms = self.clock.ms(now);
        match wish {
            Wish::Audio(bytes) => {
                let format = self.platform.format();
                let us = format.us_for_bytes(bytes.len());
                self.conversation.push_audio(t_ms, Direction::FromBot, us);
                let mut samples = Vec::new();
                // Whole samples: nothing is left over.
                format.decode(&bytes, &mut samples).ok();
                for found in self.listening.push_audio(t_ms, samples, us) {
                    self.find(now, found);
                }
            }
            Wish::Mark(name) => {
                self.hear(t_ms, format!("mark {name:?}"));
                if !self.listening.push_mark(name) {
                    let found = Found::fault(Code::TooManyMarks, "at most 1024 waiting", "more");
                    self.find(now, found);
                }
                self.play(now);
            }
            Wish::Clear => {
                let (dropped_ms, marks) = self.listening.clear();
                self.hear(t_ms, format!("clear ({} ms unplayed)", grouped(dropped_ms)));
                self.echo_marks(now, &marks, false);
                if let Some(message) = self.platform.encode_cleared() {
                    self.say(now, "clearedAudio", message);
                }
            }
            Wish::Dtmf(digits) => self.hear(t_ms, format!("dtmf {digits}")),
            Wish::HangUp => {
                self.hear(t_ms, "hangup".to_owned());
                self.leave(now, "session.hangup");
            }
            Wish::HandOver(words) => {
                self.hear(t_ms, words);
                self.leave(now, "a transfer");
            }
        }
    }

    /// Plays what is due to the caller's ear; marks that are reached go back.
    fn play(&mut self, now: Duration) {
        let marks = self.listening.play_until(self.clock.position(now));
        self.echo_marks(now, &marks, true);
    }

    fn echo_marks(&mut self, now: Duration, marks: &[String], played: bool) {
        for name in marks {
            if let Some(message) = self.platform.encode_mark(name, played) {
                let word = match self.platform.dialect() {
                    Dialect::Plivo => "playedStream",
                    _ => "mark",
                };
                let how = if played { "played" } else { "cleared" };
                self.say(now, &format!("{word} {name:?} ({how})"), message);
            }
        }
    }

    /// What only time tells: silence, unanswered pings, a bot that does not read.
    fn watch(&mut self, now: Duration) {
        let t_ms = self.clock.ms(now);
        if let Some(found) = self.listening.watch(t_ms) {
            self.find(now, found);
        }
        let (ping, found) = self.pings.handle_time(now);
        if let Some(payload) = ping {
            self.queue(Message::Ping(payload));
        }
        if let Some(found) = found {
            self.find(now, found);
        }
        if self.out.len() > Self::SLOW {
            let expected = "the caller's audio to be read";
            let found = Found::fault(Code::NotReading, expected, "2 s of it waiting");
            self.find(now, found);
        }
    }

    fn leave(&mut self, now: Duration, word: &'static str) {
        self.stop(now);
        self.left = Some((now + Self::AFTER, word));
    }

    fn stop(&mut self, now: Duration) {
        if let Some(message) = self.platform.encode_stop() {
            self.say(now, "stop", message);
        }
    }

    fn finish(&mut self, ended: Ended, now: Duration) {
        self.end.get_or_insert((ended, now));
    }

    fn say(&mut self, now: Duration, words: &str, message: Message) {
        let t_ms = self.clock.ms(now);
        self.conversation.push(t_ms, Direction::ToBot, words);
        self.queue(message);
    }

    fn hear(&mut self, t_ms: u64, words: String) {
        self.conversation.push(t_ms, Direction::FromBot, words);
    }

    fn note(&mut self, now: Duration, words: &str) {
        let t_ms = self.clock.ms(now);
        self.conversation.push(t_ms, Direction::Note, words);
    }

    /// Queues a message; one there is no room for is lost, which [`Code::NotReading`] has said long before.
    fn queue(&mut self, message: Message) {
        if self.out.len() < Self::WAITING {
            self.out.push_back(message);
        }
    }

    fn find(&mut self, now: Duration, found: Found) {
        let t_ms = self.clock.ms(now);
        let text = format!(
            "{}: expected {}, got {}",
            found.code.name(),
            found.expected,
            found.got
        );
        if self.findings.push(t_ms, found) {
            self.conversation.push(t_ms, Direction::Note, text);
        }
    }
}

impl Speaking {
    /// The position after the next tick.
    fn spoken_at(&self, tick: usize) -> u64 {
        (self.spoken.len() + tick) as u64
    }
}

fn kind(audio: bool) -> &'static str {
    if audio { "audio" } else { "a message" }
}

#[cfg(test)]
mod tests;
