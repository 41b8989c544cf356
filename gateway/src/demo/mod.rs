//! The demo: a gateway, a caller made of a synthetic voice, and the conversation between them.
//!
//! Nothing in it is special: the gateway listens on a loopback port, the caller is the softphone, and the
//! agent is the one that answers where nothing is configured.

mod conversation;
mod verdict;
mod voice;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tokio::sync::mpsc;
use trunkline_auth::{Environment, Scopes};
use trunkline_call::CallEvent;
use trunkline_local::{Availability, Workers, WorkersConfig};

use crate::calls::Reported;
use crate::config::{Config, Typed};
use crate::keys::{DataDir, KeyRequest};
use crate::running::Running;
use crate::softphone::{CallReport, Dialect, Key, Options, PhoneEvent, place};

pub use conversation::{LINES, conversation};
pub use verdict::{Verdict, judge};
pub use voice::say;

/// Events waiting to be shown.
const EVENTS: usize = 1_024;

/// How long the gateway may take to report the end of a call that is over.
const LAST_WORDS: std::time::Duration = std::time::Duration::from_secs(5);

/// What one call of the demo came to.
#[derive(Debug)]
pub struct Placed {
    /// The wire it was placed over.
    pub dialect: Dialect,
    /// The softphone's report.
    pub report: CallReport,
    /// What the gateway reported of the call.
    pub reported: Vec<CallEvent>,
    /// Where the recording is.
    pub recording: PathBuf,
}

/// Something to show while it happens.
#[derive(Debug)]
pub enum Shown {
    /// A call is about to be placed.
    Calling(Dialect, String),
    /// The phone noticed something.
    Phone(PhoneEvent),
    /// The gateway reported something.
    Gateway(CallEvent),
    /// The call is over.
    Placed(Verdict, PathBuf),
}

/// Starts a gateway, places one call over each dialect, and stops it. Returns whether the agent understood
/// and answered in every one.
///
/// # Errors
/// An engine is missing, or something that has nothing to do with the conversation failed.
pub async fn run(out: &Path, mut show: impl FnMut(Shown)) -> anyhow::Result<bool> {
    std::fs::create_dir_all(out).with_context(|| out.display().to_string())?;
    let workers = Workers::start(WorkersConfig::default());
    let mut stage = Stage::set(workers.clone(), out).await?;
    let mut good = true;
    for dialect in [Dialect::Omni, Dialect::Twilio] {
        let placed = Box::pin(stage.call(dialect, out, &mut show)).await?;
        let verdict = judge(&placed);
        good &= verdict.is_good();
        show(Shown::Placed(verdict, placed.recording));
    }
    stage.clear().await;
    workers.shutdown();
    Ok(good)
}

/// A gateway to call, and a voice to call it with.
#[derive(Debug)]
pub struct Stage {
    workers: Workers,
    running: Running,
    reports: mpsc::Receiver<Reported>,
    key: Key,
}

impl Stage {
    /// Starts a gateway with its data in `out`, on a free loopback port.
    ///
    /// # Errors
    /// A speech engine is missing, or the gateway does not start.
    pub async fn set(workers: Workers, out: &Path) -> anyhow::Result<Self> {
        let report = workers.report();
        for engine in [&report.recogniser, &report.speaker] {
            if let Availability::Missing { what, install } = engine {
                bail!("{what}; install: {install}");
            }
        }
        let typed = Typed {
            listen: Some("127.0.0.1:0".to_owned()),
            data_dir: Some(out.join("data")),
            ..Typed::default()
        };
        let config = Config::resolve(&typed, out)?;
        let (running, reports) = Running::start(&config, &workers).await?;
        let key = DataDir::open(&config.data_dir)?.mint(KeyRequest {
            org: "demo".to_owned(),
            project: "demo".to_owned(),
            environment: Environment::Test,
            scopes: Scopes::parse("omni:session,telephony:stream")?,
            ttl_s: 3_600,
            prefix: trunkline_auth::DEFAULT_PREFIX.to_owned(),
        })?;
        Ok(Self {
            workers,
            running,
            reports,
            key: Key::new(&key),
        })
    }

    /// Places one call and stays until the gateway has reported its end.
    ///
    /// # Errors
    /// The call could not be placed, or its recording not be written.
    pub async fn call(
        &mut self,
        dialect: Dialect,
        out: &Path,
        show: &mut impl FnMut(Shown),
    ) -> anyhow::Result<Placed> {
        let address = self.running.address();
        let (path, name) = match dialect {
            Dialect::Omni => ("/v1/omni", "omni"),
            Dialect::Twilio => ("/v1/telephony/streams/twilio/booking", "twilio"),
        };
        let mut options = Options::new(format!("ws://{address}{path}"), dialect);
        options.key = Some(self.key.clone());
        options.max_s = 90;
        show(Shown::Calling(dialect, options.url.clone()));
        let script = conversation(&self.workers, options.rate_hz).await?;
        let (sender, mut events) = mpsc::channel(EVENTS);
        let mut placing = Box::pin(place(options, script, sender));
        let mut reported = Vec::new();
        let report = loop {
            tokio::select! {
                report = &mut placing => break report?,
                Some(event) = events.recv() => show(Shown::Phone(event)),
                Some(report) = self.reports.recv() => {
                    show(Shown::Gateway(report.event.clone()));
                    reported.push(report.event);
                }
            }
        };
        while !matches!(reported.last(), Some(CallEvent::Ended { .. })) {
            let next = tokio::time::timeout(LAST_WORDS, self.reports.recv()).await;
            let Ok(Some(report)) = next else {
                bail!("the gateway did not report the end of the call");
            };
            show(Shown::Gateway(report.event.clone()));
            reported.push(report.event);
        }
        let recording = out.join(format!("{name}.wav"));
        std::fs::write(&recording, report.recording.to_wav())
            .with_context(|| recording.display().to_string())?;
        Ok(Placed {
            dialect,
            report,
            reported,
            recording,
        })
    }

    /// Where the gateway listens.
    pub fn running(&self) -> &Running {
        &self.running
    }

    /// Stops the gateway.
    pub async fn clear(self) {
        self.running.stop().await;
    }
}
