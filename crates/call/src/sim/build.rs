//! How a world is put together: a line, a network, a caller, an agent, a configuration.

use trunkline_codecs::format::AudioFormat;

use super::acts::Act;
use super::agent::SimAgent;
use super::carrier::Carrier;
use super::desk::{Desk, Manner};
use super::invariants::{Terms, Watch};
use super::lines;
use super::network::{Path, Weather};
use super::parts::{Driver, Parts};
use super::person::{Background, Person};
use super::replay::Replay;
use super::rng::Rng;
use super::script::{Do, When};
use super::world::World;
use crate::agent::{AgentNeeds, Delivery, Hears, TurnMode};
use crate::caller::{Line, Pacing, SimLeg};
use crate::config::{CallConfig, Lines, Sensitivity, TurnConfig};

/// How long a call is given to begin while a world is built.
const BEGIN_MS: u64 = 30_000;

/// A world to be.
#[derive(Debug)]
pub(super) struct Builder {
    line: Line,
    pub(super) config: CallConfig,
    pub(super) manner: Manner,
    pub(super) fallbacks: Vec<Manner>,
    pub(super) heirs: Vec<Manner>,
    script: Vec<(When, Do)>,
    up: Weather,
    down: Weather,
    socket_bytes: usize,
    prebuffer_us: u64,
    background: Background,
    late_us: u64,
    seed: Option<u64>,
}

/// Lines by name: `World::twilio()`, and `World::on(line)` for any other.
impl World {
    pub(super) fn on(line: Line) -> Builder {
        Builder {
            line,
            config: CallConfig::default(),
            manner: Manner {
                needs: AgentNeeds::new(Some(line.sends), line.takes),
                listens: None,
                speaks: None,
                piece_bytes: 0,
                deaf: false,
                echo: false,
                pauses: None,
            },
            fallbacks: Vec::new(),
            heirs: Vec::new(),
            script: Vec::new(),
            up: Weather::default(),
            down: Weather::default(),
            socket_bytes: 16 * 1_024,
            prebuffer_us: 0,
            background: Background::Silence,
            late_us: 0,
            seed: None,
        }
    }

    pub(super) fn twilio() -> Builder {
        Self::on(lines::TWILIO)
    }

    pub(super) fn telnyx() -> Builder {
        Self::on(lines::TELNYX)
    }

    pub(super) fn plivo() -> Builder {
        Self::on(lines::PLIVO)
    }

    pub(super) fn vonage() -> Builder {
        Self::on(lines::VONAGE)
    }

    pub(super) fn exotel() -> Builder {
        Self::on(lines::EXOTEL)
    }

    pub(super) fn asterisk() -> Builder {
        Self::on(lines::ASTERISK)
    }

    pub(super) fn audio_socket() -> Builder {
        Self::on(lines::AUDIO_SOCKET)
    }

    pub(super) fn genesys() -> Builder {
        Self::on(lines::GENESYS)
    }

    pub(super) fn acs() -> Builder {
        Self::on(lines::ACS)
    }

    pub(super) fn omni() -> Builder {
        Self::on(lines::OMNI)
    }
}

impl Builder {
    /// A line of the agent's script.
    pub(super) fn when(mut self, when: When, order: Do) -> Self {
        self.script.push((when, order));
        self
    }

    pub(super) fn agent_says_on_begin(self, ms: u64) -> Self {
        self.when(When::Begin, Do::Say(ms))
    }

    pub(super) fn agent_answers_with(self, ms: u64) -> Self {
        self.when(When::EndOfTurn, Do::Say(ms))
    }

    pub(super) fn agent_echoes(mut self) -> Self {
        self.manner.echo = true;
        self.background = Background::Stamps;
        self
    }

    /// The agent speaks as fast as it is spoken, not in bursts.
    pub(super) fn agent_in_real_time(mut self) -> Self {
        self.manner.needs.delivery = Delivery::RealTime;
        self
    }

    pub(super) fn agent_speaks(mut self, format: AudioFormat) -> Self {
        self.manner.speaks = Some(format);
        self
    }

    pub(super) fn agent_listens(mut self, format: AudioFormat) -> Self {
        self.manner.listens = Some(format);
        self
    }

    pub(super) fn agent_hears(mut self, hears: Hears) -> Self {
        self.manner.needs.hears = hears;
        self
    }

    pub(super) fn agent_connects_first(mut self) -> Self {
        self.manner.needs.connects = true;
        self
    }

    /// The agent goes on giving audio after it was interrupted, as some engines do.
    pub(super) fn agent_is_deaf_to_interruptions(mut self) -> Self {
        self.manner.deaf = true;
        self
    }

    /// How much audio the agent gives at once, in bytes: any size.
    pub(super) fn agent_gives_pieces_of(mut self, bytes: usize) -> Self {
        self.manner.piece_bytes = bytes;
        self
    }

    pub(super) fn turns(mut self, mode: TurnMode) -> Self {
        self.manner.needs.turns = mode;
        self
    }

    /// Turns by voice activity.
    pub(super) fn voice_turns(self) -> Self {
        self.turns(TurnMode::Voice)
    }

    pub(super) fn config(mut self, change: impl FnOnce(&mut CallConfig)) -> Self {
        change(&mut self.config);
        self
    }

    /// The network, both ways.
    pub(super) const fn weather(mut self, weather: Weather) -> Self {
        self.up = weather;
        self.down = weather;
        self
    }

    pub(super) const fn latency_ms(mut self, ms: u64) -> Self {
        self.up.latency_us = ms * 1_000;
        self.down.latency_us = ms * 1_000;
        self
    }

    pub(super) const fn jitter_ms(mut self, ms: u64) -> Self {
        self.up.jitter_us = ms * 1_000;
        self.down.jitter_us = ms * 1_000;
        self
    }

    /// What the sockets towards the caller take before they are full.
    pub(super) const fn socket_bytes(mut self, bytes: usize) -> Self {
        self.socket_bytes = bytes;
        self
    }

    /// How long the carrier holds the first audio after silence.
    pub(super) const fn prebuffer_ms(mut self, ms: u64) -> Self {
        self.prebuffer_us = ms * 1_000;
        self
    }

    pub(super) const fn background(mut self, background: Background) -> Self {
        self.background = background;
        self
    }

    /// The driver's timers are up to so much late.
    pub(super) const fn timers_late_us(mut self, us: u64) -> Self {
        self.late_us = us;
        self
    }

    pub(super) const fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// A call that has begun.
    pub(super) fn build(self) -> World {
        let mut world = self.build_connected();
        world.act(Act::Start);
        world.run_until(BEGIN_MS, |w| w.record.live);
        world
    }

    /// A call whose caller has connected and says nothing.
    pub(super) fn build_connected(self) -> World {
        let seed = self.seed.unwrap_or_default();
        let rng = |stream| Rng::with_stream(seed, stream);
        // Where nothing may be sent ahead, no configuration changes that.
        let lead_ms = match self.line.pacing {
            Pacing::Ahead { lead_ms } => self.config.playout.lead_ms.unwrap_or(lead_ms),
            Pacing::RealTime => 0,
        };
        let all = || {
            let others = self.fallbacks.iter().chain(&self.heirs);
            std::iter::once(&self.manner).chain(others)
        };
        let real_time = |manner: &Manner| manner.needs.delivery == Delivery::RealTime;
        let late_realtime = all().any(real_time) && self.config.playout.slip;
        let terms = Terms {
            line: self.line,
            lead_us: lead_ms * 1_000,
            bound_us: self.config.playout.bound_ms * 1_000,
            late_us: self.late_us,
            may_skip: self.manner.echo || late_realtime,
            stamps_alone: all().all(|manner| manner.speaks_stamps_in(self.line.takes)),
            transfer_us: self.config.transfer_ms * 1_000,
            has_destination: self.config.failover.destination.is_some(),
        };
        let mut carrier = Carrier::new(self.line);
        carrier.prebuffer_us = self.prebuffer_us;
        carrier.looks_for_own = *self.config.lines != Lines::default();
        carrier.reader.careful = late_realtime;
        let mut down = Path::new(self.down, rng(2));
        down.socket_bytes = self.socket_bytes;
        let mut driver = Driver::new(rng(3));
        driver.late_us = self.late_us;
        let desk = Desk::new(self.manner, self.script)
            .with_substitutes(self.fallbacks)
            .with_heirs(self.heirs);
        let replay = self.seed.map_or_else(Replay::default, Replay::of_seed);
        let mut watch = Watch::new(terms, replay);
        watch.reader.careful = late_realtime;
        let parts = Parts {
            agent: SimAgent::new(desk),
            config: self.config,
            person: Person::new(self.line, self.background),
            carrier,
            up: Path::new(self.up, rng(1)),
            down,
            driver,
            watch,
        };
        World::new(SimLeg::new(self.line), parts)
    }
}

impl Builder {
    /// The agent pauses for so long after each so much of speech, in milliseconds.
    pub(super) const fn agent_pauses(mut self, speech_ms: u64, silence_ms: u64) -> Self {
        self.manner.pauses = Some((speech_ms / 20, silence_ms / 20));
        self
    }

    /// A call that has begun, and everything written to its caller is kept.
    pub(super) fn build_taped(self) -> World {
        let mut world = self.build_connected();
        world.record.tape = Some(Vec::new());
        world.act(Act::Start);
        world.run_until(BEGIN_MS, |w| w.record.live);
        world
    }
}

/// Turns.
impl Builder {
    /// Turns by an engine of the agent's.
    pub(super) fn engine_turns(self) -> Self {
        self.turns(TurnMode::Engine)
    }

    pub(super) fn push_to_talk(self) -> Self {
        self.turns(TurnMode::PushToTalk)
    }

    pub(super) fn turn_config(mut self, change: impl FnOnce(&mut TurnConfig)) -> Self {
        change(&mut self.config.turns);
        self
    }

    pub(super) fn sensitivity(self, sensitivity: Sensitivity) -> Self {
        self.turn_config(|turns| turns.sensitivity = sensitivity)
    }

    pub(super) fn eager_ms(self, ms: u64) -> Self {
        self.turn_config(|turns| turns.eager_ms = Some(ms))
    }
}
