//! What is sent to get a token, and what comes back. Neither has a `Debug` that prints a secret.

use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

/// How a token request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Parameters in the query.
    Get,
    /// Parameters in a form.
    Post,
}

/// A token request, to be sent once and exactly as it is.
pub struct TokenRequest {
    /// The HTTP method.
    pub verb: Verb,
    /// The full URL. It never holds a secret.
    pub url: String,
    /// The value of `Authorization`, where there is one.
    pub authorization: Option<Zeroizing<String>>,
    /// The body, of type `application/x-www-form-urlencoded`. Only [`Verb::Post`] has one.
    pub form: Option<Zeroizing<String>>,
}

/// What a token says about itself. All of it is public.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Domo's user id, or Entra's object id of the app or user.
    pub subject: Option<String>,
    /// Application roles, or the Domo role.
    pub roles: Vec<String>,
    /// Scopes.
    pub scopes: Vec<String>,
}

/// An access token.
pub struct Token {
    /// Goes into `Authorization: Bearer`.
    pub value: Zeroizing<String>,
    /// Seconds that it lives from the moment of the reply.
    pub expires_in: u64,
    /// What it says about itself.
    pub identity: Identity,
}

/// A token is renewed this long before it ends, so that it does not end within a request.
const SKEW: Duration = Duration::from_secs(5 * 60);

impl Token {
    /// How long it lives from the moment of the reply.
    #[must_use]
    pub fn life(&self) -> Duration {
        Duration::from_secs(self.expires_in)
    }

    /// How long of that it is used. One that lives for less than twice the skew is used for half of its life.
    #[must_use]
    pub fn use_within(&self) -> Duration {
        self.life().saturating_sub(SKEW).max(self.life() / 2)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("expires_in", &self.expires_in)
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}
