//! A gateway in this process, on a free port, with a data directory and a key of its own.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::timeout;
use trunkline::calls::Reported;
use trunkline::config::{Config, Typed};
use trunkline::keys::{DataDir, KeyRequest};
use trunkline::running::{Running, Stopped};
use trunkline_auth::{Environment, Scopes};
use trunkline_call::{CallEvent, Counters, Ending};
use trunkline_local::{Availability, Workers, WorkersConfig};
use trunkline_testkit::{Dial, PATIENCE};

/// A gateway that takes calls, and everything needed to place them.
#[derive(Debug)]
pub(crate) struct Stage {
    running: Running,
    reports: mpsc::Receiver<Reported>,
    workers: Workers,
    key: String,
    /// Removed with the stage.
    _dir: TempDir,
}

impl Stage {
    /// Starts a gateway with this configuration; `listen` and, unless it is given, `data_dir` are filled in.
    pub(crate) async fn set(toml: &str) -> Self {
        let dir = TempDir::new().expect("a directory");
        let mut typed: Typed = toml::from_str(toml).expect("a configuration");
        typed.listen = Some("127.0.0.1:0".to_owned());
        typed.data_dir.get_or_insert(dir.path().join("data"));
        let config = Config::resolve(&typed, dir.path()).unwrap_or_else(|e| panic!("{e}"));
        let workers = Workers::start(WorkersConfig::default());
        if typed.agents.values().any(|agent| agent.script.is_some()) {
            require(&workers);
        }
        let (running, reports) = Running::start(&config, &workers).await.expect("a start");
        let key = mint(&config.data_dir, "omni:session,telephony:stream");
        Self {
            running,
            reports,
            workers,
            key,
            _dir: dir,
        }
    }

    /// A key that opens every socket.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// A socket to be opened, without a key.
    pub(crate) fn dial(&self, path: &str) -> Dial {
        Dial::new(self.address(), path)
    }

    /// How the next call to end has ended.
    pub(crate) async fn ended(&mut self) -> (Ending, Counters) {
        loop {
            let next = timeout(PATIENCE, self.reports.recv()).await;
            let reported = next.expect("a call ends").expect("reports go on");
            if let CallEvent::Ended {
                ending, counters, ..
            } = reported.event
            {
                return (ending, counters);
            }
        }
    }

    /// Stops the gateway. No call, no task and no shard may be left behind.
    pub(crate) async fn clear(self) {
        let gateway = Arc::clone(self.running.gateway());
        assert!(
            gateway
                .calls
                .wait_until_empty(Duration::from_secs(20))
                .await,
            "{} calls never left the directory",
            gateway.calls.len()
        );
        let stopped = self.running.stop().await;
        assert_eq!(stopped, Stopped { cut: 0, left: 0 });
        self.workers.shutdown();
    }
}

impl Deref for Stage {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.running
    }
}

/// A key for this data directory.
fn mint(data_dir: &std::path::Path, scopes: &str) -> String {
    let request = KeyRequest {
        org: "tests".to_owned(),
        project: "tests".to_owned(),
        environment: Environment::Test,
        scopes: Scopes::parse(scopes).expect("scopes"),
        ttl_s: 3_600,
        prefix: trunkline_auth::DEFAULT_PREFIX.to_owned(),
    };
    let dir = DataDir::open(data_dir).expect("a data directory");
    dir.mint(request).expect("a key")
}

/// Fails with the name of the package where an embedded engine is missing.
fn require(workers: &Workers) {
    let report = workers.report();
    for engine in [&report.recogniser, &report.speaker] {
        if let Availability::Missing { what, install } = engine {
            panic!("{what}; install: {install}");
        }
    }
}
