//! What each kind of account does for a token: which request, with which proof, and what it keeps of
//! the answer.

use std::sync::Arc;

use writeback_oauth::entra::refresh::{self, Refreshed};
use writeback_oauth::entra::{self, RefreshToken};
use writeback_oauth::{Token, TokenError, domo};

use super::ask::{Asking, once, repeatedly};
use super::proof::{Evidence, Proof};
use super::refresh::Held;
use super::{AccessToken, SecretSources, SignInError};
use crate::config::SecretSource;
use crate::tenant::Tenant;

pub(super) struct SignIn {
    pub(super) grant: Grant,
    pub(super) sources: Arc<SecretSources>,
}

/// How a token is got.
pub(super) enum Grant {
    Domo {
        client: domo::Client,
        secret: SecretSource,
    },
    /// The app itself.
    App { client: entra::Client, proof: Proof },
    /// The app for a user who has signed in.
    User(Box<User>),
}

/// A user's sign-in to an app.
pub(super) struct User {
    pub(super) client: entra::Client,
    pub(super) proof: Proof,
    pub(super) held: Held,
    pub(super) device_url: String,
    pub(super) authorize_url: String,
}

/// A token, and what there is to say about the end of what it was got with.
type Answer = (Token, Option<String>);

impl SignIn {
    pub(super) async fn ask(
        &self,
        account: &str,
        tenant: &Tenant,
    ) -> Result<AccessToken, SignInError> {
        let asked = match &self.grant {
            Grant::Domo { client, secret } => self.domo(client, secret, tenant).await,
            Grant::App { client, proof } => self.app(client, proof, tenant).await,
            Grant::User(user) => self.user(user, account, tenant).await,
        };
        let failed = |error: SignInError| error.map(|why| format!("account `{account}`: {why}"));
        let (token, warning) = asked.map_err(failed)?;
        let unusable = || SignInError::Refused("the token does not fit into a header".to_owned());
        let now = tenant.clock().now();
        let token = AccessToken::new(token, now)
            .ok_or_else(unusable)
            .map_err(failed)?;
        Ok(token.warned(warning.map(|text| format!("account `{account}`: {text}"))))
    }

    async fn domo(
        &self,
        client: &domo::Client,
        secret: &SecretSource,
        tenant: &Tenant,
    ) -> Result<Answer, SignInError> {
        let secret = self.sources.text("client_secret", secret).await?;
        let ask = |verb| -> Asking<'_, Token> {
            let request = domo::request(client, &secret, verb);
            Box::pin(once(tenant.client(), request, domo::read))
        };
        let hide = |why: String| why.replace(secret.as_str(), "…");
        let token = repeatedly(tenant, ask).await;
        Ok((token.map_err(|error| error.map(hide))?, None))
    }

    async fn app(
        &self,
        client: &entra::Client,
        proof: &Proof,
        tenant: &Tenant,
    ) -> Result<Answer, SignInError> {
        let evidence = proof.read(&self.sources).await?;
        let ask = |_| -> Asking<'_, Token> { Box::pin(ask_for_app(client, &evidence, tenant)) };
        let token = repeatedly(tenant, ask).await;
        let warning = evidence.warning(tenant.clock().now());
        Ok((token.map_err(|error| with(error, &warning))?, warning))
    }

    /// The newest refresh token is read and its successor written under one lock, so that of two
    /// runs at once neither uses one that the other has spent.
    async fn user(
        &self,
        user: &User,
        account: &str,
        tenant: &Tenant,
    ) -> Result<Answer, SignInError> {
        let evidence = user.proof.read(&self.sources).await?;
        let locked = user.held.lock().await?;
        let held = locked.read()?.ok_or_else(|| not_signed_in(account))?;
        let ask =
            |_| -> Asking<'_, Refreshed> { Box::pin(ask_for_user(user, &evidence, &held, tenant)) };
        let refreshed = repeatedly(tenant, ask).await;
        let refreshed = refreshed.map_err(|error| sign_in_again(error, account))?;
        if refreshed.rotated {
            locked.write(&refreshed.refresh)?;
        }
        Ok((refreshed.token, evidence.warning(tenant.clock().now())))
    }
}

async fn ask_for_app(
    client: &entra::Client,
    evidence: &Evidence,
    tenant: &Tenant,
) -> Result<Token, TokenError> {
    let proven = evidence.prove(client, tenant.clock().now())?;
    let request = entra::request_with(client, proven.credential());
    let answer = once(tenant.client(), request, entra::read).await;
    answer.map_err(|error| error.hiding(|text| proven.hide(text)))
}

async fn ask_for_user(
    user: &User,
    evidence: &Evidence,
    held: &RefreshToken,
    tenant: &Tenant,
) -> Result<Refreshed, TokenError> {
    let proven = evidence.prove(&user.client, tenant.clock().now())?;
    let request = refresh::request(&user.client, held, proven.credential());
    let answer = once(tenant.client(), request, |reply| refresh::read(reply, held)).await;
    answer.map_err(|error| error.hiding(|text| proven.hide(&text.replace(held.expose(), "…"))))
}

/// A certificate that has ended explains a refusal better than the service does.
fn with(error: SignInError, warning: &Option<String>) -> SignInError {
    match warning {
        Some(warning) => error.map(|why| match why.split_once('\n') {
            Some((why, hint)) => format!("{why}; {warning}\n{hint}"),
            None => format!("{why}; {warning}"),
        }),
        None => error,
    }
}

fn not_signed_in(account: &str) -> SignInError {
    SignInError::Refused(format!(
        "nobody has signed in to it yet\nhint: writeback account login {account}"
    ))
}

fn sign_in_again(error: SignInError, account: &str) -> SignInError {
    match error {
        SignInError::Refused(why) if why.contains("\nhint: sign in again") => {
            let (why, _) = why.split_once('\n').unwrap_or((&why, ""));
            SignInError::Refused(format!("{why}\nhint: writeback account login {account}"))
        }
        error => error,
    }
}
