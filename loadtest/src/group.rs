//! A group of callers and the server they call.

use std::rc::Rc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{sleep_until, timeout_at};

use crate::bot::Bots;
use crate::caller::{Plan, call};
use crate::measure::{Cost, Count, Tally, Watch};
use crate::scenario::subject::Server;

/// The last calls to be begun are put through by then.
const SETTLE: Duration = Duration::from_millis(500);

/// How long after the last has begun the server may take to put calls through.
const PUT_THROUGH: Duration = Duration::from_secs(10);

/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// A call is over that long after its time, whatever its server does.
const OVER: Duration = Duration::from_secs(30);

/// A group that is about to call.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) is_ours: bool,
    /// Frames may be left out.
    pub(crate) may_skip: bool,
    pub(crate) plan: Rc<Plan>,
    /// Looks at the server's process, where it is known.
    pub(crate) watch: Option<Watch>,
    /// Kept as long as the calls.
    pub(crate) server: Option<Server>,
    pub(crate) bots: Option<Bots>,
}

/// What came of a group.
#[derive(Debug)]
pub(crate) struct Called {
    pub(crate) name: String,
    pub(crate) is_ours: bool,
    /// Calls that were to be placed, and at the same time.
    pub(crate) calls: u32,
    pub(crate) at_once: u64,
    pub(crate) tally: Tally,
    pub(crate) is_clean: bool,
    pub(crate) cost: Option<Cost>,
}

impl Group {
    /// Places the calls, waits until the last has ended, and stops the server.
    ///
    /// # Errors
    /// The server's process is gone.
    pub(crate) async fn run(self) -> anyhow::Result<Called> {
        let schedule = self.plan.schedule;
        let callers = (0..schedule.calls()).map(|caller| {
            let plan = Rc::clone(&self.plan);
            async move { call(caller, &plan).await }
        });
        let ((), cost) = tokio::join!(
            async {
                let over = self.plan.origin + schedule.ends() + schedule.steady() + OVER;
                let callers = callers
                    .map(tokio::task::spawn_local)
                    .map(|caller| timeout_at(over, caller));
                for ended in join_all(callers).await {
                    let complaint = match ended {
                        Ok(Ok(())) => continue,
                        Ok(Err(_)) => "a caller of this program panicked",
                        Err(_) => "a caller of this program never ended",
                    };
                    self.plan.tally.borrow_mut().complain(complaint.to_owned());
                }
            },
            watch(self.watch, &self.plan)
        );
        // What it said before it ended says more than that it is gone.
        if let Some(server) = self.server {
            server.stop().await?;
        }
        drop(self.bots);
        let tally = self.plan.tally.borrow().clone();
        Ok(Called {
            name: self.name,
            is_ours: self.is_ours,
            calls: schedule.calls(),
            at_once: schedule.at_once(),
            is_clean: tally.is_clean(schedule.calls(), self.may_skip),
            tally,
            cost: cost?,
        })
    }
}

async fn watch(watch: Option<Watch>, plan: &Plan) -> anyhow::Result<Option<Cost>> {
    let Some(mut watch) = watch else {
        return Ok(None);
    };
    let frames = || plan.tally.borrow().get(Count::Received);
    let steady = watch.look_until(plan.schedule.steady()).await?.at;
    let put_through = all_put_through(plan).await;
    let from = watch.look_until(steady.max(put_through) + SETTLE).await?;
    let before = frames();
    let to = watch.look_until(plan.schedule.ends()).await?;
    let frames = frames() - before;
    Ok(Some(watch.cost(from, to, frames)))
}

/// Waits until every call has been put through or refused, and returns when that was. Where calls come and go there is
/// no such moment.
async fn all_put_through(plan: &Plan) -> Duration {
    let last = plan.schedule.steady() + PUT_THROUGH;
    let is_over = || {
        let tally = plan.tally.borrow();
        let refused: u64 = tally.refused.values().sum();
        tally.get(Count::Connected) + refused >= plan.schedule.calls().into()
    };
    while !plan.schedule.is_churn() && !is_over() && plan.since_origin() < last {
        sleep_until(plan.origin + plan.since_origin() + LOOK).await;
    }
    plan.since_origin()
}
