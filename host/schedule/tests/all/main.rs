//! Schedules by table, at changes of the clock, at random, and as documents.
#![expect(clippy::unwrap_used, reason = "a test that fails")]

mod clocks;
mod documents;
mod due;
mod jitter;
mod kinds;
mod random;
mod retry;
mod schema;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use writeback_schedule::{Schedule, Timetable};

/// A schedule in a zone.
fn schedule(when: &Value, zone: &str) -> Schedule {
    parse(&json!({ "when": when, "time_zone": zone }))
}

fn parse(document: &Value) -> Schedule {
    Schedule::parse(document).unwrap_or_else(|problems| panic!("{document}\n{problems}"))
}

fn timetable(when: &Value, zone: &str) -> Timetable {
    schedule(when, zone).timetable("seed")
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The nominal moments between two, as the clock on the wall shows them with its offset: `03-29 03:00+02:00`.
fn local(timetable: &Timetable, zone: &str, from: &str, until: &str) -> Vec<String> {
    let zone = TimeZone::get(zone).unwrap();
    let until = at(until);
    timetable
        .after(at(from))
        .map(|tick| tick.nominal)
        .take_while(|nominal| *nominal <= until)
        .map(|nominal| {
            let zoned = nominal.to_zoned(zone.clone());
            zoned.strftime("%m-%d %H:%M%:z").to_string()
        })
        .collect()
}

/// The next so many, as `2026-11-26 06:00 Thu`, in the schedule's zone.
fn next(when: &Value, zone: &str, after: &str, count: usize) -> Vec<String> {
    let known = TimeZone::get(zone).unwrap();
    let ticks = timetable(when, zone).ticks(at(after), count);
    let shown = ticks.iter().map(|tick| {
        let zoned = tick.nominal.to_zoned(known.clone());
        zoned.strftime("%Y-%m-%d %H:%M %a").to_string()
    });
    shown.collect()
}
