//! Turns of several lanes over the same bytes, and what each took.

use std::time::Instant;

use anyhow::{Result, ensure};
use cpu_time::ThreadTime;
use writeback_bench::statistics::Spread;

/// Reads all the bytes and says what it has seen.
pub type Runner = Box<dyn FnMut(&[u8]) -> Result<String>>;

/// One contender at one place.
pub struct Lane {
    /// The contender.
    pub name: &'static str,
    /// Sandbox or native.
    pub place: &'static str,
    runner: Runner,
    seen: String,
    /// Wall and CPU seconds per 10^9 bytes, a pair for each turn.
    turns: Vec<(f64, f64)>,
}

impl Lane {
    /// A lane that has had no turn.
    pub fn new(name: &'static str, place: &'static str, runner: Runner) -> Self {
        Self {
            name,
            place,
            runner,
            seen: String::new(),
            turns: Vec::new(),
        }
    }

    /// What the contender has seen.
    pub fn seen(&self) -> &str {
        &self.seen
    }

    /// Median of 10^6 bytes a second, by the clock on the wall.
    pub fn rate(&self) -> f64 {
        1000.0 / median(self.turns.iter().map(|turn| turn.0))
    }

    /// Median of CPU seconds per 10^9 bytes.
    pub fn cost(&self) -> f64 {
        median(self.turns.iter().map(|turn| turn.1))
    }

    /// One turn that nobody measures.
    ///
    /// # Errors
    /// When the contender fails.
    pub fn run(&mut self, bytes: &[u8]) -> Result<String> {
        (self.runner)(bytes)
    }

    fn turn(&mut self, bytes: &[u8]) -> Result<(f64, f64)> {
        let (wall, cpu) = (Instant::now(), ThreadTime::now());
        self.seen = (self.runner)(bytes)?;
        let (cpu, wall) = (cpu.elapsed(), wall.elapsed());
        let gigabytes = bytes.len() as f64 / 1e9;
        Ok((
            wall.as_secs_f64() / gigabytes,
            cpu.as_secs_f64() / gigabytes,
        ))
    }
}

/// Gives each lane a turn to warm up and then one in each round.
///
/// # Errors
/// When a lane fails, or one contender does not see the same in both places.
pub fn rounds(lanes: &mut [Lane], bytes: &[u8], rounds: usize) -> Result<()> {
    for round in 0..=rounds {
        for lane in lanes.iter_mut() {
            let turn = lane.turn(bytes)?;
            if round > 0 {
                lane.turns.push(turn);
            }
        }
    }
    for lane in lanes.iter() {
        let other = lanes
            .iter()
            .find(|other| other.name == lane.name && other.seen != lane.seen);
        ensure!(
            other.is_none(),
            "`{}` does not see the same in the sandbox as natively",
            lane.name
        );
    }
    Ok(())
}

/// As many turns as there were rounds: at least one.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    Spread::of(values).map_or(f64::NAN, |spread| spread.median)
}
