//! Which kinds of work are done, how often, and by whom.

use std::num::NonZeroUsize;

use writeback_bench::model::{Ceiling, Cell, Contender, Rows, Scheme};

use super::Options;

/// Decimal, as files are sold.
const KB: u64 = 1_000;
const MB: u64 = 1_000 * KB;
const GB: u64 = 1_000 * MB;

/// Rounds in which `ours-cold` takes part: each compiles the connector.
const COLD_ROUNDS: usize = 3;

/// One kind of work to do.
pub struct Plan {
    pub size: u64,
    pub rows: Rows,
    pub latency_ms: u64,
    pub scheme: Scheme,
    pub rounds: usize,
    contenders: Vec<Contender>,
}

impl Plan {
    /// Who runs in a round, in which order: each is first, second, ... equally often.
    pub fn order(&self, round: usize) -> Vec<Contender> {
        let mut order = self.contenders.clone();
        let shift = round % order.len().max(1);
        order.rotate_left(shift);
        order.retain(|&contender| {
            contender != Contender::OursCold || (round < COLD_ROUNDS && self.size <= MB)
        });
        order
    }

    /// The cell, still without rounds.
    pub fn cell(&self, bytes: u64, commit: &str, ceiling: Ceiling) -> Cell {
        Cell {
            size: self.size,
            rows: self.rows,
            latency_ms: self.latency_ms,
            scheme: self.scheme,
            bytes,
            commit: commit.to_owned(),
            ceiling,
            rounds: Vec::new(),
        }
    }
}

/// What the options ask for. 5 GB are moved in one cell alone unless all of a cell is asked for.
pub fn plans(options: &Options) -> Vec<Plan> {
    let sizes = options
        .sizes
        .clone()
        .unwrap_or_else(|| match options.quick {
            true => vec![10 * KB, MB, 20 * MB],
            false => vec![10 * KB, MB, 100 * MB, GB, 5 * GB],
        });
    let quick = |few: &[_], all: &[_]| {
        if options.quick {
            few.to_vec()
        } else {
            all.to_vec()
        }
    };
    let all_rows = options
        .rows
        .clone()
        .unwrap_or_else(|| quick(&[Rows::Narrow], &[Rows::Narrow, Rows::Wide]));
    let latencies = options.latency.clone().unwrap_or_else(|| vec![0, 30]);
    let schemes = options
        .scheme
        .clone()
        .unwrap_or_else(|| match options.quick {
            true => vec![Scheme::Http],
            false => vec![Scheme::Http, Scheme::Https],
        });
    let mut plans = Vec::new();
    for &size in &sizes {
        for &rows in &all_rows {
            for &latency_ms in &latencies {
                for &scheme in &schemes {
                    plans.push(plan(options, size, rows, latency_ms, scheme));
                }
            }
        }
    }
    if options.rows.is_none() && options.latency.is_none() && options.scheme.is_none() {
        plans.retain(|plan| plan.size < 5 * GB || plan.is_plainest());
    }
    plans
}

impl Plan {
    fn is_plainest(&self) -> bool {
        (self.rows, self.latency_ms, self.scheme) == (Rows::Narrow, 0, Scheme::Http)
    }
}

fn plan(options: &Options, size: u64, rows: Rows, latency_ms: u64, scheme: Scheme) -> Plan {
    use Contender::{Floor, Ours, OursCold, Python, Rclone};
    let contenders = options.peers.clone();
    Plan {
        size,
        rows,
        latency_ms,
        scheme,
        rounds: options.rounds.map_or(
            if options.quick { 3 } else { rounds(size) },
            NonZeroUsize::get,
        ),
        contenders: contenders.unwrap_or_else(|| vec![Ours, Floor, Rclone, Python, OursCold]),
    }
}

fn rounds(size: u64) -> usize {
    match size {
        0..MB => 15,
        MB..100_000_000 => 11,
        100_000_000..GB => 5,
        GB..5_000_000_000 => 3,
        5_000_000_000.. => 1,
    }
}

/// How long it takes, about: judged by what contenders took on two cores.
pub fn seconds(plans: &[Plan]) -> f64 {
    let one = |plan: &Plan| {
        let size = plan.size as f64;
        let run = |contender: Contender| match contender {
            Contender::Ours => 0.1 + size / 300e6,
            Contender::OursCold => 2.0,
            Contender::Floor => 0.05 + size / 350e6,
            Contender::Rclone => 0.4 + size / 150e6,
            Contender::Python => 2.0 + size / 100e6,
        };
        let rounds = (0..plan.rounds).flat_map(|round| plan.order(round));
        let waiting = plan.latency_ms as f64 / 1000.0 * 20.0;
        1.0 + size / 200e6
            + rounds
                .map(|contender| run(contender) + waiting + size / 500e6)
                .sum::<f64>()
    };
    plans.iter().map(one).sum()
}

/// `10K`, `1M`, `5G`, or bytes.
pub fn size(text: &str) -> Result<u64, String> {
    let number = text.trim_end_matches(['K', 'M', 'G', 'B']);
    let unit = match text[number.len()..].trim_end_matches('B') {
        "" => 1,
        "K" => KB,
        "M" => MB,
        "G" => GB,
        unit => return Err(format!("`{unit}` is no unit: use K, M or G")),
    };
    let number: u64 = number
        .parse()
        .map_err(|_| format!("`{text}` is no size, like 100M"))?;
    Ok(number * unit)
}
