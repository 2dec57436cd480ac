//! In a browser: open the page of Entra ID, wait for it to come back to loopback with a code, and
//! exchange the code (RFC 8252 with PKCE, RFC 7636).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use writeback_oauth::TokenError;
use writeback_oauth::entra::code::{self, Code, Verifier};
use writeback_oauth::entra::{Delegated, read_delegated};
use zeroize::Zeroizing;

use super::redirect::Loopback;
use crate::credentials::SignInError;
use crate::credentials::ask::{Asking, once, repeatedly};
use crate::credentials::proof::Evidence;
use crate::credentials::sign_in::User;
use crate::tenant::Tenant;

/// How long the person may take, password and second factor included.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

pub(super) async fn sign_in(
    tenant: &Tenant,
    user: &User,
    evidence: &Evidence,
    open: impl FnOnce(&str),
) -> Result<Delegated, SignInError> {
    let verifier = Verifier::new(&random()?);
    let state = URL_SAFE_NO_PAD.encode(random()?.as_slice());
    let loopback = Loopback::bind().await.map_err(|error| {
        SignInError::Unavailable(format!(
            "no port of this machine can be listened on: {error}"
        ))
    })?;
    let redirect = loopback.url();
    open(&code::authorize_url(
        &user.authorize_url,
        &user.client,
        &redirect,
        &state,
        &verifier,
    ));
    let code = tokio::select! {
        code = loopback.code(&state) => code.map_err(told)?,
        () = tenant.clock().sleep(PATIENCE) => {
            let minutes = PATIENCE.as_secs() / 60;
            return Err(SignInError::Refused(format!(
                "the browser did not come back within {minutes} minutes\nhint: sign in again, or by device code"
            )));
        }
    };
    let ask = |_| -> Asking<'_, Delegated> {
        Box::pin(exchange(
            tenant, user, evidence, &code, &redirect, &verifier,
        ))
    };
    repeatedly(tenant, ask).await
}

async fn exchange(
    tenant: &Tenant,
    user: &User,
    evidence: &Evidence,
    code: &Code,
    redirect: &str,
    verifier: &Verifier,
) -> Result<Delegated, TokenError> {
    let proven = evidence.prove(&user.client, tenant.clock().now())?;
    let credential = proven.credential();
    let request = code::exchange(&user.client, code, redirect, verifier, credential);
    let answer = once(tenant.client(), request, read_delegated).await;
    answer.map_err(|error| error.hiding(|text| proven.hide(text)))
}

fn told(error: TokenError) -> SignInError {
    match error {
        TokenError::Refused(refusal) => refusal.into(),
        TokenError::Passing { message, .. } => SignInError::Unavailable(message),
        TokenError::WrongVerb => SignInError::Refused("the redirect cannot be read".to_owned()),
    }
}

fn random() -> Result<Zeroizing<[u8; 32]>, SignInError> {
    let mut bytes = Zeroizing::new([0; 32]);
    SystemRandom::new()
        .fill(bytes.as_mut_slice())
        .map_err(|_| SignInError::Refused("this machine gives no random numbers".to_owned()))?;
    Ok(bytes)
}
