//! How much later than its nominal moment a tick starts: as good as random, and the same whoever asks.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

/// From nothing to `most`, both included, in whole milliseconds.
pub(crate) fn jitter(seed: &str, nominal: Timestamp, most: SignedDuration) -> SignedDuration {
    let steps = u64::try_from(most.as_millis()).unwrap_or(0) + 1;
    let mut hash = Sha256::new();
    hash.update(nominal.as_millisecond().to_be_bytes());
    hash.update(seed);
    let digest = hash.finalize();
    let number = digest
        .iter()
        .take(8)
        .fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    SignedDuration::from_millis(i64::try_from(number % steps).expect("at most an hour"))
}
