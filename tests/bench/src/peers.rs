//! `peers`: the same work by several programs, one after the other, by turns, against one simulated cloud.

mod ceiling;
mod cells;
mod cloud;
mod contender;
mod first;
mod process;
mod record;
mod tools;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use writeback_bench::machine::Machine;
use writeback_bench::model::{Cell, Contender, Rows, Scheme};

use crate::{shown, targets};
use cells::Plan;
use cloud::Cloud;
use tools::Tools;

/// What to measure.
#[derive(Args)]
pub struct Options {
    /// Sizes of the export: 10K, 1M, 100M, 1G, 5G
    #[arg(long, value_delimiter = ',', value_parser = cells::size)]
    sizes: Option<Vec<u64>>,
    /// Shapes of rows
    #[arg(long, value_delimiter = ',')]
    rows: Option<Vec<Rows>>,
    /// Milliseconds that the cloud holds each connection and request
    #[arg(long, value_delimiter = ',')]
    latency: Option<Vec<u64>>,
    /// How the cloud is spoken to
    #[arg(long, value_delimiter = ',')]
    scheme: Option<Vec<Scheme>>,
    /// Rounds of each cell; by its size if not given
    #[arg(long)]
    rounds: Option<NonZeroUsize>,
    /// Who takes part
    #[arg(long, value_delimiter = ',')]
    peers: Option<Vec<Contender>>,
    /// A few small cells, to see that all works
    #[arg(long)]
    quick: bool,
    /// The product, built already
    #[arg(long, value_name = "FILE")]
    writeback: Option<PathBuf>,
}

/// Measures, prints, keeps and judges. A missed target is an exit code of 1.
pub fn run(options: &Options) -> Result<ExitCode> {
    let tools = Tools::ready(options.writeback.as_deref())?;
    let plans = cells::plans(options);
    println!(
        "{} cells, about {}",
        plans.len(),
        shown::duration(cells::seconds(&plans))
    );
    let mut record = record::Record::open(
        &tools.results,
        Machine::here(&tools.results),
        tools.versions(),
    )?;
    // This fills the cache of the compiled connector too, which the cells take as given.
    record.keep_first(first::requests(&tools)?)?;
    for plan in &plans {
        let cell = measure(plan, &tools, &record.commit())?;
        print!("{}", shown::cell(&cell));
        record.keep(cell)?;
    }
    let verdicts = targets::judge(record.peers());
    print!("{}", shown::verdicts(&verdicts));
    Ok(match verdicts.iter().all(|verdict| verdict.met) {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(1),
    })
}

fn measure(plan: &Plan, tools: &Tools, commit: &str) -> Result<Cell> {
    let rows = cloud::rows_for(plan, tools)?;
    let mut cloud = Cloud::start(plan, rows, tools)?;
    let mut cell = plan.cell(cloud.bytes(), commit, ceiling::measure(&mut cloud)?);
    let mut seen = None;
    for round in 0..plan.rounds {
        let mut runs = BTreeMap::new();
        for contender in plan.order(round) {
            let name = format!("{}-{round}.csv", shown::name(contender));
            settle()?;
            let run = contender::run(contender, tools, &cloud, &name)?;
            cloud.check_and_delete(&name, &mut seen)?;
            runs.insert(contender, run);
        }
        cell.rounds.push(runs);
    }
    Ok(cell)
}

/// Lets the disk finish, so that no run pays for what another has left.
fn settle() -> Result<()> {
    let status = Command::new("sync")
        .status()
        .context("cannot start `sync`")?;
    ensure!(status.success(), "`sync` failed");
    Ok(())
}

/// A file's bytes as text, or nothing: what a failed process has said.
fn said(path: &Path) -> String {
    std::fs::read_to_string(path)
        .unwrap_or_default()
        .trim()
        .to_owned()
}
