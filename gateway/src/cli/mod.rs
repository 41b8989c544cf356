//! The command line.

mod bot;
mod call;
mod check;
mod demo;
mod keys;
mod options;
mod serve;
mod signals;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Realtime voice gateway: between people who speak and software that answers.
#[derive(Debug, Parser)]
#[command(name = "trunkline", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(about = "Take calls")]
    Serve(options::Options),
    /// Make, read and revoke keys.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Place one call: speak a WAV file, write what was heard.
    Call(Box<call::CallArgs>),
    /// Answer calls as a bot builder's server does: echo, run a script, or fail on purpose.
    Bot(bot::BotArgs),
    /// Start a gateway, call it, and show the conversation.
    Demo(demo::Options),
    #[command(about = "Check the configuration and what is installed")]
    Check(options::Options),
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(options) => serve::run(&options),
        Command::Keys(command) => keys::run(command),
        Command::Call(args) => block_on(Box::pin(call::run(&args))),
        Command::Bot(args) => bot::run(&args),
        Command::Demo(options) => demo::run(&options),
        Command::Check(options) => check::run(&options),
    };
    done.unwrap_or_else(|error| {
        eprintln!("trunkline: {error:#}");
        ExitCode::FAILURE
    })
}

/// Runs a future on a small control runtime.
fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("control")
        .enable_all()
        .build()?
        .block_on(future)
}
