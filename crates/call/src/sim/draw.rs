//! Draws a call: everything of it comes from one seed.

use trunkline_codecs::format::AudioFormat;

use super::acts::Act;
use super::build::Builder;
use super::lines;
use super::network::{self, Weather};
use super::person::Background;
use super::relief::READY;
use super::rng::Rng;
use super::script::{Do, When};
use super::world::World;
use crate::agent::{Action, Delivery, TurnMode};
use crate::caller::Line;
use crate::io::Control;
use crate::link::{Down, LinkId, LinkSpec};
use crate::referral::Referral;

/// A call, what happens in it and when (in milliseconds), and its length.
pub(super) fn draw(seed: u64) -> (Builder, Vec<(u64, Act)>, u64) {
    let mut rng = Rng::new(seed);
    let line = rng.pick(&lines::ALL);
    let length_ms = rng.between(5_000, 20_000);
    let builder = agent(&mut rng, World::on(line).seed(seed));
    let builder = limits(&mut rng, builder);
    let builder = heirs(&mut rng, builder);
    let builder = surroundings(&mut rng, builder, &line);
    let mut acts = Vec::new();
    if rng.chance(970) {
        acts.push((rng.between(0, 400), Act::Start));
    } else {
        acts.push((rng.between(0, 400), Act::Microphone));
    }
    for _ in 0..rng.between(2, 16) {
        let at = rng.between(0, length_ms);
        happening(&mut rng, at, &mut acts);
    }
    (builder, acts, length_ms)
}

fn agent(rng: &mut Rng, mut builder: Builder) -> Builder {
    let formats = [8_000, 16_000, 24_000].map(AudioFormat::pcm16);
    if rng.chance(250) {
        builder = builder.agent_speaks(rng.pick(&formats));
    }
    if rng.chance(200) {
        builder = builder.agent_listens(rng.pick(&formats));
    }
    // Voice activity is most of what a call costs: most calls do without.
    let turns = rng.pick(&[
        TurnMode::Off,
        TurnMode::Off,
        TurnMode::Engine,
        TurnMode::PushToTalk,
    ]);
    builder = builder.turns(if rng.chance(80) {
        TurnMode::Voice
    } else {
        turns
    });
    builder.manner.deaf = rng.chance(200);
    builder.manner.piece_bytes = rng.pick(&[0, 0, 0, 160, 104, 1_516, 3_032, 16_000]) as usize;
    if rng.chance(300) {
        builder.manner.needs.delivery = Delivery::RealTime;
    }
    if rng.chance(120) {
        // What it gives back must be what it heard.
        let format = rng.pick(&formats);
        let builder = builder.agent_listens(format).agent_speaks(format);
        return builder.agent_echoes();
    }
    for when in [
        When::Begin,
        When::EndOfTurn,
        When::Interrupted,
        When::Text,
        When::TransferRefused,
        When::Digit('5'),
    ] {
        if rng.chance(500) {
            let order = speech(rng);
            builder = builder.when(when, order);
        }
    }
    if rng.chance(300) {
        let order = speech(rng);
        let pause_ms = rng.between(0, 2_000);
        builder = builder.when(When::Spoken, Do::After(pause_ms, Box::new(order)));
    }
    builder
}

/// Those to whom the agent may give the call: each of its own manner.
fn heirs(rng: &mut Rng, mut builder: Builder) -> Builder {
    if builder.manner.echo {
        return builder;
    }
    let bounded = builder.config.playout.bound_ms < 120_000;
    for _ in 0..rng.between(0, 3) {
        let formats = [8_000, 16_000, 24_000].map(AudioFormat::pcm16);
        let speaks = rng.chance(300).then(|| rng.pick(&formats));
        let listens = rng.chance(200).then(|| rng.pick(&formats));
        let turns = rng.pick(&[TurnMode::Off, TurnMode::Engine, TurnMode::PushToTalk]);
        let connects = rng.chance(300);
        builder = builder.heir(|manner| {
            manner.needs.turns = turns;
            manner.needs.connects = connects;
            manner.listens = listens;
            manner.speaks = speaks.filter(|_| !bounded);
        });
    }
    let ready = Do::After(rng.between(0, 1_500), Box::new(READY));
    builder.when(When::Begin, ready)
}

/// Something said.
fn speech(rng: &mut Rng) -> Do {
    let ms = rng.pick(&[0, 20, 60, 400, 1_000, 3_000, 8_000]) + rng.between(0, 200);
    match rng.between(0, 6) {
        0 => Do::Insist(ms),
        1 => Do::Tell(ms, "good morning".to_owned()),
        2 => Do::Start(ms),
        _ => Do::Say(ms),
    }
}

fn limits(rng: &mut Rng, mut builder: Builder) -> Builder {
    let lead_ms = rng.chance(300).then(|| rng.between(0, 300));
    let mut bound_ms = 120_000;
    if rng.chance(200) && !builder.manner.echo {
        // What is refused is whole frames: halves of two would read as a third.
        bound_ms = rng.between(50, 400) * 20;
        builder.manner.piece_bytes = 0;
        builder.manner.speaks = None;
    }
    let (hasty, slip) = (rng.chance(200), rng.chance(800));
    builder.config(|config| {
        config.playout.lead_ms = lead_ms;
        config.playout.bound_ms = bound_ms;
        config.playout.slip = slip;
        if hasty {
            config.stall_ms = 1_500;
            config.ping_ms = 1_000;
            config.alive_ms = 3_000;
            config.max_call_ms = 9_000;
        }
    })
}

fn surroundings(rng: &mut Rng, builder: Builder, line: &Line) -> Builder {
    let weather = if rng.chance(300) {
        Weather::default()
    } else {
        network::draw(rng)
    };
    let background = rng.pick(&[Background::Stamps, Background::Silence, Background::Nothing]);
    let loose = Weather {
        datagrams: weather.datagrams && line.reorder_ms > 0,
        ..weather
    };
    let echoes = builder.manner.echo;
    builder
        .weather(loose)
        .background(if echoes {
            Background::Stamps
        } else {
            background
        })
        .socket_bytes(rng.pick(&[1_024, 4_096, 16_384]) as usize)
        .prebuffer_ms(rng.pick(&[0, 0, 20, 60]))
        .timers_late_us(rng.pick(&[0, 0, 2_000]))
}

/// Something happens at `at`, and perhaps something that belongs to it later.
fn happening(rng: &mut Rng, at: u64, acts: &mut Vec<(u64, Act)>) {
    let ms = rng.between(20, 3_000);
    let later = at + ms;
    let act = match rng.between(0, 116) {
        0..25 => Act::Agent(speech(rng)),
        25..30 => {
            acts.push((later, Act::Agent(Do::Finish)));
            acts.push((at + ms / 2, Act::Agent(Do::More(ms))));
            Act::Agent(Do::Start(ms / 2))
        }
        30..35 => Act::Agent(Do::CutOff),
        35..45 => Act::Speak(ms),
        45..52 => Act::Text("interrupt".to_owned()),
        52..56 => Act::Text(format!("digit {}", rng.pick(&['5', '#', '0']))),
        56..59 => Act::Text("text hello".to_owned()),
        59..61 => {
            acts.push((later, Act::Text("talk 0".to_owned())));
            Act::Text("talk 1".to_owned())
        }
        61..67 => Act::StallDown(ms),
        67..72 => Act::StallUp(ms),
        72..78 => Act::Block(ms),
        78..81 => {
            acts.push((later, Act::Mute(false)));
            Act::Mute(true)
        }
        81..84 => {
            acts.push((later, Act::AgentTakes(true)));
            Act::AgentTakes(false)
        }
        84..88 => return link(rng, at, later, acts),
        88..92 => Act::Text(strange(rng)),
        92..94 => Act::Background(rng.pick(&[Background::Silence, Background::Nothing])),
        94..104 => return marks(rng, at, acts),
        104..108 => {
            acts.push((later, Act::Agent(READY)));
            Act::Agent(Do::Act(Action::Away))
        }
        108..112 => Act::Agent(Do::Act(Action::HandOver)),
        _ => return end(rng, at, acts),
    };
    acts.push((at, act));
}

/// One of the agent's own links: opened, blocked, spoken on, lost.
fn link(rng: &mut Rng, at: u64, later: u64, acts: &mut Vec<(u64, Act)>) {
    let id = LinkId::new(rng.between(0, 8) as u8, rng.between(0, 2) as u8);
    let spec = LinkSpec::Speak {
        text: "x".into(),
        voice: "v".into(),
    };
    acts.push((at, Act::LinkBlocked(id, rng.chance(500))));
    acts.push((at, Act::Agent(Do::Act(Action::Open(id, spec)))));
    if id.slot() != LinkId::CALLER.slot() {
        acts.push((at, Act::Agent(Do::Send(id, "words".to_owned()))));
        acts.push((later, Act::LinkBlocked(id, false)));
        acts.push((later, Act::LinkSays(id, "words".to_owned())));
        acts.push((later, Act::LinkDown(id, Down::Lost)));
    }
}

/// Places get names, behind what is said or where nothing is.
fn marks(rng: &mut Rng, at: u64, acts: &mut Vec<(u64, Act)>) {
    let count = rng.pick(&[1, 1, 2, 5, 20, 70]);
    for number in 0..count {
        // More than so many utterances are joined to one.
        if count <= 20 && rng.chance(300) {
            acts.push((at, Act::Agent(Do::Say(20 * rng.between(0, 20)))));
        }
        if rng.chance(300) {
            // Of an utterance left open, if one is.
            acts.push((at, Act::Agent(Do::More(20 * rng.between(0, 10)))));
        }
        let name = format!("{at}/{number}");
        acts.push((at, Act::Agent(Do::Act(Action::Mark(name)))));
    }
}

/// Words no caller's side should send.
fn strange(rng: &mut Rng) -> String {
    let words = [
        "mark tl-0-0",
        "mark tl-0-1",
        "mark x",
        "start",
        "configure",
        "digit",
        "?",
        "strange",
    ];
    rng.pick(&words).to_owned()
}

/// Something that may end the call; most calls live on.
fn end(rng: &mut Rng, at: u64, acts: &mut Vec<(u64, Act)>) {
    let act = match rng.between(0, 12) {
        0 => Act::Close,
        1 => Act::Break,
        2 => Act::Die,
        3 => Act::Control(Control::HangUp),
        4 => Act::Control(Control::Drain),
        5 => Act::Text("bye".to_owned()),
        6 => Act::Agent(Do::Act(Action::HangUp)),
        7 => {
            let destination = "+15550100".to_owned();
            Act::Agent(Do::Act(Action::Transfer(Referral::to(destination))))
        }
        _ => return,
    };
    acts.push((at, act));
}
