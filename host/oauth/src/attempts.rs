//! How often a token is asked for: the component cannot see these requests, so it cannot repeat them. Sends
//! nothing and waits for nothing itself.

use std::time::Duration;

use crate::reply::{Refusal, TokenError};
use crate::token::Verb;

const ATTEMPTS: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// A service that wants more is reported instead of waited for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Why an account is not signed in. The texts carry a last line `hint: …` where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInError {
    /// Trying again is of no use.
    Refused(String),
    /// Trying again later may help.
    Unavailable(String),
}

impl SignInError {
    /// The same with another text.
    #[must_use]
    pub fn map(self, change: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Refused(why) => Self::Refused(change(why)),
            Self::Unavailable(why) => Self::Unavailable(change(why)),
        }
    }
}

impl From<Refusal> for SignInError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(match refusal.hint {
            Some(hint) => format!("{}\nhint: {hint}", refusal.message),
            None => refusal.message,
        })
    }
}

/// The attempts at one token. The first is a GET, and it changes to POST where the endpoint does not take that.
#[derive(Debug)]
pub struct Attempts {
    verb: Verb,
    attempt: u32,
}

impl Default for Attempts {
    fn default() -> Self {
        Self {
            verb: Verb::Get,
            attempt: 1,
        }
    }
}

impl Attempts {
    /// How the next request is sent.
    #[must_use]
    pub fn verb(&self) -> Verb {
        self.verb
    }

    /// How long to pause before the next attempt.
    ///
    /// # Errors
    /// Where there is no next one.
    pub fn after(&mut self, error: TokenError) -> Result<Duration, SignInError> {
        let (message, after) = match error {
            TokenError::WrongVerb if self.verb == Verb::Get => {
                self.verb = Verb::Post;
                return Ok(Duration::ZERO);
            }
            TokenError::WrongVerb => {
                return Err(SignInError::Refused(
                    "the token endpoint takes neither GET nor POST".to_owned(),
                ));
            }
            TokenError::Refused(refusal) => return Err(refusal.into()),
            TokenError::Passing { message, after } => (message, after),
        };
        let usual = FIRST_PAUSE * 2_u32.pow(self.attempt - 1);
        let pause = after.map_or(usual, Duration::from_secs);
        if self.attempt == ATTEMPTS || pause > LONGEST_PAUSE {
            let tried = match self.attempt {
                1 => "once".to_owned(),
                attempts => format!("{attempts} times"),
            };
            return Err(SignInError::Unavailable(format!(
                "{message} (tried {tried})"
            )));
        }
        self.attempt += 1;
        Ok(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passing(after: Option<u64>) -> TokenError {
        TokenError::Passing {
            message: "Domo answered HTTP 503".to_owned(),
            after,
        }
    }

    #[test]
    fn trouble_that_may_pass_is_waited_for_three_times_at_most() {
        let mut attempts = Attempts::default();
        let first = attempts.after(passing(None));
        assert_eq!(first, Ok(Duration::from_millis(500)));
        assert_eq!(attempts.after(passing(Some(7))), Ok(Duration::from_secs(7)));
        let told = "Domo answered HTTP 503 (tried 3 times)".to_owned();
        let last = attempts.after(passing(None));
        assert_eq!(last, Err(SignInError::Unavailable(told)));
    }

    #[test]
    fn a_long_pause_is_reported_at_once() {
        let told = "Domo answered HTTP 503 (tried once)".to_owned();
        let only = Attempts::default().after(passing(Some(61)));
        assert_eq!(only, Err(SignInError::Unavailable(told)));
    }

    #[test]
    fn the_verb_changes_once_and_costs_no_attempt() {
        let mut attempts = Attempts::default();
        assert_eq!(attempts.after(TokenError::WrongVerb), Ok(Duration::ZERO));
        assert_eq!(attempts.verb(), Verb::Post);
        assert!(attempts.after(TokenError::WrongVerb).is_err());
    }

    #[test]
    fn a_refusal_ends_it_with_its_hint() {
        let refusal = Refusal {
            message: "no".to_owned(),
            hint: Some("yes"),
        };
        let ended = Attempts::default().after(TokenError::Refused(refusal));
        let told = "no\nhint: yes".to_owned();
        assert_eq!(ended, Err(SignInError::Refused(told)));
    }
}
