//! The comparison: a table of all cells, a table of the targets, plots by size.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use clap::ValueEnum as _;
use writeback_bench::model::{Cell, Contender, Peers, Rows, Run, Scheme};
use writeback_bench::statistics::Spread;

use super::plot::{Axis, Line, Plot};
use crate::shown::{miss, name, seconds, title};
use crate::targets::{self, Verdict};

const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// All cells: wall time of each, and ours over the others' with its spread.
pub fn tables(peers: &Peers) -> String {
    let mut text = String::from(
        "| work | the cloud alone | ours | floor | rclone | Python | ours / floor | ours / rclone | ours / Python |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for cell in &peers.cells {
        let wall = |contender| wall(cell, contender);
        let ratio = |contender| ratio(cell, contender);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            title(cell),
            seconds(cell.ceiling.wall_s()),
            wall(Contender::Ours),
            wall(Contender::Floor),
            wall(Contender::Rclone),
            wall(Contender::Python),
            ratio(Contender::Floor),
            ratio(Contender::Rclone),
            ratio(Contender::Python),
        );
    }
    text + "\n" + &costs(peers)
}

/// What each cell costs: processor time and memory.
fn costs(peers: &Peers) -> String {
    let mut text = String::from(
        "| work | CPU: ours | floor | rclone | Python | peak MiB: ours | floor | rclone | Python |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    let four = [
        Contender::Ours,
        Contender::Floor,
        Contender::Rclone,
        Contender::Python,
    ];
    for cell in &peers.cells {
        let cpu = |contender| {
            cell.of(contender, |run| run.cpu_s)
                .map(|cpu| seconds(cpu.median))
        };
        let peak = |contender| {
            cell.of(contender, peak)
                .map(|peak| format!("{:.1}", peak.median))
        };
        let figures = four.map(cpu).into_iter().chain(four.map(peak));
        let figures: Vec<String> = figures.map(Option::unwrap_or_default).collect();
        let _ = writeln!(text, "| {} | {} |", title(cell), figures.join(" | "));
    }
    text + "\n" + &cold(peers)
}

/// The first run on a machine, which compiles the connector.
fn cold(peers: &Peers) -> String {
    let walls = peers
        .cells
        .iter()
        .filter_map(|cell| cell.of(Contender::OursCold, |run| run.wall_s));
    let Some(wall) = Spread::of(walls.map(|wall| wall.median)) else {
        return String::new();
    };
    let first = Spread::of(peers.first_request_ms.iter().copied());
    let first = first.map_or_else(String::new, |first| {
        format!(
            " With the compiled connector kept, the first byte is on the wire {:.1} ms after the start ({:.1} to {:.1}).",
            first.median, first.least, first.most
        )
    });
    format!(
        "Without a compiled connector, a small run takes {}.{first}\n",
        seconds(wall.median)
    )
}

fn wall(cell: &Cell, contender: Contender) -> String {
    let Some(wall) = cell.of(contender, |run| run.wall_s) else {
        return String::new();
    };
    let mark = if cell.is_limited(contender) {
        " ◦"
    } else {
        ""
    };
    format!("{}{mark}", seconds(wall.median))
}

fn ratio(cell: &Cell, contender: Contender) -> String {
    let ratio = cell.ratio(contender, |run| run.wall_s);
    ratio.map_or_else(String::new, |ratio| {
        format!(
            "**{:.2}** ({:.2} to {:.2})",
            ratio.median, ratio.least, ratio.most
        )
    })
}

fn peak(run: &Run) -> f64 {
    run.peak_bytes as f64 / MEBIBYTE
}

/// Each target with its worst figure, and where it is missed.
pub fn targets(peers: &Peers) -> String {
    let judged = targets::judge(peers);
    let missed: Vec<String> = judged
        .iter()
        .filter(|verdict| !verdict.met)
        .map(|verdict| format!("- {}\n", miss(verdict)))
        .collect();
    let mut by_target = BTreeMap::<String, Vec<Verdict>>::new();
    for verdict in judged {
        by_target
            .entry(verdict.what.clone())
            .or_default()
            .push(verdict);
    }
    let mut text =
        String::from("| target | at most | worst | where | met |\n|---|---|---|---|---|\n");
    for (what, verdicts) in by_target {
        let met = verdicts.iter().filter(|verdict| verdict.met).count();
        let worst = verdicts
            .iter()
            .max_by(|one, other| one.figure.total_cmp(&other.figure));
        if let Some(worst) = worst {
            let _ = writeln!(
                text,
                "| {what} | {:.2} | {:.2} | {} | {met} of {} |",
                worst.limit,
                worst.figure,
                worst.place,
                verdicts.len()
            );
        }
    }
    if !missed.is_empty() {
        let _ = write!(text, "\nMissed:\n\n{}", missed.concat());
    }
    text
}

/// Wall time for each latency; processor time and memory without latency. All of narrow rows, over http.
pub fn plots(peers: &Peers, folder: &Path) -> Result<()> {
    let mut latencies: Vec<u64> = peers.cells.iter().map(|cell| cell.latency_ms).collect();
    latencies.sort_unstable();
    latencies.dedup();
    for latency in latencies {
        let title = format!("Wall time, {latency} ms of added latency");
        let mut plot = by_size(peers, latency, &title, Axis::log("seconds"), |run| {
            run.wall_s
        });
        plot.lines.push(Line {
            name: "the cloud alone".to_owned(),
            points: like(peers, latency)
                .map(|cell| (cell.size as f64, cell.ceiling.wall_s()))
                .collect(),
        });
        plot.draw(&folder.join(format!("wall-{latency}ms.svg")))?;
    }
    by_size(peers, 0, "Processor time", Axis::log("seconds"), |run| {
        run.cpu_s
    })
    .draw(&folder.join("cpu.svg"))?;
    by_size(peers, 0, "Peak resident memory", Axis::log("MiB"), peak)
        .draw(&folder.join("memory.svg"))
}

fn by_size(peers: &Peers, latency: u64, title: &str, y: Axis, figure: fn(&Run) -> f64) -> Plot {
    let line = |contender: &Contender| Line {
        name: name(*contender),
        points: like(peers, latency)
            .filter_map(|cell| Some((cell.size as f64, cell.of(*contender, figure)?.median)))
            .collect(),
    };
    let shown = Contender::value_variants()
        .iter()
        .filter(|&&contender| contender != Contender::OursCold);
    Plot {
        title: title.to_owned(),
        x: Axis::log("bytes"),
        y,
        lines: shown.map(line).collect(),
    }
}

fn like(peers: &Peers, latency: u64) -> impl Iterator<Item = &Cell> {
    let plain = move |cell: &&Cell| {
        (cell.latency_ms, cell.rows, cell.scheme) == (latency, Rows::Narrow, Scheme::Http)
    };
    peers.cells.iter().filter(plain)
}
