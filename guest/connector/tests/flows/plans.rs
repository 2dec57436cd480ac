//! Any sequence of faults, at any size, in both modes, with deaths of the machine: the promises hold.
//!
//! `WRITEBACK_PLANS` is how many plans are played, `WRITEBACK_SEED` what they follow from, and
//! `WRITEBACK_PLAN` the number of the only one to play.

mod budget;
mod faults;
mod judge;
mod plan;
mod play;
mod random;

use plan::Plan;
use play::{Played, play};
use std::collections::BTreeMap;
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

const SEED: u64 = 20_260_101;
/// Plans with a fault that fired; those without do not count.
const COUNTED: u64 = 10_000;

/// What a thread's plans came to.
#[derive(Default)]
struct Tally {
    counted: u64,
    ended: BTreeMap<String, u64>,
    requests: usize,
    slept: u64,
    fired: BTreeMap<String, u64>,
}

impl Tally {
    fn add(&mut self, played: &Played) {
        if played.fired.is_empty() {
            return;
        }
        self.counted += 1;
        *self.ended.entry(played.ended.clone()).or_default() += 1;
        self.requests = self.requests.max(played.requests);
        self.slept = self.slept.max(played.slept);
        for name in &played.fired {
            *self.fired.entry(name.clone()).or_default() += 1;
        }
    }

    fn merge(&mut self, other: Self) {
        self.counted += other.counted;
        self.requests = self.requests.max(other.requests);
        self.slept = self.slept.max(other.slept);
        for (name, count) in other.fired {
            *self.fired.entry(name).or_default() += count;
        }
        for (name, count) in other.ended {
            *self.ended.entry(name).or_default() += count;
        }
    }
}

#[test]
fn the_promises_hold_under_any_plan() {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seed = number("WRITEBACK_SEED").unwrap_or(SEED);
    if let Some(only) = number("WRITEBACK_PLAN") {
        return drop(attempt(seed, only));
    }
    let wanted = number("WRITEBACK_PLANS").unwrap_or(COUNTED);
    let threads = thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    let mut tally = Tally::default();
    // In rounds, so that how many threads there are changes nothing but the time.
    let mut next = 0;
    while tally.counted < wanted {
        let round = next..next + 1_000.max((wanted - tally.counted) / 2);
        next = round.end;
        let share = |of: u64| round.clone().filter(move |plan| plan % threads == of);
        let tallies = thread::scope(|scope| {
            let share = |of| scope.spawn(move || part(seed, share(of)));
            let parts: Vec<_> = (0..threads).map(share).collect();
            let joined = parts.into_iter().map(|part| part.join().unwrap());
            joined.collect::<Vec<_>>()
        });
        tallies.into_iter().for_each(|part| tally.merge(part));
    }
    let Tally {
        counted,
        ended,
        requests,
        slept,
        fired,
    } = &tally;
    println!(
        "seed {seed}: {next} plans played, of which {counted} count; at most {requests} requests and {slept} ms of pauses in a run\n{ended:#?}\n{fired:#?}"
    );
    let landed = |word: &str| ended.get(word).copied().unwrap_or_default();
    let receipts: u64 = ["created", "replaced", "renamed"].map(landed).iter().sum();
    assert!(*counted >= wanted && receipts > wanted / 5);
    if *counted >= COUNTED {
        let dead: Vec<String> = faults::KINDS.iter().map(ToString::to_string).collect();
        let dead: Vec<&String> = dead
            .iter()
            .filter(|name| !fired.contains_key(*name))
            .collect();
        assert!(dead.is_empty(), "these never fired: {dead:#?}");
        assert!(landed("verify-mismatch") > 0 && landed("skipped") > 0);
    }
}

fn part(seed: u64, plans: impl Iterator<Item = u64>) -> Tally {
    let mut tally = Tally::default();
    for number in plans {
        tally.add(&attempt(seed, number));
    }
    tally
}

fn attempt(seed: u64, number: u64) -> Played {
    let plan = Plan::of(seed, number);
    match outcome(&plan) {
        Ok(played) => played,
        Err(_) => {
            let (plan, why) = smaller(plan);
            panic!(
                "{why}\nplan {number} of seed {seed}, with what it can do without left out: {plan:#?}\nplay it alone with WRITEBACK_SEED={seed} WRITEBACK_PLAN={number}"
            );
        }
    }
}

fn outcome(plan: &Plan) -> Result<Played, String> {
    let played = catch_unwind(AssertUnwindSafe(|| play(plan)));
    played.unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        Err(format!("panicked: {}", text.unwrap_or("without a word")))
    })
}

/// The plan without the faults and deaths that it can do without to go wrong.
fn smaller(mut plan: Plan) -> (Plan, String) {
    let mut why = outcome(&plan).err().unwrap_or_default();
    loop {
        let mut tries = Vec::new();
        for at in 0..plan.faults.len() {
            let mut less = plan.clone();
            less.faults.remove(at);
            tries.push(less);
        }
        for at in 0..plan.deaths.len() {
            let mut less = plan.clone();
            less.deaths.remove(at);
            tries.push(less);
        }
        let found = tries.into_iter().find_map(|less| {
            let why = outcome(&less).err()?;
            Some((less, why))
        });
        match found {
            Some(less) => (plan, why) = less,
            None => return (plan, why),
        }
    }
}
