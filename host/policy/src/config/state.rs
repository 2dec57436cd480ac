//! Where runs keep their files, and for how long.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where runs keep their files.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct State {
    /// Folder for the runs' files. Default: `writeback` in `$XDG_STATE_HOME` or `~/.local/state`.
    pub dir: Option<PathBuf>,
    /// Whether the compiled connector is kept for the next start, or in which folder. Default:
    /// `true`, in `cache` of the state folder.
    pub cache: CodeCache,
    /// How long after its last start an unfinished run may go on where it stopped: a whole number
    /// and `s`, `m`, `h` or `d`. Then its export is removed. Default: `24h`.
    pub resume_within: Option<Period>,
    /// How long a run that is over stays on record, in the same form. Default: `7d`.
    pub keep_runs: Option<Period>,
}

/// Whether compiled code is kept, and where.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
#[non_exhaustive]
pub enum CodeCache {
    /// In the state folder, or not at all.
    Switch(bool),
    /// In this folder.
    Folder(PathBuf),
}

impl Default for CodeCache {
    fn default() -> Self {
        Self::Switch(true)
    }
}

/// A length of time: a whole number and `s`, `m`, `h` or `d`, such as `24h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Period(#[schemars(with = "String", regex(pattern = r"^[0-9]+[smhd]$"))] Duration);

impl Period {
    /// So many days.
    #[must_use]
    pub const fn days(days: u32) -> Self {
        Self(Duration::from_secs(days as u64 * 86_400))
    }

    /// Its length.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl TryFrom<String> for Period {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let seconds = |unit: char| match unit {
            's' => Some(1),
            'm' => Some(60),
            'h' => Some(3600),
            'd' => Some(86_400),
            _ => None,
        };
        let read = || {
            let (at, unit) = text.char_indices().next_back()?;
            let number: u32 = text[..at].parse().ok()?;
            Some(Duration::from_secs(u64::from(number) * seconds(unit)?))
        };
        read().map(Self).ok_or_else(|| {
            "must be a whole number and `s`, `m`, `h` or `d`, such as `24h`".to_owned()
        })
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        format!("{}s", period.0.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_have_a_number_and_a_unit() {
        let read = |text: &str| Period::try_from(text.to_owned());
        for (text, seconds) in [
            ("0s", 0),
            ("90s", 90),
            ("15m", 900),
            ("24h", 86_400),
            ("7d", 604_800),
        ] {
            assert_eq!(read(text).unwrap().duration().as_secs(), seconds);
        }
        for bad in [
            "",
            "h",
            "24",
            "1.5h",
            "-1h",
            "24 h",
            "1w",
            "99999999999s",
            "1ä",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
