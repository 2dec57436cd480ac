//! When a failed run is tried again, and when a job is stale.

use std::time::Duration;

use serde_json::{Value, json};
use writeback_schedule::{RetryPolicy, StaleAfter};

use crate::at;

fn waits(document: &Value) -> Vec<u64> {
    let policy = RetryPolicy::parse(document).unwrap_or_else(|problems| panic!("{problems}"));
    (1..)
        .map_while(|failures| policy.wait(failures))
        .map(|wait| wait.as_secs())
        .collect()
}

#[test]
fn waits_by_table() {
    let table = [
        (json!({}), vec![300, 300, 300]),
        (json!({ "retries": 0 }), vec![]),
        (json!({ "retries": 2, "wait_seconds": 60 }), vec![60, 60]),
        (
            json!({ "retries": 5, "wait_seconds": 60, "backoff": "exponential", "max_wait_seconds": 300 }),
            vec![60, 120, 240, 300, 300],
        ),
        (
            json!({ "retries": 2, "wait_seconds": 7200, "backoff": "exponential" }),
            vec![7200, 7200],
        ),
    ];
    for (document, expected) in table {
        assert_eq!(waits(&document), expected, "{document}");
    }
    assert_eq!(RetryPolicy::parse(&json!({})), Ok(RetryPolicy::default()));
}

#[test]
fn attempts_are_counted_by_failures() {
    let policy = RetryPolicy::parse(&json!({ "retries": 1, "wait_seconds": 90 })).unwrap();
    let now = at("2026-11-26T00:00:00Z");
    assert_eq!(policy.next_attempt(0, now), None);
    assert_eq!(
        policy.next_attempt(1, now),
        Some(at("2026-11-26T00:01:30Z"))
    );
    assert_eq!(policy.next_attempt(2, now), None);
    assert_eq!(policy.longest(), Duration::from_secs(90));
}

#[test]
fn wrong_policies() {
    let problem = |document: Value| RetryPolicy::parse(&document).unwrap_err().to_string();
    assert_eq!(
        problem(json!({ "retries": 11, "backoff": "linear", "wait": 1 })),
        "`backoff`: `linear` is unknown\nhint: write one of `fixed`, `exponential`\n\
         `retries`: `11` is not allowed\nhint: write a whole number from 0 to 10\n\
         `wait`: unknown key\nhint: known here are `wait_seconds`, `backoff`, `retries`, `max_wait_seconds`"
    );
    assert!(
        problem(json!({ "wait_seconds": 60, "max_wait_seconds": 59 }))
            .contains("is less than `wait_seconds`, 60")
    );
    assert!(problem(json!({ "retries": 8, "wait_seconds": 86_400 })).contains("are 8 days"));
    assert!(RetryPolicy::parse(&json!({ "retries": 7, "wait_seconds": 86_400 })).is_ok());
}

#[test]
fn stale() {
    let since = at("2026-11-26T00:00:00Z");
    let hours = StaleAfter::parse(&json!({ "hours": 26 })).unwrap();
    assert_eq!(hours.due(since), at("2026-11-27T02:00:00Z"));
    assert!(!hours.is_stale(since, at("2026-11-27T01:59:59Z")));
    assert!(hours.is_stale(since, at("2026-11-27T02:00:00Z")));
    let days = StaleAfter::parse(&json!({ "days": 92 })).unwrap();
    assert_eq!(days.due(since), at("2027-02-26T00:00:00Z"));
}

#[test]
fn wrong_staleness() {
    let both = json!({ "hours": 1, "days": 1 });
    for document in [
        both,
        json!({}),
        json!({ "hours": 0 }),
        json!({ "days": 93 }),
        json!({ "weeks": 1 }),
        json!(5),
    ] {
        let problems = StaleAfter::parse(&document).unwrap_err();
        assert!(
            problems
                .list()
                .iter()
                .all(|problem| !problem.hint.is_empty()),
            "{document}"
        );
    }
}
