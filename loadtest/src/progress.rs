//! What is going on, while it is, on a terminal alone.

use std::rc::Rc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::interval;

use crate::caller::Plan;
use crate::measure::{Count, Span};

const EVERY: Duration = Duration::from_millis(500);

/// Draws until it is aborted.
pub(crate) async fn show(plans: Vec<Rc<Plan>>) {
    let Some(first) = plans.first() else { return };
    let ends_ms = first.schedule.ends().as_millis() as u64;
    // Draws on standard error, and nothing where that is no terminal.
    let bar = ProgressBar::new(ends_ms);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}") {
        bar.set_style(style);
    }
    let mut ticks = interval(EVERY);
    loop {
        ticks.tick().await;
        bar.set_position((first.since_origin().as_millis() as u64).min(ends_ms));
        bar.set_message(message(&plans));
    }
}

fn message(plans: &[Rc<Plan>]) -> String {
    let groups = plans.iter().map(|plan| {
        let tally = plan.tally.borrow();
        let p99_us = tally
            .span(Span::RoundTrip)
            .map_or(0, |histogram| histogram.value_at_quantile(0.99));
        format!(
            "{} calls, {} frames back, p99 {:.2} ms, {} broken",
            tally.get(Count::Connected),
            tally.get(Count::Received),
            p99_us as f64 / 1_000.0,
            tally
                .refused
                .values()
                .chain(tally.broken.values())
                .sum::<u64>(),
        )
    });
    groups.collect::<Vec<_>>().join(" | ")
}
