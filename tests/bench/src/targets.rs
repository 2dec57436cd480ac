//! The targets of the comparison, held against all cells that are on record.

use writeback_bench::model::{Cell, Contender, Peers, Run};
use writeback_bench::statistics::Spread;

use crate::shown;

const GB: u64 = 1_000_000_000;
const MB: u64 = 1_000_000;
/// By how much peak memory may differ between 1 MB and 5 GB.
const FLAT: f64 = 8.0 * 1024.0 * 1024.0;
/// Milliseconds from the start to the first request.
const FIRST: f64 = 25.0;

/// One figure and what it may be at most.
pub struct Verdict {
    pub what: String,
    pub place: String,
    pub figure: f64,
    pub limit: f64,
    pub met: bool,
    /// Why nobody could have met it.
    pub limited: Option<&'static str>,
}

/// All that can be judged.
pub fn judge(peers: &Peers) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = peers.cells.iter().flat_map(of_cell).collect();
    verdicts.extend(flat(&peers.cells));
    let first = Spread::of(peers.first_request_ms.iter().copied());
    verdicts.extend(
        first.map(|first| verdict("start to first request, ms", "warm", first.median, FIRST)),
    );
    verdicts
}

fn of_cell(cell: &Cell) -> Vec<Verdict> {
    use Contender::{Floor, Python, Rclone};
    let place = shown::title(cell);
    let wall = |run: &Run| run.wall_s;
    let ratio = |what: &str, other, figure: fn(&Run) -> f64, limit| {
        let spread = cell.ratio(other, figure)?;
        Some(verdict(what, &place, spread.median, limit))
    };
    let walls = |what: &str, other, limit| {
        let verdict = ratio(what, other, wall, limit)?;
        let limited = out_of_reach(cell, other, limit);
        Some(Verdict { limited, ..verdict })
    };
    let mut verdicts = vec![
        walls("wall over rclone's", Rclone, 0.8),
        walls("wall over Python's", Python, 0.4),
        ratio("CPU over rclone's", Rclone, |run| run.cpu_s, 1.0),
        ratio(
            "peak memory over rclone's",
            Rclone,
            |run| run.peak_bytes as f64,
            1.0,
        ),
    ];
    if cell.size == GB {
        verdicts.push(walls("wall over the floor's", Floor, 1.1));
    }
    verdicts.into_iter().flatten().collect()
}

/// Why nobody takes as little of another's time as ours may.
fn out_of_reach(cell: &Cell, other: Contender, limit: f64) -> Option<&'static str> {
    let wall = |run: &Run| run.wall_s;
    let most = limit * cell.of(other, wall)?.median;
    let floor = cell.of(Contender::Floor, wall);
    if cell.is_limited(Contender::Ours) || cell.ceiling.wall_s() > most {
        Some("the cloud alone takes longer")
    } else if floor.is_some_and(|floor| floor.median > most) {
        Some("the floor takes longer")
    } else {
        None
    }
}

/// Peak memory over the sizes of cells that are alike otherwise.
fn flat(cells: &[Cell]) -> Vec<Verdict> {
    let mut groups = Vec::<(String, Vec<f64>)>::new();
    for cell in cells.iter().filter(|cell| cell.size >= MB) {
        let Some(peak) = cell.of(Contender::Ours, |run| run.peak_bytes as f64) else {
            continue;
        };
        let group = shown::group(cell);
        match groups.iter_mut().find(|(name, _)| *name == group) {
            Some((_, peaks)) => peaks.push(peak.median),
            None => groups.push((group, vec![peak.median])),
        }
    }
    let growth = |(group, peaks): (String, Vec<f64>)| {
        let spread = Spread::of(peaks)?;
        let mebibytes = |bytes: f64| bytes / (1024.0 * 1024.0);
        Some(verdict(
            "growth of peak memory, MiB",
            &group,
            mebibytes(spread.most - spread.least),
            mebibytes(FLAT),
        ))
    };
    groups.into_iter().filter_map(growth).collect()
}

fn verdict(what: &str, place: &str, figure: f64, limit: f64) -> Verdict {
    Verdict {
        what: what.to_owned(),
        place: place.to_owned(),
        figure,
        limit,
        met: figure <= limit,
        limited: None,
    }
}
