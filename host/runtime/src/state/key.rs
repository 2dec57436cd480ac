//! What a run is called: a word that is safe as a folder's name.

use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use jiff::Timestamp;
use ring::rand::{SecureRandom as _, SystemRandom};

const BYTES: usize = 64;

/// The name of a run: 1 to 64 of `A-Z`, `a-z`, `0-9`, `-`, `_` and `.`, beginning with a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunKey(String);

/// A text that is no [`RunKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a run's key is 1 to 64 of A-Z, a-z, 0-9, `-`, `_` and `.`, and begins with a letter or digit"
)]
pub struct BadRunKey;

impl RunKey {
    /// A new key: the moment in UTC, and letters by chance. Keys of one machine sort by age.
    pub(crate) fn new(now: SystemTime) -> Self {
        let moment = Timestamp::try_from(now).unwrap_or_default();
        let mut random = [0_u8; 6];
        // Without chance the moment makes the key; whoever meets it in use is told.
        let _ = SystemRandom::new().fill(&mut random);
        let letters = random.map(|byte| char::from(b'a' + byte % 26));
        Self(format!(
            "{}-{}",
            moment.strftime("%Y%m%d-%H%M%S"),
            String::from_iter(letters)
        ))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RunKey {
    type Err = BadRunKey;

    fn from_str(text: &str) -> Result<Self, BadRunKey> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let good = (1..=BYTES).contains(&text.len())
            && text.bytes().all(plain)
            && text.starts_with(|first: char| first.is_ascii_alphanumeric());
        good.then(|| Self(text.to_owned())).ok_or(BadRunKey)
    }
}

impl fmt::Display for RunKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn keys_are_words() {
        for good in ["a", "2026-11-25", "Daily_sales.v2", &"x".repeat(64)] {
            assert_eq!(good.parse::<RunKey>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            ".",
            "..",
            "-x",
            "a/b",
            "a b",
            "ä",
            "a\0",
            &"x".repeat(65),
        ] {
            assert!(bad.parse::<RunKey>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_new_key_tells_its_moment_and_is_a_key() {
        let key = RunKey::new(UNIX_EPOCH + Duration::from_secs(1_767_225_600));
        assert!(key.as_str().starts_with("20260101-000000-"), "{key}");
        assert_eq!(key.as_str().parse::<RunKey>().unwrap(), key);
    }
}
