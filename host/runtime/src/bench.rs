//! Parts that the benchmarks measure by themselves (feature `bench`).

use std::sync::Arc;
use std::time::SystemTime;

use writeback_oauth::{Identity, Token};
use zeroize::Zeroizing;

use crate::credentials::{AccessToken, TokenCache};

/// The token cache of an account that is signed in.
pub struct SignedIn(TokenCache);

impl SignedIn {
    /// One whose token is good for an hour.
    ///
    /// # Panics
    /// Never: the token fits into a header.
    pub async fn new() -> Self {
        let token = Token {
            value: Zeroizing::new("t".repeat(2048)),
            expires_in: 3600,
            identity: Identity::default(),
        };
        let cache = TokenCache::default();
        let now = SystemTime::now();
        let token = AccessToken::new(token, now).expect("it fits into a header");
        let kept = cache.get(now, None, async { Ok(token) }).await;
        assert!(kept.is_ok());
        Self(cache)
    }

    /// Asks for the token, as each request does.
    ///
    /// # Panics
    /// Within an hour, never: the token is there.
    pub async fn token(&self) -> usize {
        let ask = async { unreachable!("the token is good") };
        let token = self.0.get(SystemTime::now(), None, ask).await;
        Arc::strong_count(&token.expect("a good token"))
    }
}
