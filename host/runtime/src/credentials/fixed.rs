//! A credential that needs no token request: it is sent as it is, in a header of its own, to one
//! service of the account. Read anew whenever it is spent.

use http::HeaderValue;

use super::{SecretSources, SignInError, sensitive};
use crate::config::SecretSource;

/// The value of a header that the host alone may set.
pub(crate) struct FixedHeader {
    /// The configuration's key of the value.
    pub(super) key: &'static str,
    pub(super) source: SecretSource,
}

impl FixedHeader {
    pub(super) async fn value(&self, sources: &SecretSources) -> Result<HeaderValue, SignInError> {
        let text = sources.text(self.key, &self.source).await?;
        sensitive::header(text).ok_or_else(|| {
            SignInError::Refused(format!(
                "the value of `{}` does not fit into a header",
                self.key
            ))
        })
    }
}
