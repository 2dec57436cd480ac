//! What follows from a schedule: when it is due.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::cron;
use crate::days::Days;
use crate::document::{Bound, CatchUp, Schedule, When, Window};
use crate::jitter::jitter;
use crate::tick::Tick;
use crate::walk::Walk;
use crate::words::{TimeOfDay, Unit, Weekday};
use crate::zone::{self, Local};

const DAY_MINUTES: u16 = 24 * 60;

/// A schedule ready to be asked. It is made of the schedule and the seed alone, so every process makes the same one.
#[derive(Clone, Debug)]
pub struct Timetable {
    zone: TimeZone,
    days: Days,
    /// Minutes of the day, by the clock on the wall, in order.
    minutes: Vec<u16>,
    again: Again,
    /// The hours outside of which it is never due, not even at the end of a gap.
    window: Option<Window>,
    pub(crate) start: Option<Timestamp>,
    pub(crate) end: Option<Timestamp>,
    jitter: SignedDuration,
    seed: String,
    pub(crate) catch_up: CatchUp,
}

/// Whether a local time that comes twice is due twice.
#[derive(Clone, Copy, Debug)]
enum Again {
    Never,
    /// Where clocks are set back by at least so much.
    From(SignedDuration),
}

impl Schedule {
    /// Makes it ready to be asked. The seed chooses the jitter: let it be what names the schedule, such as its id.
    #[must_use]
    pub fn timetable(&self, seed: &str) -> Timetable {
        Timetable::new(self, seed)
    }
}

impl Timetable {
    pub(crate) fn new(schedule: &Schedule, seed: &str) -> Self {
        let zone = zone::find(&schedule.time_zone).expect("a zone that was found before");
        let from = schedule.start.map_or(Date::ZERO, |start| match start {
            Bound::Day(date) => date,
            Bound::Moment(moment) => zone.to_datetime(moment).date(),
        });
        let (days, minutes, again) = plan(&schedule.when, from);
        Self {
            days,
            minutes,
            again,
            window: match schedule.when {
                When::Interval { window, .. } => window,
                _ => None,
            },
            start: schedule.start.and_then(|start| match start {
                Bound::Day(date) => zone::midnight(&zone, date),
                Bound::Moment(moment) => Some(moment),
            }),
            end: schedule.end.and_then(|end| match end {
                Bound::Day(date) => zone::midnight(&zone, date.tomorrow().ok()?),
                Bound::Moment(moment) => Some(moment),
            }),
            jitter: SignedDuration::from_secs(schedule.jitter_seconds.into()),
            seed: seed.to_owned(),
            catch_up: schedule.catch_up,
            zone,
        }
    }

    /// The first tick whose nominal moment is later.
    #[must_use]
    pub fn next_after(&self, after: Timestamp) -> Option<Tick> {
        self.after(after).next()
    }

    /// The next so many ticks whose nominal moments are later; fewer where the schedule ends.
    #[must_use]
    pub fn ticks(&self, after: Timestamp, count: usize) -> Vec<Tick> {
        self.after(after).take(count).collect()
    }

    /// All ticks whose nominal moments are later.
    pub fn after(&self, after: Timestamp) -> impl Iterator<Item = Tick> {
        Walk::new(self, after).map(|nominal| Tick {
            nominal,
            due: nominal
                .saturating_add(jitter(&self.seed, nominal, self.jitter))
                .expect("no calendar units"),
        })
    }

    /// The moments of one date, in order of the clock on the wall.
    pub(crate) fn day(&self, date: Date) -> Vec<Timestamp> {
        if !self.days.hold(date) {
            return Vec::new();
        }
        let minutes = self.minutes.iter().map(|minutes| i64::from(*minutes));
        if let Some(midnight) = zone::plain_day(&self.zone, date) {
            return minutes
                .filter_map(|minutes| {
                    midnight
                        .checked_add(SignedDuration::from_mins(minutes))
                        .ok()
                })
                .collect();
        }
        let midnight = date.to_datetime(Time::midnight());
        minutes
            .filter_map(|minutes| {
                let local = midnight.checked_add(SignedDuration::from_mins(minutes));
                zone::moments(&self.zone, local.ok()?)
            })
            .flat_map(|local| self.due_at(local))
            .flatten()
            .collect()
    }

    fn due_at(&self, local: Local) -> [Option<Timestamp>; 2] {
        match local {
            Local::Once(moment) => [Some(moment), None],
            Local::Twice(first, second) => {
                let again = self.again.holds(first.duration_until(second));
                [Some(first), again.then_some(second)]
            }
            Local::Never(gap_end) => [Some(gap_end).filter(|end| self.is_active(*end)), None],
        }
    }

    fn is_active(&self, moment: Timestamp) -> bool {
        let local = self.zone.to_datetime(moment);
        self.window.is_none_or(|window| {
            window.holds(local.hour().unsigned_abs()) && self.days.hold(local.date())
        })
    }

    pub(crate) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Seconds between two ticks at least, changes of the clock aside.
    pub(crate) fn seconds_apart(&self) -> u32 {
        let first = self.minutes.first().map(|first| first + DAY_MINUTES);
        let following = self.minutes.iter().copied().skip(1).chain(first);
        let apart = self.minutes.iter().zip(following);
        let least = apart.map(|(one, next)| next - one).min();
        u32::from(least.unwrap_or(DAY_MINUTES)) * 60
    }

    pub(crate) fn is_upside_down(&self) -> bool {
        matches!((self.start, self.end), (Some(start), Some(end)) if end <= start)
    }

    pub(crate) fn is_never_due(&self) -> bool {
        self.next_after(Timestamp::UNIX_EPOCH).is_none()
    }
}

impl Again {
    fn holds(self, set_back_by: SignedDuration) -> bool {
        match self {
            Self::Never => false,
            Self::From(least) => set_back_by >= least,
        }
    }
}

/// On which days, at which minutes, and whether again. Every so many days or weeks count from `from`.
fn plan(when: &When, from: Date) -> (Days, Vec<u16>, Again) {
    match when {
        When::Manual {} => (Days::Never, Vec::new(), Again::Never),
        When::Interval {
            every,
            unit,
            window,
            weekdays,
        } => {
            let step = match unit {
                Unit::Minutes => *every,
                Unit::Hours => *every * 60,
            };
            let minutes = (0..DAY_MINUTES).step_by(step.into());
            let active = |minute: &u16| window.is_none_or(|w| w.holds(hour_of(*minute)));
            let days = match weekdays.as_slice() {
                [] => &Weekday::ALL,
                some => some,
            };
            let again = Again::From(SignedDuration::from_mins(step.into()));
            (
                weeks(days, 1, from),
                minutes.filter(active).collect(),
                again,
            )
        }
        When::Daily { at, every } => {
            let every = *every;
            (Days::Every { every, from }, minutes(at), Again::Never)
        }
        When::Weekdays { at } => (
            weeks(&Weekday::ALL[..5], 1, from),
            minutes(at),
            Again::Never,
        ),
        When::Weekly { days, at, every } => (weeks(days, *every, from), minutes(at), Again::Never),
        When::Monthly {
            days,
            nth,
            months,
            at,
        } => {
            let days = Days::Months {
                days: days.clone(),
                nth: nth.clone(),
                months: months.clone(),
            };
            (days, minutes(at), Again::Never)
        }
        When::Cron { expression } => {
            let pattern = cron::parse(expression).expect("an expression that was read before");
            let again = match cron::is_hourly(&pattern) {
                true => Again::From(SignedDuration::ZERO),
                false => Again::Never,
            };
            let minutes = cron::minutes(&pattern);
            (Days::Cron(Box::new(pattern)), minutes, again)
        }
    }
}

fn weeks(days: &[Weekday], every: u16, from: Date) -> Days {
    let days = days.to_vec();
    Days::Weeks { every, from, days }
}

fn minutes(at: &[TimeOfDay]) -> Vec<u16> {
    at.iter().map(|time| time.minutes()).collect()
}

fn hour_of(minute: u16) -> u8 {
    u8::try_from(minute / 60).expect("a minute of a day")
}
