//! `trunkline check`.

use std::process::ExitCode;

use trunkline_local::{Availability, Workers, WorkersConfig};

use super::options::Options;

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
    let workers = Workers::start(WorkersConfig::default());
    let report = workers.report();
    println!("embedded engines:");
    let recogniser = say("speech to text", &report.recogniser);
    let speaker = say("text to speech", &report.speaker);
    // Only needed for languages other than English.
    say("other languages", &report.espeak);
    workers.shutdown();
    Ok(if recogniser && speaker {
        ExitCode::SUCCESS
    } else {
        println!("scripted agents will work by keys and text only");
        ExitCode::FAILURE
    })
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
