//! `trunkline check`.

use std::process::ExitCode;

use trunkline_local::{Availability, Workers, WorkersConfig};

use super::options::Options;
use crate::agents::server;
use crate::lines::{Line, LineSpecs, render};

pub(super) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let config = options.resolve()?;
    println!("configuration: good");
    println!("  listen    {}", config.listen);
    println!("  data      {}", config.data_dir.display());
    let pinned = if config.pin { ", pinned" } else { "" };
    println!("  shards    {}{pinned}", config.shards);
    println!(
        "  agents    {}",
        config.agents.names().collect::<Vec<_>>().join(", ")
    );
    for (name, route) in config.agents.iter() {
        if let Some(place) = route.spec.place() {
            println!("    {name}: {place}");
        }
        let status = route.callbacks.as_ref().and_then(|c| c.status.as_ref());
        if let Some(status) = status {
            println!("    {name}: status callbacks to {}", server(&status.url));
        }
    }
    for warning in &config.warnings {
        println!("  without effect: {warning}");
    }
    let workers = Workers::start(WorkersConfig::default());
    let report = workers.report();
    println!("embedded engines:");
    let recogniser = say("speech to text", &report.recogniser);
    let speaker = say("text to speech", &report.speaker);
    // Only needed for languages other than English.
    say("other languages", &report.espeak);
    let lines = check_lines(&config.lines, &workers)?;
    workers.shutdown();
    if !(recogniser && speaker) {
        println!("scripted agents will work by keys and text only");
    }
    Ok(if recogniser && speaker && lines {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Renders the lines as a start would, and says what came of it.
fn check_lines(specs: &LineSpecs, workers: &Workers) -> anyhow::Result<bool> {
    let rendered = super::block_on(async { Ok(render(specs, workers).await) })?;
    println!("lines:");
    for line in Line::ALL {
        let fault = rendered.faults.iter().find(|fault| fault.line == line);
        let name = line.name();
        match (line.of(&rendered.lines), fault) {
            (Some(clip), _) => println!("  {name:<16} {:?}, {} ms", clip.text, clip.length_ms()),
            (None, Some(fault)) => println!("  {name:<16} missing: {}", fault.reason),
            (None, None) => println!("  {name:<16} none"),
        }
    }
    Ok(rendered.faults.is_empty())
}

fn say(role: &str, availability: &Availability) -> bool {
    match availability {
        Availability::Ready { detail } => {
            println!("  {role:<16} ready: {detail}");
            true
        }
        Availability::Missing { what, install } => {
            println!("  {role:<16} missing: {what}; install: {install}");
            false
        }
    }
}
