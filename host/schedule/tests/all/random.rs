//! What holds for every schedule, in every zone, at every moment.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use writeback_schedule::{Schedule, When};

use crate::{at, parse};

const ZONES: [&str; 8] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Havana",
    "Asia/Kolkata",
    "Africa/Casablanca",
    "America/St_Johns",
];

fn times() -> impl Strategy<Value = Value> {
    let time = (0..24, 0..60).prop_map(|(hour, minute)| format!("{hour:02}:{minute:02}"));
    vec(time, 1..4).prop_map(|times| json!(times))
}

fn weekdays() -> impl Strategy<Value = Vec<&'static str>> {
    vec(
        select(vec!["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
        1..4,
    )
}

fn whens() -> impl Strategy<Value = Value> {
    let window = (0..24, 1..=24).prop_filter("not empty", |(from, until)| from != until);
    let window = window.prop_map(|(from, until)| json!({ "from": from, "until": until }));
    prop_oneof![
        (1..=720, proptest::option::of(window), proptest::option::of(weekdays())).prop_map(|(every, window, weekdays)| {
            json!({ "kind": "interval", "every": every, "unit": "minutes", "window": window, "weekdays": weekdays })
        }),
        (times(), 1..5).prop_map(|(at, every)| json!({ "kind": "daily", "at": at, "every": every })),
        times().prop_map(|at| json!({ "kind": "weekdays", "at": at })),
        (times(), weekdays(), 1..4).prop_map(|(at, days, every)| {
            json!({ "kind": "weekly", "at": at, "days": days, "every": every })
        }),
        (times(), vec(1..=31, 1..4)).prop_map(|(at, days)| json!({ "kind": "monthly", "at": at, "days": days })),
        (times(), 1..=5, weekdays()).prop_map(|(at, nth, days)| {
            json!({ "kind": "monthly", "at": at, "nth": [{ "nth": nth, "weekday": days[0] }] })
        }),
        (0..60, 1..24, select(vec!["*", "1-15", "13"]), select(vec!["*", "1-5", "SUN"])).prop_map(
            |(minute, hours, days, weekdays)| {
                json!({ "kind": "cron", "expression": format!("{minute} */{hours} {days} * {weekdays}") })
            }
        ),
    ]
}

/// Without the keys that have no value.
fn given(mut table: Value) -> Value {
    if let Some(keys) = table.as_object_mut() {
        keys.retain(|_, value| !value.is_null());
    }
    table
}

/// Schedules from 2026 on, or to a while after.
fn schedules() -> impl Strategy<Value = Schedule> {
    (whens(), select(ZONES.to_vec()), proptest::option::of(0..400_i64), 0..60_u32)
        .prop_map(|(when, zone, days, jitter)| {
            let end = days.map(|days| at("2026-03-01T00:00:00Z") + SignedDuration::from_hours(24 * days));
            given(json!({ "when": given(when), "time_zone": zone, "start": "2026-01-15", "end": end, "jitter_seconds": jitter }))
        })
        .prop_filter_map("due at all", |document| Schedule::parse(&document).ok())
}

/// Any moment of 2026, half of them within a day of a change of some clock.
fn moments() -> impl Strategy<Value = Timestamp> {
    let changes = [
        "2026-03-08",
        "2026-03-29",
        "2026-04-04",
        "2026-10-03",
        "2026-10-25",
        "2026-11-01",
    ];
    let near = (select(changes.to_vec()), -1440..1440_i64).prop_map(|(day, minutes)| {
        at(&format!("{day}T00:00:00Z")) + SignedDuration::from_mins(minutes)
    });
    let any = (0..365 * 86_400_i64)
        .prop_map(|seconds| at("2026-01-01T00:00:00Z") + SignedDuration::from_secs(seconds));
    prop_oneof![near, any]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ticks_are_later_and_later(schedule in schedules(), after in moments()) {
        let ticks = schedule.timetable("x").ticks(after, 60);
        prop_assert!(ticks.first().is_none_or(|tick| tick.nominal > after));
        prop_assert!(ticks.windows(2).all(|two| two[0].nominal < two[1].nominal), "{ticks:?}");
    }

    #[test]
    fn many_ticks_are_as_many_steps(schedule in schedules(), after in moments()) {
        let timetable = schedule.timetable("x");
        let mut steps = Vec::new();
        let mut here = after;
        while let Some(tick) = timetable.next_after(here).filter(|_| steps.len() < 60) {
            here = tick.nominal;
            steps.push(tick);
        }
        prop_assert_eq!(timetable.ticks(after, 60), steps);
    }

    #[test]
    fn from_wherever_it_is_asked_the_next_is_the_same(schedule in schedules(), after in moments(), part in 0.0..1.0) {
        let timetable = schedule.timetable("x");
        if let Some(next) = timetable.next_after(after) {
            let between = SignedDuration::from_secs_f64(after.duration_until(next.nominal).as_secs_f64() * part);
            let between = (after + between).min(next.nominal - SignedDuration::from_nanos(1));
            prop_assert_eq!(timetable.next_after(between), Some(next));
        }
    }

    #[test]
    fn nothing_is_outside(schedule in schedules(), after in moments()) {
        let document = serde_json::to_value(&schedule).unwrap();
        let zone = TimeZone::get(schedule.time_zone()).unwrap();
        let start = "2026-01-15".parse::<jiff::civil::Date>().unwrap().to_zoned(zone.clone()).unwrap().timestamp();
        let end: Option<Timestamp> = document["end"].as_str().map(at);
        for tick in schedule.timetable("x").ticks(after, 60) {
            let local = tick.nominal.to_zoned(zone.clone());
            prop_assert!(tick.nominal >= start && end.is_none_or(|end| tick.nominal < end));
            let jitter = tick.nominal.duration_until(tick.due);
            let most = SignedDuration::from_secs(document["jitter_seconds"].as_i64().unwrap());
            prop_assert!(SignedDuration::ZERO <= jitter && jitter <= most);
            let weekday = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][local.weekday().to_monday_zero_offset() as usize];
            match schedule.when() {
                When::Interval { window, .. } => {
                    let days = &document["when"]["weekdays"];
                    prop_assert!(days.is_null() || days.as_array().unwrap().contains(&json!(weekday)));
                    let hour = u8::try_from(local.hour()).unwrap();
                    let inside = window.is_none_or(|w| match w.from < w.until {
                        true => w.from <= hour && hour < w.until,
                        false => hour >= w.from || hour < w.until,
                    });
                    prop_assert!(inside, "{local}");
                }
                When::Weekdays { .. } => prop_assert!(!weekday.starts_with('s')),
                _ => {}
            }
        }
    }

    /// No two ticks are further apart than the interval says, but where clocks are set back.
    #[test]
    fn an_interval_loses_nothing(every in 1..=720_i64, zone in select(ZONES.to_vec()), after in moments()) {
        let when = json!({ "kind": "interval", "every": every, "unit": "minutes" });
        let ticks = crate::timetable(&when, zone).ticks(after, 200);
        // Times of day have one longer distance where clocks are set back past them, and where they do not come again at once.
        let repeated = if zone == "Australia/Lord_Howe" { 30 } else { 60 };
        let set_back = if repeated % every == 0 { 0 } else { repeated };
        for two in ticks.windows(2) {
            let apart = two[0].nominal.duration_until(two[1].nominal);
            prop_assert!(apart <= SignedDuration::from_mins(every + set_back), "{two:?}");
        }
    }

    #[test]
    fn a_loop_that_is_quick_enough_starts_each_tick_once(
        schedule in schedules(),
        from in moments(),
        pauses in vec(1..3600_u64, 1..80),
    ) {
        let timetable = schedule.timetable("x");
        let grace = Duration::from_secs(3600);
        let (mut last, mut now, mut started) = (from, from, Vec::new());
        for pause in pauses {
            now += SignedDuration::from_secs(i64::try_from(pause).unwrap());
            let due = timetable.due(last, now, grace);
            prop_assert_eq!(due.missed, 0);
            prop_assert!(due.run.iter().all(|tick| tick.due <= now));
            prop_assert!(due.next.is_none_or(|next| next.due > now));
            last = due.last;
            started.extend(due.run);
        }
        let at_once = timetable.due(from, now, Duration::from_secs(u32::MAX.into()));
        prop_assert_eq!(at_once.last, last);
        prop_assert_eq!(at_once.run, started);
    }

    #[test]
    fn a_loop_that_sleeps_counts_each_tick_once(schedule in schedules(), from in moments(), pauses in vec(1..400_000_u64, 1..20)) {
        let timetable = schedule.timetable("x");
        let (mut last, mut now, mut seen) = (from, from, 0);
        for pause in pauses {
            now += SignedDuration::from_secs(i64::try_from(pause).unwrap());
            let due = timetable.due(last, now, Duration::from_secs(30));
            seen += due.run.len() as u64 + due.missed;
            last = due.last;
        }
        let all = timetable.due(from, now, Duration::from_secs(u32::MAX.into()));
        prop_assert_eq!(all.run.len() as u64, seen);
    }

    #[test]
    fn what_is_written_is_read(schedule in schedules()) {
        let written = serde_json::to_value(&schedule).unwrap();
        crate::schema::assert_valid::<Schedule>(&written);
        prop_assert_eq!(parse(&written), schedule);
    }

    #[test]
    fn any_text_is_answered(text in "[-0-9*/,A-Za-z?#@ ]{0,20}") {
        let _ = Schedule::parse(&json!({ "when": { "kind": "cron", "expression": &text }, "time_zone": &text, "start": &text }));
    }
}
