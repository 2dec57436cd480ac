//! What a scheduler has to start, on time and too late.

use std::time::Duration;

use serde_json::json;
use writeback_schedule::{Due, Timetable};

use crate::{at, parse};

const GRACE: Duration = Duration::from_secs(60);

fn hourly(catch_up: &str) -> Timetable {
    parse(&json!({ "when": { "kind": "interval", "every": 1, "unit": "hours" }, "catch_up": catch_up })).timetable("id")
}

fn hours(due: &Due) -> Vec<i64> {
    let midnight = at("2026-11-26T00:00:00Z");
    let since = due
        .run
        .iter()
        .map(|tick| midnight.duration_until(tick.nominal));
    since.map(|since| since.as_hours()).collect()
}

fn ask(timetable: &Timetable, last: &str, now: &str) -> Due {
    let day = |time: &str| at(&format!("2026-11-26T{time}Z"));
    timetable.due(day(last), day(now), GRACE)
}

#[test]
fn on_time_runs_whatever_the_policy() {
    for policy in ["skip", "run-once"] {
        let timetable = hourly(policy);
        let due = ask(&timetable, "05:00:00", "05:59:59");
        assert_eq!((hours(&due), due.missed), (vec![], 0));
        assert_eq!(due.last, at("2026-11-26T05:00:00Z"));
        assert_eq!(due.next.unwrap().nominal, at("2026-11-26T06:00:00Z"));
        for now in ["06:00:00", "06:01:00"] {
            let due = ask(&timetable, "05:00:00", now);
            assert_eq!((hours(&due), due.missed), (vec![6], 0), "{policy} {now}");
            assert_eq!(due.last, at("2026-11-26T06:00:00Z"));
            assert_eq!(due.next.unwrap().nominal, at("2026-11-26T07:00:00Z"));
        }
    }
}

#[test]
fn a_tick_waits_for_its_jitter() {
    let document = json!({ "when": { "kind": "daily", "at": ["06:00"] }, "jitter_seconds": 3600 });
    let timetable = parse(&document).timetable("id");
    let last = at("2026-11-26T00:00:00Z");
    let tick = timetable.next_after(last).unwrap();
    assert!(tick.nominal < tick.due);
    let early = timetable.due(last, tick.due - jiff::SignedDuration::from_millis(1), GRACE);
    assert_eq!(
        (early.run, early.last, early.next),
        (vec![], last, Some(tick))
    );
    let due = timetable.due(last, tick.due, Duration::ZERO);
    assert_eq!((due.run, due.last), (vec![tick], tick.nominal));
}

#[test]
fn missed_ticks_are_left_out_or_made_up_for_once() {
    let skip = ask(&hourly("skip"), "02:00:00", "06:01:01");
    assert_eq!((hours(&skip), skip.missed), (vec![], 4));
    let once = ask(&hourly("run-once"), "02:00:00", "06:01:01");
    assert_eq!((hours(&once), once.missed), (vec![6], 3));
    for due in [skip, once] {
        assert_eq!(due.last, at("2026-11-26T06:00:00Z"));
        assert_eq!(due.next.unwrap().nominal, at("2026-11-26T07:00:00Z"));
    }
}

#[test]
fn a_tick_on_time_makes_up_for_missed_ones() {
    for policy in ["skip", "run-once"] {
        let due = ask(&hourly(policy), "02:00:00", "06:00:30");
        assert_eq!((hours(&due), due.missed), (vec![6], 3), "{policy}");
    }
}

#[test]
fn a_clock_set_back_makes_nothing_due_again() {
    let due = ask(&hourly("run-once"), "06:00:00", "04:30:00");
    assert_eq!((hours(&due), due.missed), (vec![], 0));
    assert_eq!(due.last, at("2026-11-26T06:00:00Z"));
    assert_eq!(due.next.unwrap().nominal, at("2026-11-26T07:00:00Z"));
}

#[test]
fn the_end_is_the_end_and_manual_never_begins() {
    let document = json!({ "when": { "kind": "daily", "at": ["06:00"] }, "end": "2026-11-26" });
    let due = ask(&parse(&document).timetable(""), "00:00:00", "06:00:10");
    assert_eq!((hours(&due), due.next), (vec![6], None));
    let manual = parse(&json!({ "when": { "kind": "manual" }, "catch_up": "run-once" }));
    let due = ask(&manual.timetable(""), "00:00:00", "23:00:00");
    assert_eq!((hours(&due), due.missed, due.next), (vec![], 0, None));
    assert_eq!(due.last, at("2026-11-26T00:00:00Z"));
}

#[test]
fn a_year_of_minutes_is_counted() {
    let minutes = parse(&json!({ "when": { "kind": "interval", "every": 1, "unit": "minutes" } }));
    let due = minutes.timetable("").due(
        at("2026-01-01T00:00:00Z"),
        at("2027-01-01T00:00:00Z"),
        Duration::ZERO,
    );
    assert_eq!((due.run.len(), due.missed), (1, 365 * 1440 - 1));
}
