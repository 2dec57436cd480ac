//! The job's `[guard]`: what is not to replace what is there.

use super::{Object, Problems};
use crate::table::HEADER_LIMIT;
use serde_json::{Map, Value};
use std::fmt;

/// What must be true of an export before it is uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardJob {
    /// What an export without rows means.
    pub if_empty: IfEmpty,
    /// Rows at least.
    pub min_rows: u64,
    /// By how much it may be smaller than the file that is there.
    pub max_shrink: Option<Fraction>,
    /// The columns that it has to have, in this order.
    pub expect_columns: Option<Vec<String>>,
}

/// What an export without rows means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfEmpty {
    /// A failure.
    Fail,
    /// A file of a header.
    Write,
    /// The end of the run, with what is there left as it is.
    Skip,
}

/// A part of a whole, to a millionth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction(u32);

impl Fraction {
    const WHOLE: u32 = 1_000_000;

    /// From a number between 0 and 1.
    pub fn new(part: f64) -> Self {
        let millionths = part.clamp(0.0, 1.0) * f64::from(Self::WHOLE);
        Self(millionths.round() as u32)
    }

    /// As a number between 0 and 1.
    pub fn number(self) -> f64 {
        f64::from(self.0) / f64::from(Self::WHOLE)
    }

    /// The part of `whole` that is missing in `rest`, rounded down.
    pub fn missing(rest: u64, whole: u64) -> Self {
        let missing = u128::from(whole.saturating_sub(rest)) * u128::from(Self::WHOLE);
        let part = missing.checked_div(u128::from(whole)).unwrap_or_default();
        Self(u32::try_from(part).unwrap_or(Self::WHOLE))
    }

    /// The least that is left of `whole` without this part of it.
    pub fn least(self, whole: u64) -> u64 {
        let kept = u128::from(whole) * u128::from(Self::WHOLE - self.0);
        u64::try_from(kept.div_ceil(u128::from(Self::WHOLE))).unwrap_or(whole)
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 10_000, self.0 % 10_000);
        let rest = format!("{rest:04}");
        match rest.trim_end_matches('0') {
            "" => write!(f, "{whole} %"),
            rest => write!(f, "{whole}.{rest} %"),
        }
    }
}

pub(super) fn read(value: Option<&Value>, problems: &mut Problems) -> Option<GuardJob> {
    let empty = Value::Object(Map::new());
    let known = ["if_empty", "min_rows", "max_shrink", "expect_columns"];
    let table = Object::open(value.unwrap_or(&empty), "guard", &known, problems)?;
    let words = [
        ("fail", IfEmpty::Fail),
        ("write", IfEmpty::Write),
        ("skip", IfEmpty::Skip),
    ];
    let expect_columns = table.texts("expect_columns", problems);
    if let Some(names) = &expect_columns
        && names.iter().map(|name| name.len() + 1).sum::<usize>() > HEADER_LIMIT
    {
        let text = format!("must not have more than {HEADER_LIMIT} bytes of names");
        problems.add(table.path("expect_columns"), text);
    }
    Some(GuardJob {
        if_empty: table
            .choice("if_empty", &words, problems)
            .unwrap_or(IfEmpty::Fail),
        min_rows: table.whole("min_rows", 0..=u64::MAX, problems).unwrap_or(0),
        max_shrink: table.fraction("max_shrink", problems).map(Fraction::new),
        expect_columns,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_exact_at_any_size() {
        let left = |part: f64, whole: u64| Fraction::new(part).least(whole);
        assert_eq!(left(0.0, 1000), 1000);
        assert_eq!(left(1.0, u64::MAX), 0);
        assert_eq!(left(0.2, 1000), 800);
        assert_eq!(
            left(0.2, 1001),
            801,
            "801 is less than 20 % less, 800 is more"
        );
        assert_eq!(left(0.1, 3), 3);
        assert_eq!(left(0.0, u64::MAX), u64::MAX);
    }

    #[test]
    fn people_read_it_in_percent() {
        let shown = [0.2, 0.125, 0.0, 1.0, 0.000_001].map(|part| Fraction::new(part).to_string());
        assert_eq!(shown, ["20 %", "12.5 %", "0 %", "100 %", "0.0001 %"]);
        assert_eq!(Fraction::missing(2, 3).to_string(), "33.3333 %");
        assert_eq!(Fraction::missing(3, 0).to_string(), "0 %");
    }
}
