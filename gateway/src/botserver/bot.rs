//! The bot of one call: script, echo, fault and dialect on one clock. Pure; it is told the time and owns no socket.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio_tungstenite::tungstenite::Message;

use super::echo::{Echo, nonsense};
use super::event::{BotEvent, BotEventKind};
use super::fault::Fault;
use super::heard::{Heard, Stream};
use super::options::Options;
use super::playing::{Act, Playing};
use super::script::Script;
use super::seen::{CallSeen, Ended, Slot};
use super::wire::{Command, Wire};

/// One call's bot.
#[derive(Debug)]
pub(crate) struct Bot {
    options: Arc<Options>,
    teller: Teller,
    wire: Option<Wire>,
    playing: Playing,
    echo: Option<Echo>,
    out: VecDeque<Message>,
    audio: Audio,
    stop: Option<String>,
    leaving: Option<(Duration, Leaving)>,
}

/// How a bot leaves a call by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// With a close frame of this code.
    Close(u16),
    /// By a TCP reset.
    Reset,
    /// It stays, and neither reads nor writes.
    Stall,
}

/// Who is told of events, and where the call is written down.
#[derive(Debug)]
pub(crate) struct Teller {
    pub(crate) call: u64,
    pub(crate) events: Option<Sender<BotEvent>>,
    pub(crate) slot: Slot,
}

/// Audio so far.
#[derive(Debug, Default)]
struct Audio {
    messages: u64,
    heard_us: u64,
    sent_us: u64,
}

impl Bot {
    /// Messages that may wait for a platform that does not read.
    const WAITING: usize = 4_096;
    /// How long the platform may take to close after a `stop` or a hang-up.
    const LEAVE_AFTER: Duration = Duration::from_secs(3);
    /// The tone of [`Fault::Flood`].
    const FLOOD: Duration = Duration::from_secs(180);
    /// Audio messages between two pieces of nonsense.
    const NONSENSE_EVERY: u64 = 4;

    pub(crate) fn new(options: Arc<Options>, teller: Teller) -> Self {
        let script = match options.fault {
            None => Arc::clone(&options.script),
            Some(Fault::Mute) => Arc::new(Script::silent()),
            Some(Fault::Flood) => Arc::new(Script::tone(Self::FLOOD)),
            Some(_) => Arc::new(Script::echo()),
        };
        let leaving = match options.fault {
            Some(Fault::CloseAfter(at)) => Some((at, Leaving::Close(1011))),
            Some(Fault::DropAfter(at)) => Some((at, Leaving::Reset)),
            Some(Fault::StallAfter(at)) => Some((at, Leaving::Stall)),
            _ => None,
        };
        Self {
            teller,
            wire: None,
            playing: Playing::new(script, options.realtime && options.fault.is_none()),
            echo: None,
            out: VecDeque::new(),
            audio: Audio::default(),
            stop: None,
            leaving,
            options,
        }
    }

    /// A message of the platform arrived.
    pub(crate) fn handle_message(&mut self, now: Duration, message: &Message) {
        match Heard::read(message, self.options.dialect) {
            Ok(Heard::Start(stream)) => self.start(now, &stream),
            Ok(Heard::Audio { bytes, binary }) => self.hear(now, &bytes, binary),
            Ok(Heard::Digit(digit)) => {
                self.told(now, format!("dtmf {digit:?}"));
                self.playing.push_digits(&digit);
                self.teller.slot.note(|seen| {
                    let room = CallSeen::KEPT.saturating_sub(seen.digits.len());
                    seen.digits.extend(digit.chars().take(room));
                });
            }
            Ok(Heard::Mark(name)) => {
                self.told(now, format!("mark {name:?}"));
                self.playing.push_mark(&name);
                self.teller.slot.note(|seen| {
                    if seen.marks.len() < CallSeen::KEPT {
                        seen.marks.push(name);
                    }
                });
            }
            Ok(Heard::Stop(reason)) => {
                self.told(now, format!("stop {reason:?}"));
                self.stop = Some(reason);
                self.leave(now + Self::LEAVE_AFTER);
            }
            Ok(Heard::Told(text)) => self.told(now, text),
            Err(reason) => self.teller.tell(now, BotEventKind::Broken { reason }),
        }
    }

    /// The next message to send; ask again until there is none. What is due later is in [`Self::next_wake`].
    pub(crate) fn poll_message(&mut self, now: Duration) -> Option<Message> {
        loop {
            if self.stop.is_some() {
                return None;
            }
            if let Some(message) = self.out.pop_front() {
                return Some(message);
            }
            let act = self.poll_act(now)?;
            if matches!(act, Act::Wait(_)) {
                return None;
            }
            self.act(now, act);
        }
    }

    /// When to ask again without a message having arrived; `blocked` while the socket takes nothing.
    pub(crate) fn next_wake(&self, blocked: bool) -> Option<Duration> {
        let leave = self.leaving.map(|(at, _)| at);
        let due = self
            .playing
            .wake()
            .filter(|_| !blocked && self.stop.is_none());
        leave.into_iter().chain(due).min()
    }

    /// How it leaves, once it does.
    pub(crate) fn leaving(&self, now: Duration) -> Option<Leaving> {
        self.leaving
            .filter(|&(at, _)| at <= now)
            .map(|(_, how)| how)
    }

    /// The call is over; `close_code` is the platform's.
    pub(crate) fn handle_end(&mut self, now: Duration, close_code: Option<u16>, how: &str) {
        let stop = self.stop.take();
        self.teller
            .slot
            .note(|seen| seen.ended = Some(Ended { stop, close_code }));
        self.teller.tell(
            now,
            BotEventKind::Ended {
                heard_ms: self.audio.heard_us / 1_000,
                sent_ms: self.audio.sent_us / 1_000,
                how: how.to_owned(),
            },
        );
    }

    fn start(&mut self, now: Duration, stream: &Stream) {
        let [from, to] = &stream.parties;
        self.told(
            now,
            format!(
                "start {} stream {:?} from {from:?} to {to:?} {}",
                stream.dialect.name(),
                stream.stream_id,
                stream.format
            ),
        );
        self.teller.slot.note(|seen| {
            seen.dialect = Some(stream.dialect);
            seen.stream_id.clone_from(&stream.stream_id);
            seen.start = stream.message.clone();
        });
        self.wire = Some(Wire::new(stream));
    }

    fn hear(&mut self, now: Duration, bytes: &[u8], binary: bool) {
        let Some(wire) = &mut self.wire else {
            let reason = "expected start before audio".to_owned();
            return self.teller.tell(now, BotEventKind::Broken { reason });
        };
        if binary {
            wire.go_binary();
        }
        self.audio.messages += 1;
        self.audio.heard_us += wire.format().us_for_bytes(bytes.len());
        let (media, heard_ms) = (self.audio.messages, self.audio.heard_us / 1_000);
        self.teller.slot.note(|seen| {
            seen.media = media;
            seen.heard_ms = heard_ms;
        });
        let extra = match self.options.fault {
            Some(Fault::Huge) if media == 1 => {
                // 1 MiB of base64 and a little JSON around it.
                let mut silence = vec![0; 3 << 18];
                wire.format().fill_silence(&mut silence);
                wire.encode(Command::Audio(&silence))
            }
            Some(Fault::Nonsense) if media.is_multiple_of(Self::NONSENSE_EVERY) => {
                nonsense(media / Self::NONSENSE_EVERY - 1, wire)
            }
            _ => None,
        };
        let echoed = self.echo.as_mut().and_then(|echo| echo.push(bytes, wire));
        if let Some((size, message)) = echoed {
            self.sent(size);
            self.queue(message);
        }
        if let Some(message) = extra {
            self.queue(message);
        }
    }

    fn poll_act(&mut self, now: Duration) -> Option<Act> {
        let wire = self.wire.as_ref()?;
        Some(self.playing.poll(now, self.audio.heard(), wire))
    }

    fn act(&mut self, now: Duration, act: Act) {
        match act {
            Act::Audio(bytes) => {
                self.sent(bytes.len());
                self.command(now, Command::Audio(&bytes), "");
            }
            Act::Mark(name) => self.command(now, Command::Mark(&name), &format!("mark {name:?}")),
            Act::Clear => self.command(now, Command::Clear, "clear"),
            Act::Dtmf(digits) => self.command(now, Command::Dtmf(&digits), "dtmf"),
            Act::Transfer(to) => self.command(now, Command::Transfer(&to), "transfer"),
            Act::TransferBot(url) => self.command(now, Command::TransferBot(&url), "transfer-ws"),
            Act::Flow(id) => self.command(now, Command::Flow(&id), "flow"),
            Act::Extension(to) => self.command(now, Command::Extension(&to), "extension"),
            Act::Echo => self.echo = Some(Echo::default()),
            Act::HangUp => self.hang_up(now),
            Act::Wait(_) => {}
        }
    }

    /// By the dialect's message where it has one, and then it is the platform that closes; otherwise by closing.
    fn hang_up(&mut self, now: Duration) {
        self.teller.said(now, "hangup");
        let message = self
            .wire
            .as_mut()
            .and_then(|wire| wire.encode(Command::HangUp));
        self.echo = None;
        if let Some(message) = message {
            self.queue(message);
            self.leave(now + Self::LEAVE_AFTER);
        } else {
            self.leave(now);
        }
    }

    fn leave(&mut self, at: Duration) {
        if self.leaving.is_none_or(|(earlier, _)| at < earlier) {
            self.leaving = Some((at, Leaving::Close(1000)));
        }
    }

    /// Sends a command; `words` is empty where it is not worth a line.
    fn command(&mut self, now: Duration, command: Command<'_>, words: &str) {
        let Some(wire) = &mut self.wire else {
            return;
        };
        match wire.encode(command) {
            Some(message) => {
                self.queue(message);
                if !words.is_empty() {
                    self.teller.said(now, words);
                }
            }
            None => {
                let name = wire.dialect().name();
                self.teller
                    .said(now, &format!("nothing: {name} has no {words}"));
            }
        }
    }

    fn queue(&mut self, message: Message) {
        if self.out.len() < Self::WAITING {
            self.out.push_back(message);
        }
    }

    fn sent(&mut self, bytes: usize) {
        let format = self.wire.as_ref().map(Wire::format);
        self.audio.sent_us += format.map_or(0, |format| format.us_for_bytes(bytes));
        let sent_ms = self.audio.sent_us / 1_000;
        self.teller.slot.note(|seen| seen.sent_ms = sent_ms);
    }

    fn told(&self, now: Duration, text: String) {
        self.teller.slot.note(|seen| {
            if seen.messages.len() < CallSeen::KEPT {
                seen.messages.push(text.clone());
            }
        });
        self.teller.tell(now, BotEventKind::Heard { text });
    }
}

impl Audio {
    fn heard(&self) -> Duration {
        Duration::from_micros(self.heard_us)
    }
}

impl Teller {
    /// Tells of an event; one there is no room for is lost.
    pub(crate) fn tell(&self, at: Duration, kind: BotEventKind) {
        if let Some(events) = &self.events {
            let call = self.call;
            events.try_send(BotEvent { call, at, kind }).ok();
        }
    }

    fn said(&self, at: Duration, words: &str) {
        let text = words.to_owned();
        self.tell(at, BotEventKind::Said { text });
    }
}
