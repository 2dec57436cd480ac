//! An account's access token: kept until shortly before its end, and asked for once however many
//! runs wait for it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use http::HeaderValue;
use tokio::sync::Mutex;
use tracing::Instrument as _;
use writeback_oauth::{Identity, Token};
use zeroize::Zeroizing;

use super::{SignInError, sensitive};

/// A token as requests use it.
pub(crate) struct AccessToken {
    pub(crate) identity: Identity,
    pub(crate) expires: SystemTime,
    /// What the account's owner should hear, such as that a certificate ends soon.
    pub(crate) warning: Option<String>,
    renew_at: SystemTime,
    /// `Bearer …`, marked sensitive.
    header: HeaderValue,
}

impl AccessToken {
    /// `None` where it does not fit into a header, or lives for ever.
    pub(crate) fn new(token: Token, now: SystemTime) -> Option<Self> {
        Some(Self {
            expires: now.checked_add(token.life())?,
            warning: None,
            renew_at: now.checked_add(token.use_within())?,
            header: sensitive::header(Zeroizing::new(format!("Bearer {}", *token.value)))?,
            identity: token.identity,
        })
    }

    pub(super) fn warned(self, warning: Option<String>) -> Self {
        Self { warning, ..self }
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.header.clone()
    }
}

/// The current token of one account.
#[derive(Default)]
pub(crate) struct TokenCache {
    /// How often asking has come to an end.
    asked: Arc<AtomicU64>,
    last: Arc<Mutex<Last>>,
}

/// How asking ended last.
type Last = Option<Result<Arc<AccessToken>, SignInError>>;

impl TokenCache {
    /// The current token while it is good for use and not the `stale` one, else what `ask` brings.
    /// Whoever has waited for somebody else's asking gets what that brought, a failure too.
    pub(crate) async fn get(
        &self,
        now: SystemTime,
        stale: Option<&Arc<AccessToken>>,
        ask: impl Future<Output = Result<AccessToken, SignInError>> + Send + 'static,
    ) -> Result<Arc<AccessToken>, SignInError> {
        let before = self.asked.load(Ordering::Acquire);
        let mut last = Arc::clone(&self.last).lock_owned().await;
        let waited = self.asked.load(Ordering::Acquire) != before;
        match &*last {
            Some(Ok(token)) if token.is_good(now, stale) => return Ok(Arc::clone(token)),
            Some(Err(error)) if waited => return Err(error.clone()),
            _ => {}
        }
        let asked = Arc::clone(&self.asked);
        let asking = async move {
            *last = None;
            let answer = ask.await.map(Arc::new);
            *last = Some(answer.clone());
            asked.fetch_add(1, Ordering::AcqRel);
            answer
        };
        // A task of its own: it goes on when nobody waits for it any more.
        let answer = tokio::spawn(asking.in_current_span()).await;
        answer.unwrap_or_else(|error| {
            Err(SignInError::Unavailable(format!(
                "signing in ended: {error}"
            )))
        })
    }
}

impl AccessToken {
    fn is_good(&self, now: SystemTime, stale: Option<&Arc<Self>>) -> bool {
        let is_stale = stale.is_some_and(|stale| std::ptr::eq(Arc::as_ptr(stale), self));
        self.renew_at > now && !is_stale
    }
}
