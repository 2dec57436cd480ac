//! Walks through time from one nominal moment to the next.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::timetable::Timetable;
use crate::zone;

/// The rarest days, such as a fifth Sunday of February, come every 40 years at worst.
const DAYS_WITHOUT: u32 = 50 * 366;

pub(crate) struct Walk<'t> {
    timetable: &'t Timetable,
    /// Nothing up to here, this moment included.
    after: Timestamp,
    /// The first date whose moments are not among the `ahead`.
    date: Option<Date>,
    /// Where clocks are set back across midnight, a date's moments may lie after some of the next one's.
    ahead: BTreeSet<Timestamp>,
}

impl<'t> Walk<'t> {
    pub(crate) fn new(timetable: &'t Timetable, after: Timestamp) -> Self {
        let before_start = |start: Timestamp| start.as_nanosecond() - 1;
        let before_start = timetable
            .start
            .and_then(|start| Timestamp::from_nanosecond(before_start(start)).ok());
        let after = before_start.map_or(after, |start| start.max(after));
        let today = timetable.zone().to_datetime(after).date();
        Self {
            timetable,
            after,
            date: Some(today.yesterday().unwrap_or(today)),
            ahead: BTreeSet::new(),
        }
    }

    /// The first of those ahead, where no later date can have an earlier one.
    fn settled(&mut self) -> Option<Timestamp> {
        let first = *self.ahead.first()?;
        let horizon = self
            .date
            .and_then(|date| zone::midnight(self.timetable.zone(), date));
        if horizon.is_none_or(|horizon| first < horizon) {
            self.ahead.pop_first()
        } else {
            None
        }
    }

    /// Takes the moments of the next date. None where the calendar ends.
    fn take_date(&mut self) -> Option<()> {
        let date = self.date?;
        let moments = self.timetable.day(date).into_iter();
        self.ahead
            .extend(moments.filter(|moment| *moment > self.after));
        self.date = date.tomorrow().ok();
        Some(())
    }
}

impl Iterator for Walk<'_> {
    type Item = Timestamp;

    fn next(&mut self) -> Option<Timestamp> {
        for _ in 0..DAYS_WITHOUT {
            if let Some(moment) = self.settled() {
                self.after = moment;
                let is_over = self.timetable.end.is_some_and(|end| moment >= end);
                return (!is_over).then_some(moment);
            }
            self.take_date()?;
        }
        None
    }
}
