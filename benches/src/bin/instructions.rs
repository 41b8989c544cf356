//! Instructions per frame, counted by callgrind and compared with `benches/baseline.toml`.
//!
//! Runs itself under valgrind; the inner run (`--inner`) feeds every scenario and is what is counted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, ensure};
use clap::Parser;
use trunkline_benches::callgrind::Cost;
use trunkline_benches::{Baseline, Scenario};

/// The profile `make` and CI build with; the only one figures are comparable in.
const PROFILE: &str = "ci";

/// The function callgrind collects in and dumps after, as two patterns: of two options with the same one, it
/// heeds the first alone.
const COLLECT_IN: &str = "*measured_frames*";
const DUMP_AFTER: &str = "trunkline_benches::rig::Rig::measured_frames*";

/// Instructions and allocations of one frame, scenario by scenario.
#[derive(Debug, Parser)]
struct Options {
    /// Accept today's figures: write the baseline anew.
    #[arg(long)]
    bless: bool,
    /// Where the accepted figures are.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/baseline.toml"))]
    baseline: PathBuf,
    /// Feed the scenarios, and nothing else: what runs under valgrind.
    #[arg(long, hide = true)]
    inner: bool,
}

fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    if options.inner {
        feed()?;
        return Ok(ExitCode::SUCCESS);
    }
    let costs = measure()?;
    if options.bless {
        bless(&options.baseline, &costs)?;
    }
    let text = std::fs::read_to_string(&options.baseline)
        .with_context(|| options.baseline.display().to_string())?;
    let baseline: Baseline = toml::from_str(&text).context("baseline")?;
    print_table(&baseline, &costs);
    Ok(verdict(&baseline, &costs))
}

fn feed() -> anyhow::Result<()> {
    for scenario in Scenario::all() {
        scenario.warm_rig()?.measured_frames(Scenario::MEASURED);
    }
    Ok(())
}

/// Runs the scenarios under callgrind, which writes a dump each time the measured function returns.
fn measure() -> anyhow::Result<Vec<(String, Cost)>> {
    let dir = tempfile::tempdir()?;
    let out = dir.path().join("out");
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--compress-strings=no"])
        .arg(format!("--toggle-collect={COLLECT_IN}"))
        .arg(format!("--dump-after={DUMP_AFTER}"))
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe()?)
        .arg("--inner")
        .status()
        .context("valgrind; install: apt-get install valgrind")?;
    ensure!(status.success(), "valgrind: {status}");
    let dump = |(index, scenario): (usize, Scenario)| {
        let path = dir.path().join(format!("out.{}", index + 1));
        let text = std::fs::read_to_string(&path).context("no dump of the measured function")?;
        let cost = Cost::parse(&text).with_context(|| format!("{scenario}: dump without total"))?;
        Ok((scenario.to_string(), cost))
    };
    Scenario::all().into_iter().enumerate().map(dump).collect()
}

const fn per_frame(total: u64) -> u64 {
    total / Scenario::MEASURED as u64
}

fn instructions(costs: &[(String, Cost)]) -> BTreeMap<String, u64> {
    let figure = |(name, cost): &(String, Cost)| (name.clone(), per_frame(cost.instructions));
    costs.iter().map(figure).collect()
}

fn bless(path: &Path, costs: &[(String, Cost)]) -> anyhow::Result<()> {
    let baseline = Baseline {
        profile: PROFILE.to_owned(),
        instructions: instructions(costs),
    };
    let text = format!(
        "# Instructions a frame of 20 ms. Written by `instructions --bless`; see README.md.\n{}",
        toml::to_string(&baseline)?
    );
    std::fs::write(path, text).with_context(|| path.display().to_string())
}

fn print_table(baseline: &Baseline, costs: &[(String, Cost)]) {
    println!(
        "| scenario (profile {}) | instructions a frame | change | allocations in {} frames |",
        baseline.profile,
        Scenario::MEASURED
    );
    println!("|---|---:|---:|---:|");
    for (name, cost) in costs {
        let figure = per_frame(cost.instructions);
        let change = baseline
            .change_percent(name, figure)
            .map_or_else(|| "new".to_owned(), |change| format!("{change:+.2} %"));
        println!("| {name} | {figure} | {change} | {} |", cost.allocations);
    }
}

fn verdict(baseline: &Baseline, costs: &[(String, Cost)]) -> ExitCode {
    let mut faults: Vec<String> = baseline
        .deviations(&instructions(costs))
        .iter()
        .map(ToString::to_string)
        .collect();
    faults.extend(
        costs
            .iter()
            .filter(|(_, cost)| cost.allocations > 0)
            .map(|(name, cost)| {
                format!("{name}: expected 0 allocations, got {}", cost.allocations)
            }),
    );
    if faults.is_empty() {
        return ExitCode::SUCCESS;
    }
    for fault in &faults {
        eprintln!("instructions: {fault}");
    }
    eprintln!(
        "instructions: if that is what was wanted, run again with --bless and commit baseline.toml"
    );
    ExitCode::FAILURE
}
