//! Documents: what is refused, with which words, and that what is read can be written and read again.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use writeback_schedule::{RetryPolicy, Schedule, StaleAfter};

/// The problems as `path: message | hint`.
fn problems(document: &Value) -> Vec<String> {
    let problems = Schedule::parse(document).expect_err("a problem");
    let list = problems.list().iter();
    list.map(|problem| format!("{}: {} | {}", problem.path, problem.message, problem.hint))
        .collect()
}

#[track_caller]
fn refused(document: Value, expected: &str) {
    assert_eq!(problems(&document), [expected], "{document}");
}

fn refused_when(when: Value, expected: &str) {
    refused(json!({ "when": when }), expected);
}

#[test]
fn all_problems_are_told_at_once() {
    let document = json!({
        "when": { "kind": "weekly", "days": ["monday", 3], "at": ["25:00", "06:30", 7], "evry": 2 },
        "time_zone": "Berlin",
        "start": "tomorrow",
        "end": "2026-12-31T18:00:00",
        "jitter_seconds": 4000,
        "catch_up": "run_once",
        "Jitter": 1,
    });
    let found = problems(&document);
    let expected = [
        "when.days[0]: `monday` is unknown | did you mean `mon`?",
        "when.days[1]: must be a string, not a number | write one of `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`",
        "when.at[0]: `25:00` is not a time of day | write local times from `00:00` to `23:59`, as in `[\"06:30\"]`",
        "when.at[2]: what is not a string is not a time of day | write local times from `00:00` to `23:59`, as in `[\"06:30\"]`",
        "when.evry: unknown key | did you mean `every`?",
        "time_zone: `Berlin` is no time zone | did you mean `Europe/Berlin`?",
        "start: `tomorrow` is neither a date nor a moment | write a date (`2026-12-31`) or a moment with its offset (`2026-12-31T18:00:00+01:00`)",
        "end: `2026-12-31T18:00:00` is neither a date nor a moment | write a date (`2026-12-31`) or a moment with its offset (`2026-12-31T18:00:00+01:00`)",
        "jitter_seconds: `4000` is not allowed | write a whole number from 0 to 3600",
        "catch_up: `run_once` is unknown | did you mean `run-once`?",
        "Jitter: unknown key | known here are `when`, `start`, `time_zone`, `end`, `jitter_seconds`, `catch_up`",
    ];
    assert_eq!(found, expected);
}

#[test]
fn bounds_that_would_be_half_forgotten() {
    for end in [
        "20261231T0",
        "2026-12-31T18:00",
        "2026-12-31T18:00Z[Europe/Berlin]",
        "9999-12-31",
        "1969-12-31",
        "2026-02-29",
    ] {
        let found = problems(&json!({ "when": { "kind": "manual" }, "end": end }));
        assert!(
            found.len() == 1 && found[0].starts_with("end: "),
            "{end}: {found:?}"
        );
    }
    let document = json!({ "when": { "kind": "manual" }, "end": "2026-12-31T18:00:00+01:00" });
    let written = serde_json::to_value(Schedule::parse(&document).unwrap()).unwrap();
    assert_eq!(written["end"], "2026-12-31T17:00:00Z");
}

#[test]
fn a_problem_reads_well() {
    let problems = Schedule::parse(&json!({ "when": { "kind": "dayly" } })).unwrap_err();
    assert_eq!(
        problems.to_string(),
        "`when.kind`: `dayly` is unknown\nhint: did you mean `daily`?"
    );
    assert_eq!(
        Schedule::parse(&json!(["when"])).unwrap_err().to_string(),
        "must be a table, not a list\nhint: write `{` keys and values `}`"
    );
    let error = serde_json::from_value::<Schedule>(json!({}))
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("`when`: is missing\nhint: "), "{error}");
}

#[test]
fn parts_that_do_not_go_together() {
    let daily = json!({ "kind": "daily", "at": ["06:00"] });
    let never = "choose days and hours that there are, or `\"kind\": \"manual\"`";
    refused_when(
        json!({ "kind": "daily", "at": ["06:00"], "every": 2 }),
        "when.every: every 2 days needs a day to count from | write `\"start\": \"2026-12-01\"` next to `when`",
    );
    refused_when(
        json!({ "kind": "monthly", "days": [31], "months": [4, 6], "at": ["06:00"] }),
        &format!("when: is never due | {never}"),
    );
    refused_when(
        json!({ "kind": "cron", "expression": "0 0 31 2 *" }),
        &format!("when: is never due | {never}"),
    );
    refused_when(
        json!({ "kind": "interval", "every": 12, "unit": "hours", "window": { "from": 1, "until": 12 } }),
        &format!("when: is never due | {never}"),
    );
    refused(
        json!({ "when": daily, "start": "2026-12-02", "end": "2026-12-01" }),
        "end: nothing lies between `start` and `end` | let `end` be later than `start`",
    );
    refused(
        json!({ "when": daily, "start": "2026-12-02T06:00:01Z", "end": "2026-12-03T06:00:00Z" }),
        "when: is never due between `start` and `end` | choose other days, or move `start` or `end`",
    );
    refused(
        json!({ "when": { "kind": "interval", "every": 1, "unit": "minutes" }, "jitter_seconds": 60 }),
        "jitter_seconds: 60 seconds are not less than the 60 seconds between two ticks | write at most 59",
    );
    refused(
        json!({ "when": { "kind": "daily", "at": ["00:05", "23:50"] }, "jitter_seconds": 900 }),
        "jitter_seconds: 900 seconds are not less than the 900 seconds between two ticks | write at most 899",
    );
}

#[test]
fn parts_that_are_missing_or_out_of_bounds() {
    refused_when(
        json!({ "at": ["06:00"] }),
        "when.kind: is missing | write `\"kind\": \"daily\"`, for example",
    );
    refused_when(
        json!({ "kind": "interval", "every": 0, "unit": "minutes" }),
        "when.every: `0` is not allowed | write a whole number from 1 to 720",
    );
    refused_when(
        json!({ "kind": "interval", "every": 13, "unit": "hours" }),
        "when.every: `13` is not allowed | write a whole number from 1 to 12",
    );
    refused_when(
        json!({ "kind": "interval", "every": 15, "unit": "minutes", "window": { "from": 8, "until": 8 } }),
        "when.window: begins and ends at 8 | leave `window` out to run all day",
    );
    refused_when(
        json!({ "kind": "daily", "at": [] }),
        "when.at: is empty | write local times from `00:00` to `23:59`, as in `[\"06:30\"]`",
    );
    refused_when(
        json!({ "kind": "monthly", "at": ["06:00"], "days": [] }),
        "when.days: is missing, and so is `nth` | write `\"days\": [1, \"last\"]` or `\"nth\": [{ \"nth\": 2, \"weekday\": \"sun\" }]`, or both",
    );
    refused_when(
        json!({ "kind": "monthly", "at": ["06:00"], "nth": [{ "nth": 6, "weekday": "sun" }] }),
        "when.nth[0].nth: `6` is not allowed | write a whole number from 1 to 5",
    );
    refused_when(
        json!({ "kind": "manual", "at": ["06:00"] }),
        "when.at: unknown key | known here are `kind`",
    );
}

#[test]
fn cron_expressions_of_another_kind() {
    let hint = |expression: &str| {
        let found = problems(&json!({ "when": { "kind": "cron", "expression": expression } }));
        assert_eq!(found.len(), 1, "{found:?}");
        let (message, hint) = found[0].split_once(" | ").unwrap();
        assert!(message.starts_with("when.expression: "), "{message}");
        hint.to_owned()
    };
    for quartz in [
        "0 13/30 * * * ?",
        "0 0 6 * * MON",
        "0 0 6 * * * 2027",
        "0 6 ? * *",
    ] {
        assert!(
            hint(quartz).starts_with("leave out the seconds"),
            "{quartz}"
        );
    }
    for extended in ["0 6 L * *", "0 6 15W * *", "0 6 * * SUN#2", "0 6 * * 5L"] {
        assert!(hint(extended).contains("monthly"), "{extended}");
    }
    for short in ["@daily", "* * * *", ""] {
        assert!(hint(short).contains("minute"), "{short}");
    }
    for wrong in [
        "61 * * * *",
        "0 24 * * *",
        "0 6 32 * *",
        "0 6 * 13 *",
        "*/0 * * * *",
        "5-1 * * * *",
        "13/30 * * * *",
    ] {
        assert!(hint(wrong).starts_with("write minute (0-59)"), "{wrong}");
    }
    for wrong in [
        "MON * * * *",
        "0 6 + * *",
        "0 6 * MON *",
        "0 6 * * +MON",
        "0 6 * * MONFRI",
        "1,,2 * * * *",
    ] {
        assert!(hint(wrong).starts_with("use numbers"), "{wrong}");
    }
}

fn documentation() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schedules.md");
    fs::read_to_string(file).unwrap()
}

/// The JSON examples of the documentation.
fn examples() -> Vec<Value> {
    let text = documentation();
    let blocks = text.split("```json\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap())
        .map(|block| serde_json::from_str(block).unwrap_or_else(|error| panic!("{error}: {block}")))
        .collect()
}

#[test]
fn the_first_example_is_told_in_words() {
    let words = Schedule::parse(&examples()[0]).unwrap().describe();
    let text = documentation().replace('\n', " ");
    assert!(text.contains(&words), "{words}");
}

#[test]
fn every_example_is_accepted_and_survives_being_written() {
    let (mut schedules, mut others) = (0, 0);
    for example in examples() {
        if example.get("when").is_some() {
            let read = Schedule::parse(&example)
                .unwrap_or_else(|problems| panic!("{example}\n{problems}"));
            let written = serde_json::to_value(&read).unwrap();
            assert_eq!(Schedule::parse(&written).as_ref(), Ok(&read), "{written}");
            crate::schema::assert_valid::<Schedule>(&written);
            crate::schema::assert_valid::<Schedule>(&example);
            schedules += 1;
        } else if example.get("retries").is_some() {
            let read = RetryPolicy::parse(&example).unwrap();
            let written = serde_json::to_value(&read).unwrap();
            assert_eq!(RetryPolicy::parse(&written), Ok(read));
            crate::schema::assert_valid::<RetryPolicy>(&written);
            others += 1;
        } else {
            let read = StaleAfter::parse(&example).unwrap();
            assert_eq!(serde_json::to_value(read).unwrap(), example);
            crate::schema::assert_valid::<StaleAfter>(&example);
            others += 1;
        }
    }
    assert!(schedules >= 7 && others >= 2, "{schedules} and {others}");
}
