//! `peers.json`: the same work done by several programs, by turns.

use std::collections::BTreeMap;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::statistics::Spread;

/// All that was measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Peers {
    /// Where it was measured.
    pub machine: Machine,
    /// The peers' versions by name.
    pub versions: BTreeMap<String, String>,
    /// Milliseconds from the start of `writeback run` to its first byte on the wire, each try.
    pub first_request_ms: Vec<f64>,
    /// One for each kind of work.
    pub cells: Vec<Cell>,
}

/// One kind of work.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Cell {
    /// Bytes of the export, about.
    pub size: u64,
    /// Shape of its rows.
    pub rows: Rows,
    /// Milliseconds that the cloud holds each new connection and each request.
    pub latency_ms: u64,
    /// How the cloud is spoken to.
    pub scheme: Scheme,
    /// Bytes of the export, to the byte.
    pub bytes: u64,
    /// The commit that was measured.
    pub commit: String,
    /// What the cloud can do at best.
    pub ceiling: Ceiling,
    /// Each round has one run of each contender.
    pub rounds: Vec<BTreeMap<Contender, Run>>,
}

/// Shape of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Rows {
    /// 8 columns.
    Narrow,
    /// 200 columns.
    Wide,
}

impl Rows {
    /// How many columns.
    pub fn columns(self) -> u32 {
        match self {
            Self::Narrow => 8,
            Self::Wide => 200,
        }
    }
}

/// How the cloud is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// Plain.
    Http,
    /// With TLS.
    Https,
}

/// Who does the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Contender {
    /// `writeback run`, its compiled connector kept from an earlier start.
    Ours,
    /// The same on a machine where it never ran.
    OursCold,
    /// A plain native client that checks nothing.
    Floor,
    /// curl, piped into rclone.
    Rclone,
    /// A script with the usual libraries.
    Python,
}

/// The cloud alone, with a client that does next to nothing.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Ceiling {
    /// Seconds for the export, its bytes dropped.
    pub export_s: f64,
    /// Seconds for the upload of as many zeros.
    pub upload_s: f64,
}

impl Ceiling {
    /// Seconds for both, one after the other.
    pub fn wall_s(&self) -> f64 {
        self.export_s + self.upload_s
    }
}

/// One run.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Run {
    /// Seconds from the first process's start to the last one's end.
    pub wall_s: f64,
    /// Seconds of processor time of all its processes, user and system.
    pub cpu_s: f64,
    /// Peak resident memory; where two processes run side by side, the sum of both peaks.
    pub peak_bytes: u64,
}

impl Cell {
    /// Whether both are the same kind of work.
    pub fn is_like(&self, other: &Self) -> bool {
        let kind = |cell: &Self| (cell.size, cell.rows, cell.latency_ms, cell.scheme);
        kind(self) == kind(other)
    }

    /// A figure of a contender over all rounds.
    pub fn of(&self, contender: Contender, figure: impl Fn(&Run) -> f64) -> Option<Spread> {
        Spread::of(
            self.rounds
                .iter()
                .filter_map(|round| Some(figure(round.get(&contender)?))),
        )
    }

    /// Ours over another's, each of the same round.
    pub fn ratio(&self, other: Contender, figure: impl Fn(&Run) -> f64) -> Option<Spread> {
        let ratio = |round: &BTreeMap<Contender, Run>| {
            let (ours, other) = (round.get(&Contender::Ours)?, round.get(&other)?);
            Some(figure(ours) / figure(other))
        };
        Spread::of(self.rounds.iter().filter_map(ratio))
    }

    /// Whether a contender is as fast as the cloud lets anybody be.
    pub fn is_limited(&self, contender: Contender) -> bool {
        let wall = self.of(contender, |run| run.wall_s);
        wall.is_some_and(|wall| wall.median <= 1.1 * self.ceiling.wall_s())
    }
}
