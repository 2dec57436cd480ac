//! How figures are written: in tables on a terminal and in the report.

use std::fmt::Write as _;

use clap::ValueEnum as _;
use writeback_bench::model::{Cell, Contender, Rows, Scheme};

use crate::targets::Verdict;

/// A contender as it is called in options, tables and file names.
pub fn name(contender: Contender) -> String {
    let value = contender.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

/// `1 MB narrow, 0 ms, http`
pub fn title(cell: &Cell) -> String {
    format!("{} {}", size(cell.size), group(cell))
}

/// The same without the size.
pub fn group(cell: &Cell) -> String {
    let rows = match cell.rows {
        Rows::Narrow => "narrow",
        Rows::Wide => "wide",
    };
    let scheme = match cell.scheme {
        Scheme::Http => "http",
        Scheme::Https => "https",
    };
    format!("{rows}, {} ms, {scheme}", cell.latency_ms)
}

/// A table of one cell.
pub fn cell(cell: &Cell) -> String {
    let mut text = format!(
        "\n{}: {} bytes, {} rounds; the cloud alone {}\n",
        title(cell),
        cell.bytes,
        cell.rounds.len(),
        seconds(cell.ceiling.wall_s())
    );
    let _ = writeln!(
        text,
        "  {:<10} {:>9} {:>19} {:>9} {:>10}   ours is, least..most",
        "", "wall", "least..most", "CPU", "peak"
    );
    for &contender in Contender::value_variants() {
        text.extend(line(cell, contender));
    }
    text
}

fn line(cell: &Cell, contender: Contender) -> Option<String> {
    let wall = cell.of(contender, |run| run.wall_s)?;
    let cpu = cell.of(contender, |run| run.cpu_s)?;
    let peak = cell.of(contender, |run| run.peak_bytes as f64)?;
    let ratio = match contender {
        Contender::Ours => None,
        other => cell.ratio(other, |run| run.wall_s),
    };
    let ratio = ratio.map(|ratio| {
        format!(
            "{:.2} x, {:.2}..{:.2}",
            ratio.median, ratio.least, ratio.most
        )
    });
    let limited = if cell.is_limited(contender) {
        "limited by the cloud"
    } else {
        ""
    };
    let spread = format!("{}..{}", seconds(wall.least), seconds(wall.most));
    let line = format!(
        "  {:<10} {:>9} {spread:>19} {:>9} {:>6.1} MiB   {} {limited}",
        name(contender),
        seconds(wall.median),
        seconds(cpu.median),
        peak.median / (1024.0 * 1024.0),
        ratio.unwrap_or_default(),
    );
    Some(format!("{}\n", line.trim_end()))
}

/// How many targets are met, and each that is not.
pub fn verdicts(verdicts: &[Verdict]) -> String {
    let missed: Vec<String> = verdicts
        .iter()
        .filter(|verdict| !verdict.met)
        .map(|verdict| format!("missed: {}\n", miss(verdict)))
        .collect();
    format!(
        "\ntargets: {} judged, {} missed\n{}",
        verdicts.len(),
        missed.len(),
        missed.concat()
    )
}

/// A target that is not met.
pub fn miss(verdict: &Verdict) -> String {
    let limited = verdict
        .limited
        .map_or_else(String::new, |why| format!(" ({why})"));
    format!(
        "{}: {} is {:.2}, target {:.2}{limited}",
        verdict.place, verdict.what, verdict.figure, verdict.limit
    )
}

/// `10 KB`, `5 GB`
pub fn size(bytes: u64) -> String {
    match bytes {
        1_000_000_000.. => format!("{} GB", bytes / 1_000_000_000),
        1_000_000.. => format!("{} MB", bytes / 1_000_000),
        _ => format!("{} KB", bytes / 1_000),
    }
}

/// `12.3 ms`, `1.23 s`
pub fn seconds(seconds: f64) -> String {
    match seconds {
        1.0.. => format!("{seconds:.2} s"),
        _ => format!("{:.1} ms", seconds * 1000.0),
    }
}

/// `90 s`, `12 min`
pub fn duration(seconds: f64) -> String {
    match seconds {
        120.0.. => format!("{:.0} min", seconds / 60.0),
        _ => format!("{seconds:.0} s"),
    }
}
