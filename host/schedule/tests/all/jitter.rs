//! Jitter: the same whoever asks, within its bounds, different by schedule and by tick.

use std::collections::BTreeSet;

use serde_json::json;
use writeback_schedule::from_ms;

use crate::{at, parse};

fn offsets(seed: &str, seconds: u32) -> Vec<i64> {
    let document = json!({ "when": { "kind": "interval", "every": 5, "unit": "minutes" }, "jitter_seconds": seconds });
    let ticks = parse(&document)
        .timetable(seed)
        .ticks(at("2026-11-26T00:00:00Z"), 1000);
    ticks
        .iter()
        .map(|tick| tick.due_ms() - tick.nominal_ms())
        .collect()
}

#[test]
fn is_the_same_whoever_asks() {
    assert_eq!(offsets("schedule-1", 60), offsets("schedule-1", 60));
    assert_ne!(offsets("schedule-1", 60), offsets("schedule-2", 60));
    // Fixed, as two versions of the program may stand side by side.
    assert_eq!(offsets("schedule-1", 60)[..3], [59067, 31490, 33036]);
}

#[test]
fn fills_its_bounds() {
    let offsets = offsets("schedule-1", 60);
    assert!(offsets.iter().all(|offset| (0..=60_000).contains(offset)));
    let tenths: BTreeSet<i64> = offsets.iter().map(|offset| offset / 6001).collect();
    assert_eq!(tenths.len(), 10, "each tenth is hit");
}

#[test]
fn none_is_none() {
    assert!(offsets("schedule-1", 0).iter().all(|offset| *offset == 0));
}

#[test]
fn moments_survive_a_database_of_milliseconds() {
    let document = json!({ "when": { "kind": "daily", "at": ["06:00"] }, "jitter_seconds": 3600 });
    for tick in parse(&document)
        .timetable("x")
        .ticks(at("2026-11-26T00:00:00Z"), 50)
    {
        assert_eq!(from_ms(tick.nominal_ms()), Some(tick.nominal));
        assert_eq!(from_ms(tick.due_ms()), Some(tick.due));
    }
    assert_eq!(from_ms(i64::MAX), None);
}
