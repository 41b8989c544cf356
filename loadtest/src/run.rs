//! A whole run: its groups are made, call at once, and are told of together.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context;
use futures_util::future::try_join_all;
use tokio::time::Instant;

use crate::bot::{self, Bots, Clears};
use crate::caller::{Act, Answer, Plan};
use crate::dialect::{Dialect, Speech};
use crate::group::{Called, Group};
use crate::measure::{Tally, Usage, Watch};
use crate::options::{Call, Run, Size};
use crate::payload::Payload;
use crate::progress;
use crate::scenario::subject::{Kind, Place, Server, Subject, Subjects};
use crate::scenario::{Load, Scenario};
use crate::schedule::Schedule;

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) load: Load,
    pub(crate) groups: Vec<Called>,
    /// Limits of the scenario.
    pub(crate) at_most: Vec<(String, f64)>,
    /// This program's own share of a CPU, in percent, over the whole run.
    pub(crate) own_cpu_percent: f64,
}

/// Calls a server that runs already.
///
/// # Errors
/// The key file or the server's process cannot be read, or the URL is none.
pub(crate) async fn call(call: &Call) -> anyhow::Result<Outcome> {
    let origin = Instant::now();
    let key = match &call.key_file {
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            Some(text.trim().to_owned())
        }
        None => None,
    };
    let load = Load::default().resized(&call.size);
    let plan = Plan {
        to: call.to.clone(),
        agent: call.agent.clone(),
        key,
        speech: Speech::new(call.dialect, 24_000),
        payload: if call.coded {
            Payload::Coded
        } else {
            Payload::Exact
        },
        act: Act::Talk,
        answer: Answer::Echo,
        schedule: load.schedule(1),
        origin,
        tally: RefCell::new(Tally::new()?),
    };
    // Found out here once, not by every caller.
    plan.speech
        .request(&plan.to, &plan.agent, plan.key.as_deref())?;
    let watch = call.server_pid.map(|pid| Watch::new(pid, origin));
    let group = Group {
        name: call.to.clone(),
        is_ours: true,
        may_skip: false,
        plan: Rc::new(plan),
        watch: watch.transpose()?,
        server: None,
        bots: None,
    };
    let about = format!("{:?} callers to an echo", call.dialect);
    finish(("call".to_owned(), about), load, vec![group], Vec::new()).await
}

/// Puts a scenario to servers.
///
/// # Errors
/// The scenario or a subject is not known, or a server does not start, or ends early.
pub(crate) async fn run(run: &Run) -> anyhow::Result<Outcome> {
    let path = scenario_path(&run.root, &run.scenario);
    let name = path
        .file_stem()
        .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let scenario = Scenario::read(&path)?;
    let subjects = Subjects::read(&run.root.join("loadtest/subjects.toml"))?;
    if let Some(cpu) = run.load_cpu {
        bind(cpu)?;
    }
    let load = scenario.load.resized(&run.size);
    let share = u32::try_from(run.subjects.len()).unwrap_or(1);
    let maker = Maker {
        scenario: &scenario,
        schedule: load.schedule(share),
        run,
        epoch: Instant::now(),
    };
    let mut servers = Vec::new();
    for name in &run.subjects {
        servers.push(maker.serve(name, subjects.get(name)?).await?);
    }
    // Only now: starting a server takes its time.
    let origin = Instant::now();
    let groups: anyhow::Result<Vec<Group>> = servers
        .into_iter()
        .map(|served| maker.group(served, origin))
        .collect();
    let at_most = scenario.at_most.clone().into_iter().collect();
    finish((name, scenario.about.clone()), load, groups?, at_most).await
}

fn scenario_path(root: &Path, scenario: &str) -> PathBuf {
    if scenario.contains(['/', '.']) {
        return scenario.into();
    }
    root.join(format!("loadtest/scenarios/{scenario}.toml"))
}

fn bind(cpu: u32) -> anyhow::Result<()> {
    let mut set = rustix::thread::CpuSet::new();
    set.set(cpu as usize);
    rustix::thread::sched_setaffinity(None, &set).with_context(|| format!("--load-cpu {cpu}"))
}

async fn finish(
    (name, about): (String, String),
    load: Load,
    groups: Vec<Group>,
    at_most: Vec<(String, f64)>,
) -> anyhow::Result<Outcome> {
    let plans = groups.iter().map(|group| Rc::clone(&group.plan)).collect();
    let progress = tokio::task::spawn_local(progress::show(plans));
    let (began, before) = (Instant::now(), Usage::read(std::process::id())?);
    let called = try_join_all(groups.into_iter().map(Group::run)).await;
    progress.abort();
    let cpu_us = Usage::read(std::process::id())?.cpu_us - before.cpu_us;
    Ok(Outcome {
        name,
        about,
        load,
        groups: called?,
        at_most,
        own_cpu_percent: cpu_us as f64 / began.elapsed().as_secs_f64() / 10_000.0,
    })
}

impl Load {
    fn resized(self, size: &Size) -> Self {
        Self {
            calls: size.calls.unwrap_or(self.calls),
            seconds: size.seconds.unwrap_or(self.seconds),
            ramp_per_s: size.ramp_per_s.unwrap_or(self.ramp_per_s),
            hold_ms: size.hold_ms.or(self.hold_ms),
        }
    }

    /// The plan of one of `share` groups.
    fn schedule(self, share: u32) -> Schedule {
        let part = |whole: u32| whole.div_ceil(share.max(1)).max(1);
        match self.hold_ms {
            Some(hold_ms) => Schedule::churn(
                part(self.ramp_per_s),
                self.seconds,
                Duration::from_millis(hold_ms.into()),
            ),
            None => Schedule::together(part(self.calls), self.seconds, part(self.ramp_per_s)),
        }
    }
}

/// Makes groups of one scenario.
#[derive(Debug)]
struct Maker<'a> {
    scenario: &'a Scenario,
    schedule: Schedule,
    run: &'a Run,
    epoch: Instant,
}

/// A subject that is there.
#[derive(Debug)]
struct Served<'a> {
    name: &'a str,
    subject: &'a Subject,
    speech: Speech,
    server: Option<Server>,
    bots: Option<Bots>,
    clears: Clears,
}

impl<'a> Maker<'a> {
    /// Starts a subject and its bots.
    async fn serve(&self, name: &'a str, subject: &'a Subject) -> anyhow::Result<Served<'a>> {
        let relayed = self.scenario.relayed.map(|bot| bot.speech());
        let (speech, bot) = match subject.kind {
            Kind::Gateway => {
                let bot = self.scenario.bot.map(|bot| (bot.speech(), bot.act));
                (self.scenario.speech(), bot)
            }
            Kind::Relay | Kind::Direct => {
                let speech = relayed.unwrap_or_else(|| self.scenario.speech());
                let act = self.scenario.bot.map_or(bot::Act::Echo, |bot| bot.act);
                (speech, Some((speech, act)))
            }
            Kind::Resizer => {
                let raw = self.scenario.sizes.raw();
                let speech = Speech {
                    raw,
                    ..Speech::new(Dialect::Raw, 8_000)
                };
                (speech, Some((speech, bot::Act::Echo)))
            }
            Kind::Echo => {
                let dialect = subject.caller.unwrap_or(self.scenario.caller.dialect);
                (Speech::new(dialect, 8_000), None)
            }
        };
        let clears = Clears::default();
        let bots = match bot {
            Some((speech, act)) => {
                Some(Bots::start(speech, act, self.epoch, Rc::clone(&clears)).await?)
            }
            None => None,
        };
        let place = Place {
            bin: self.run.bin.clone(),
            root: self.run.root.clone(),
            bot: bots.as_ref().map(Bots::address),
            sizes: self.scenario.sizes,
            cpu: self.run.server_cpu,
        };
        let config = &self.scenario.gateway.config;
        let server = match subject.kind {
            Kind::Direct => None,
            _ => Some(
                subject
                    .start(config, &place)
                    .await
                    .with_context(|| name.to_owned())?,
            ),
        };
        Ok(Served {
            name,
            subject,
            speech,
            server,
            bots,
            clears,
        })
    }

    fn group(&self, served: Served<'_>, origin: Instant) -> anyhow::Result<Group> {
        let scenario = self.scenario;
        let address = match (&served.server, &served.bots) {
            (Some(server), _) => server.address().to_owned(),
            (None, Some(bots)) => bots.address().to_string(),
            (None, None) => anyhow::bail!("{}: nobody to call", served.name),
        };
        let is_gateway = served.subject.kind == Kind::Gateway;
        // A relay gives back what it was given, whatever a gateway would do to it.
        let payload = match served.subject.payload {
            Some(payload) => payload,
            None if is_gateway => scenario.caller.payload,
            None => Payload::Exact,
        };
        let answer = match scenario.bot.map(|bot| bot.act) {
            Some(bot::Act::Talk { .. }) => Answer::Bursts {
                clears: served.clears,
                lead_us: u64::from(scenario.gateway.lead_ms) * 1_000,
                slack_us: u64::from(scenario.gateway.slack_ms) * 1_000,
            },
            _ => Answer::Echo,
        };
        let plan = Plan {
            to: format!("ws://{address}{}", served.subject.path),
            agent: scenario.caller.agent.clone(),
            key: served
                .server
                .as_ref()
                .and_then(|server| server.key().map(str::to_owned)),
            speech: served.speech,
            payload,
            act: scenario.caller.act,
            answer,
            schedule: self.schedule,
            origin,
            tally: RefCell::new(Tally::new()?),
        };
        let pid = served.server.as_ref().and_then(|server| server.pid());
        Ok(Group {
            name: served.name.to_owned(),
            is_ours: served.subject.ours,
            may_skip: scenario.may_skip,
            plan: Rc::new(plan),
            watch: pid.map(|pid| Watch::new(pid, origin)).transpose()?,
            server: served.server,
            bots: served.bots,
        })
    }
}
