//! Reads a schedule and finds everything that is wrong with it.

mod bound;
mod check;
mod when;

use serde_json::Value;

use self::bound::read_bound;
use self::check::check;
use self::when::read_when;
use crate::document::{CatchUp, Schedule, When};
use crate::fields::Fields;
use crate::problems::Problems;
use crate::zone;

const WHEN: &str = "write `\"when\": { \"kind\": \"manual\" }` for a job that only people start";

impl Schedule {
    /// Reads a schedule.
    ///
    /// # Errors
    /// All problems at once, unknown keys among them.
    pub fn parse(document: &Value) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut top = Fields::new(document, "", &mut problems);
        let when = top.required("when", WHEN);
        let has_start = top.optional("start").is_some();
        let when = when.and_then(|when| read_when(when, has_start, top.problems()));
        let schedule = Self {
            when: when.unwrap_or(When::Manual {}),
            time_zone: read_zone(&mut top),
            start: read_bound(&mut top, "start"),
            end: read_bound(&mut top, "end"),
            jitter_seconds: top.number("jitter_seconds", 0..=3600).unwrap_or(0),
            catch_up: read_catch_up(&mut top),
        };
        top.finish();
        // What is wrong with the whole is asked where each part is right.
        let mut whole = Problems::default();
        if problems.list().is_empty() {
            check(&schedule, &mut whole);
        }
        problems.or(())?;
        whole.or(schedule)
    }
}

fn read_zone(top: &mut Fields<'_, '_>) -> String {
    const HINT: &str = "write the name of a city's zone, as in `Europe/Berlin`, or `UTC`";
    let utc = || "UTC".to_owned();
    let Some(value) = top.optional("time_zone") else {
        return utc();
    };
    let Some(name) = top.text("time_zone", value, HINT) else {
        return utc();
    };
    let found = zone::find(name).and_then(|zone| zone.iana_name().map(str::to_owned));
    found.unwrap_or_else(|| {
        let hint = match zone::near(name) {
            Some(near) => format!("did you mean `{near}`?"),
            None => HINT.to_owned(),
        };
        top.problem("time_zone", format!("`{name}` is no time zone"), hint);
        utc()
    })
}

fn read_catch_up(top: &mut Fields<'_, '_>) -> CatchUp {
    let word = top
        .optional("catch_up")
        .and_then(|value| top.word("catch_up", value, &["skip", "run-once"]));
    match word {
        Some(1) => CatchUp::RunOnce,
        _ => CatchUp::Skip,
    }
}
