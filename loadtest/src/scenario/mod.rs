//! Scenarios and subjects: what is put to servers, and the servers it is put to, as files say.

pub(crate) mod subject;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

use crate::dialect::{Dialect, Raw, Speech};
use crate::payload::Payload;
use crate::{bot, caller};

/// A scenario, as its file has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// What it is, in a sentence.
    pub(crate) about: String,
    #[serde(default)]
    pub(crate) load: Load,
    pub(crate) caller: Caller,
    /// The bot behind a gateway; none where the gateway answers by itself.
    pub(crate) bot: Option<Bot>,
    /// What a relay carries, on both sides; by default what the caller speaks.
    pub(crate) relayed: Option<Bot>,
    /// Bytes of the messages that a gateway handles here, for a relay that carries as many on each side.
    #[serde(default)]
    pub(crate) sizes: Sizes,
    #[serde(default)]
    pub(crate) gateway: Gateway,
    /// Servers may leave frames out to be rid of a delay: what is lost or damaged is no fault.
    #[serde(default)]
    pub(crate) may_skip: bool,
    /// The most that a figure of ours may be, by JSON pointer into a group of the report.
    #[serde(default)]
    pub(crate) at_most: BTreeMap<String, f64>,
}

/// How much of it, where the command line does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Load {
    pub(crate) calls: u32,
    pub(crate) seconds: u32,
    pub(crate) ramp_per_s: u32,
    /// Calls of this length come and go, `ramp_per_s` of them, in place of `calls` to the end.
    pub(crate) hold_ms: Option<u32>,
}

/// The callers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Caller {
    pub(crate) dialect: Dialect,
    /// Whom they ask for.
    #[serde(default = "agent")]
    pub(crate) agent: String,
    #[serde(default)]
    pub(crate) payload: Payload,
    #[serde(default)]
    pub(crate) act: caller::Act,
}

/// The far side.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bot {
    pub(crate) dialect: Dialect,
    #[serde(default = "rate")]
    pub(crate) rate_hz: u32,
    /// It answers with JSON where it has the choice.
    #[serde(default)]
    pub(crate) json: bool,
    #[serde(default)]
    pub(crate) act: bot::Act,
}

/// Sizes of messages, in bytes.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sizes {
    /// From the caller.
    pub(crate) caller: usize,
    /// To the bot and from it.
    pub(crate) bot: usize,
    /// To the caller.
    pub(crate) back: usize,
}

/// What is ours alone.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Gateway {
    /// `trunkline.toml`; `{bot}` is the bot's HOST:PORT.
    pub(crate) config: String,
    /// How far ahead of its place a frame of a burst is due.
    pub(crate) lead_ms: u32,
    /// How late within the lead a timer may be.
    pub(crate) slack_ms: u32,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            calls: 100,
            seconds: 10,
            ramp_per_s: 100,
            hold_ms: None,
        }
    }
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            caller: 320,
            bot: 320,
            back: 320,
        }
    }
}

impl Sizes {
    /// Messages of a caller of such a relay.
    pub(crate) fn raw(self) -> Raw {
        Raw {
            sent: self.caller,
            kept: self.caller.min(self.bot).min(self.back),
        }
    }
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            config: String::new(),
            lead_ms: 100,
            slack_ms: 25,
        }
    }
}

fn agent() -> String {
    "bot".to_owned()
}

const fn rate() -> u32 {
    8_000
}

impl Scenario {
    /// Reads one.
    ///
    /// # Errors
    /// There is no such file, or it is not a scenario.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let scenario: Self = toml::from_str(&text).with_context(|| path.display().to_string())?;
        scenario
            .check()
            .with_context(|| path.display().to_string())?;
        Ok(scenario)
    }

    fn check(&self) -> anyhow::Result<()> {
        let talking = self.bot.filter(|bot| bot.act != bot::Act::Echo);
        if let Some(bot) = talking
            && bot.speech().format.rate_hz != 8_000
        {
            anyhow::bail!("a bot that talks does so at 8000 Hz, got {}", bot.rate_hz);
        }
        if let Some(bot) = self.bot
            && bot.dialect == Dialect::Omni
        {
            anyhow::bail!("no bot speaks omni");
        }
        Ok(())
    }

    /// How callers speak.
    pub(crate) const fn speech(&self) -> Speech {
        Speech::new(self.caller.dialect, 24_000)
    }
}

impl Bot {
    pub(crate) const fn speech(self) -> Speech {
        Speech {
            as_json: self.json,
            ..Speech::new(self.dialect, self.rate_hz)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::subject::Subjects;
    use super::*;

    #[test]
    fn every_scenario_and_subject_of_the_repository_can_be_read() -> anyhow::Result<()> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut scenarios = 0;
        for entry in std::fs::read_dir(here.join("scenarios"))? {
            let scenario = Scenario::read(&entry?.path())?;
            if let Some(bot) = scenario.bot
                && scenario.caller.payload == Payload::Exact
            {
                let rates = [scenario.speech(), bot.speech()].map(|speech| speech.format.rate_hz);
                assert_eq!(
                    rates[0], rates[1],
                    "{}: what is resampled is coded",
                    scenario.about
                );
            }
            scenarios += 1;
        }
        assert!(scenarios > 5, "{scenarios} scenarios");
        let subjects = Subjects::read(&here.join("subjects.toml"))?;
        assert!(subjects.get("gateway").is_ok());
        assert!(subjects.get("nobody").is_err());
        Ok(())
    }

    #[test]
    fn a_bot_that_cannot_be_is_refused() {
        let scenario = |bot: &str| {
            let text =
                format!("about = \"\"\ncaller = {{ dialect = \"twilio\" }}\nbot = {{ {bot} }}");
            toml::from_str::<Scenario>(&text)
                .map_err(anyhow::Error::from)
                .and_then(|scenario| scenario.check())
        };
        assert!(scenario(r#"dialect = "ivr""#).is_ok());
        for bot in [
            r#"dialect = "omni""#,
            r#"dialect = "ivr", rate_hz = 24000, act = { talk = { utterance_ms = 1, every_ms = 1 } }"#,
            r#"dialect = "ivr", volume = 11"#,
        ] {
            assert!(scenario(bot).is_err(), "{bot}");
        }
    }
}
