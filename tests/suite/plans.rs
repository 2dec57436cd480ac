//! Generated plans of faults, end to end: the shipped component in the sandbox, over real sockets. Whatever goes wrong, the
//! file on the cloud's disk is the old one or the whole new one, and a receipt is true.
//!
//! `WRITEBACK_PLANS` says how many plans must count (300), `WRITEBACK_SEED` where they begin (1). A plan of which no fault
//! fired does not count. One that fails is made smaller and printed as a fault file.

mod judge;
mod plan;

use std::collections::BTreeMap;
use std::env;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use judge::Outcome;
use plan::Plan;

/// Plans that run at once.
const WORKERS: usize = 6;
/// A run in which every pause is over at once takes well below a second; one that takes so long hangs.
const HANGS: Duration = Duration::from_secs(120);

fn number(name: &str, default: u64) -> u64 {
    match env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("`{name}` is a number")),
        Err(_) => default,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_plan_of_faults_spoils_a_file() {
    let (wanted, seed) = (number("WRITEBACK_PLANS", 300), number("WRITEBACK_SEED", 1));
    let (next, tally) = (Arc::new(AtomicU64::new(0)), Arc::default());
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..WORKERS {
        workers.spawn(work(seed, wanted, Arc::clone(&next), Arc::clone(&tally)));
    }
    while let Some(ended) = workers.join_next().await {
        if let Err(error) = ended {
            std::panic::resume_unwind(error.into_panic());
        }
    }
    let tally = tally.lock().expect("no worker panicked");
    println!(
        "{tally:?}, seed {seed}, {} tried",
        next.load(Ordering::Relaxed)
    );
    assert!(tally.counted >= wanted, "{tally:?}");
    // Were all to fail, or none, the plans would show little.
    assert!(
        wanted < 100 || (tally.landed > wanted / 4 && tally.failed() > wanted / 10),
        "{tally:?}"
    );
}

/// What the plans came to.
#[derive(Debug, Default)]
struct Tally {
    /// Plans of which at least one fault fired.
    counted: u64,
    /// Faults that fired.
    fired: u64,
    /// Those with a receipt.
    landed: u64,
    /// The others, by code.
    failures: BTreeMap<String, u64>,
}

impl Tally {
    fn failed(&self) -> u64 {
        self.failures.values().sum()
    }
}

/// Runs plans until enough of them counted.
async fn work(seed: u64, wanted: u64, next: Arc<AtomicU64>, tally: Arc<Mutex<Tally>>) {
    while tally.lock().expect("no worker panicked").counted < wanted {
        let at = next.fetch_add(1, Ordering::Relaxed);
        assert!(at < 2 * wanted + 10, "too few of the plans fire");
        let plan = Plan::from_seed(seed.wrapping_add(at));
        let played = play(&plan).await;
        let outcome = match played {
            Ok(outcome) => outcome,
            Err(why) => fail(plan, why).await,
        };
        let mut tally = tally.lock().expect("no worker panicked");
        if outcome.fired == 0 {
            continue;
        }
        tally.counted += 1;
        tally.fired += outcome.fired;
        match outcome.failure {
            None => tally.landed += 1,
            Some(code) => *tally.failures.entry(code).or_default() += 1,
        }
    }
}

async fn play(plan: &Plan) -> Result<Outcome, String> {
    let playing = tokio::time::timeout(HANGS, judge::play(plan));
    playing.await.unwrap_or_else(|_| Err("it hangs".to_owned()))
}

/// Leaves out what does not matter, and panics with what is left.
async fn fail(mut plan: Plan, mut why: String) -> Outcome {
    let mut at = 0;
    while at < plan.faults.len() {
        let smaller = plan.without(at);
        match play(&smaller).await {
            Err(still) => (plan, why) = (smaller, still),
            Ok(_) => at += 1,
        }
    }
    panic!("{why}\n{plan}");
}
