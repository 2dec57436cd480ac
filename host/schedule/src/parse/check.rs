//! What is wrong with a schedule as a whole: parts that are right each, and do not go together.

use crate::document::Schedule;
use crate::problems::Problems;
use crate::timetable::Timetable;

pub(super) fn check(schedule: &Schedule, problems: &mut Problems) {
    let timetable = Timetable::new(schedule, "");
    if timetable.is_upside_down() {
        let message = "nothing lies between `start` and `end`";
        problems.add("end", message, "let `end` be later than `start`");
        return;
    }
    if schedule.is_manual() {
        return;
    }
    // Else a tick could start after the one that follows it.
    let apart = timetable.seconds_apart();
    if schedule.jitter_seconds >= apart {
        let message = format!(
            "{} seconds are not less than the {apart} seconds between two ticks",
            schedule.jitter_seconds
        );
        let hint = format!("write at most {}", apart - 1);
        problems.add("jitter_seconds", message, hint);
    }
    if timetable.is_never_due() {
        let bounded = schedule.start.is_some() || schedule.end.is_some();
        let (message, hint) = match bounded {
            true => (
                "is never due between `start` and `end`",
                "choose other days, or move `start` or `end`",
            ),
            false => (
                "is never due",
                "choose days and hours that there are, or `\"kind\": \"manual\"`",
            ),
        };
        problems.add("when", message, hint);
    }
}
