//! `trunkline keys mint|inspect|revoke`.

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use trunkline_auth::{Environment, Inspected, Revocation, Scopes, TokenId, inspect};

use crate::config::default_data_dir;
use crate::keys::{DataDir, KeyRequest, KeyRing, now_s};

/// Make, read and revoke keys.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print a new key, alone, on standard output.
    Mint(Mint),
    /// Show what a key says, and whether it is good. The key is read from standard input unless it is given.
    Inspect(Inspect),
    /// Make a key useless, within a second, on every gateway that shares the data directory.
    Revoke(Revoke),
}

/// Which gateway's keys.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// Where that gateway keeps its keys and revocations.
    #[arg(long, env = "TRUNKLINE__DATA_DIR", default_value_os_t = default_data_dir())]
    data_dir: PathBuf,
}

/// Print a new key.
#[derive(Debug, Args)]
pub(super) struct Mint {
    #[command(flatten)]
    place: Place,
    /// What it may do, separated by commas, such as omni:session,telephony:stream.
    #[arg(long, default_value = "omni:session,telephony:stream")]
    scopes: String,
    /// `test` or `live`.
    #[arg(long, default_value = "test")]
    env: String,
    /// The organisation it belongs to.
    #[arg(long, default_value = "default")]
    org: String,
    /// The project within it.
    #[arg(long, default_value = "default")]
    project: String,
    /// How long it is good, in seconds.
    #[arg(long, default_value_t = 365 * 86_400)]
    ttl_s: u64,
    /// Its first word.
    #[arg(long, default_value = trunkline_auth::DEFAULT_PREFIX)]
    prefix: String,
}

/// Show what a key says, and whether it is good.
#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// The key; better left out, so that no shell history keeps it.
    key: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// Make a key useless.
#[derive(Debug, Args)]
pub(super) struct Revoke {
    /// The key's id, as `inspect` shows it, or the key itself; from standard input unless it is given.
    key: Option<String>,
    #[command(flatten)]
    place: Place,
}

pub(super) fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Mint(options) => mint(options),
        Command::Inspect(options) => show(options),
        Command::Revoke(options) => revoke(options),
    }
}

fn mint(options: Mint) -> anyhow::Result<ExitCode> {
    let environment: Environment = options
        .env
        .parse()
        .map_err(|_| anyhow::anyhow!("--env: expected test or live, got {:?}", options.env))?;
    let scopes = Scopes::parse(&options.scopes).context("--scopes")?;
    for unknown in scopes.unknown() {
        eprintln!("trunkline: warning: no part of the gateway asks for scope {unknown:?}");
    }
    let key = DataDir::open(&options.place.data_dir)?.mint(KeyRequest {
        org: options.org,
        project: options.project,
        environment,
        scopes,
        ttl_s: options.ttl_s,
        prefix: options.prefix,
    })?;
    println!("{key}");
    Ok(ExitCode::SUCCESS)
}

fn show(options: Inspect) -> anyhow::Result<ExitCode> {
    let key = key_or_stdin(options.key)?;
    let Inspected { key_id, claims, .. } = inspect(&key)?;
    println!("id          {}", claims.token_id);
    println!("signed by   {key_id}");
    println!("org         {}", claims.org);
    println!("project     {}", claims.project);
    println!("environment {}", claims.environment);
    println!("scopes      {}", claims.scopes);
    println!("limits      {}", claims.limits);
    println!("issued at   {} (unix)", claims.issued_at_s);
    let left = claims.expires_at_s.saturating_sub(now_s());
    println!("expires at  {} (unix, in {left} s)", claims.expires_at_s);
    let dir = DataDir::existing(&options.place.data_dir)?;
    match KeyRing::read(&dir)?.verify(&key) {
        Ok(_) => {
            println!("good");
            Ok(ExitCode::SUCCESS)
        }
        Err(refusal) => {
            println!("refused: {}", refusal.message());
            Ok(ExitCode::FAILURE)
        }
    }
}

fn revoke(options: Revoke) -> anyhow::Result<ExitCode> {
    let text = key_or_stdin(options.key)?;
    let revocation = if let Ok(token_id) = text.parse::<TokenId>() {
        Revocation {
            token_id,
            expires_at_s: None,
        }
    } else {
        let Ok(Inspected { claims, .. }) = inspect(&text) else {
            bail!("expected a key or its id");
        };
        Revocation {
            token_id: claims.token_id,
            expires_at_s: Some(claims.expires_at_s),
        }
    };
    DataDir::existing(&options.place.data_dir)?.revoke(&revocation)?;
    println!("revoked {}", revocation.token_id);
    Ok(ExitCode::SUCCESS)
}

fn key_or_stdin(given: Option<String>) -> anyhow::Result<String> {
    let text = match given {
        Some(text) => text,
        None => {
            let mut text = String::new();
            std::io::stdin()
                .take(4_096)
                .read_to_string(&mut text)
                .context("standard input")?;
            text
        }
    };
    Ok(text.trim().to_owned())
}
