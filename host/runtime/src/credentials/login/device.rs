//! By device code: ask for a code, show it, and ask again and again whether it was typed.

use std::time::Duration;

use writeback_oauth::TokenError;
use writeback_oauth::entra::Delegated;
use writeback_oauth::entra::device::{self, Poll, SLOW_DOWN_SECONDS, Started};

use crate::credentials::SignInError;
use crate::credentials::ask::{Asking, once, repeatedly};
use crate::credentials::proof::Evidence;
use crate::credentials::sign_in::User;
use crate::tenant::Tenant;

/// What to tell the person.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DevicePrompt {
    /// The page to open, on any device.
    pub page: String,
    /// What to type there.
    pub code: String,
    /// How long the code is good for.
    pub lifetime: Duration,
}

pub(super) async fn sign_in(
    tenant: &Tenant,
    user: &User,
    evidence: &Evidence,
    show: impl FnOnce(&DevicePrompt),
) -> Result<Delegated, SignInError> {
    let starting = |_| -> Asking<'_, Started> {
        let request = device::start(&user.device_url, &user.client);
        Box::pin(once(tenant.client(), request, device::read_start))
    };
    let started = repeatedly(tenant, starting).await?;
    show(&DevicePrompt {
        page: started.verification_uri.clone(),
        code: started.user_code.clone(),
        lifetime: Duration::from_secs(started.expires_in),
    });
    wait(tenant, user, evidence, &started).await
}

async fn wait(
    tenant: &Tenant,
    user: &User,
    evidence: &Evidence,
    started: &Started,
) -> Result<Delegated, SignInError> {
    let end = tenant.clock().now() + Duration::from_secs(started.expires_in);
    let mut interval = Duration::from_secs(started.interval);
    while tenant.clock().now() < end {
        tenant.clock().sleep(interval).await;
        match poll(tenant, user, evidence, started).await {
            Ok(Poll::Done(delegated)) => return Ok(*delegated),
            // Trouble that passes: the code is still good.
            Ok(Poll::Pending) | Err(TokenError::Passing { .. }) => {}
            Ok(Poll::SlowDown) => interval += Duration::from_secs(SLOW_DOWN_SECONDS),
            Ok(Poll::Declined(refusal) | Poll::Expired(refusal))
            | Err(TokenError::Refused(refusal)) => return Err(refusal.into()),
            Err(TokenError::WrongVerb) => break,
        }
    }
    Err(SignInError::Refused(
        "the code was not typed in time\nhint: sign in again".to_owned(),
    ))
}

async fn poll(
    tenant: &Tenant,
    user: &User,
    evidence: &Evidence,
    started: &Started,
) -> Result<Poll, TokenError> {
    let proven = evidence.prove(&user.client, tenant.clock().now())?;
    let request = device::poll(&user.client, started, proven.credential());
    let polled = once(tenant.client(), request, device::read_poll).await;
    polled.map_err(|error| error.hiding(|text| proven.hide(text)))
}
