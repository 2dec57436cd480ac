//! One exchange that the policy has admitted, with all that it needs of the run: it may go on while the
//! component does something else.

use std::sync::Arc;

use ::http::{HeaderMap, HeaderName, HeaderValue, Method, Request as HttpRequest, header};
use futures_util::FutureExt as _;
use writeback_policy::{Links, Target, header_bytes};

use super::reply::Reply;
use crate::bindings::writeback::connector::http::Error;
use crate::credentials::{AccessToken, Account, SignInError};
use crate::egress::{Outgoing, Traffic};
use crate::sandbox::SigningIn;
use crate::tenant::Tenant;

pub(super) struct Exchange {
    pub(super) tenant: Tenant,
    pub(super) links: Arc<Links>,
    pub(super) traffic: Arc<Traffic>,
    pub(super) account: Option<Arc<Account>>,
    /// The account's sign-in, where one was begun ahead.
    pub(super) signing_in: Option<SigningIn>,
    pub(super) method: Method,
    pub(super) target: Target,
    pub(super) headers: HeaderMap,
    pub(super) body: Outgoing,
}

/// How it ended.
pub(crate) struct Ended {
    /// The token that was spent.
    pub(super) token: Option<Arc<AccessToken>>,
    /// Whether it was sent at all: nothing is without a credential.
    pub(super) sent: bool,
    pub(super) reply: Result<Reply, Error>,
}

/// A header, and the token in it.
struct Credential {
    name: HeaderName,
    value: HeaderValue,
    token: Option<Arc<AccessToken>>,
}

impl Exchange {
    /// Signs in, sends once, and waits for the reply.
    pub(super) async fn run(mut self) -> Ended {
        let (mut token, mut spare) = (None, None);
        if let Some(account) = &self.account {
            let signing_in = self.signing_in.take();
            let waits = |signing_in: &SigningIn| signing_in.clone().now_or_never().is_none();
            if signing_in.as_ref().is_some_and(waits) {
                // Nobody has spent the account yet, so nothing is open to where this goes.
                let opening = async { self.tenant.client().open_ahead(&self.target.url) };
                spare = Arc::clone(&self.traffic).charging(opening).await;
            }
            match credential(account, signing_in, &self.tenant, &self.target).await {
                Ok(credential) => {
                    self.headers.insert(credential.name, credential.value);
                    token = credential.token;
                }
                Err(error) => {
                    let reply = Err(match error {
                        SignInError::Refused(text) => Error::SignIn(text),
                        SignInError::Unavailable(text) => Error::Transport(text),
                    });
                    return Ended {
                        token,
                        sent: false,
                        reply,
                    };
                }
            }
        }
        let reply = match spare {
            Some(spare) => spare.lent_to(self.dispatch()).await,
            None => self.dispatch().await,
        };
        Ended {
            token,
            sent: true,
            reply,
        }
    }

    async fn dispatch(self) -> Result<Reply, Error> {
        let Self {
            tenant,
            links,
            traffic,
            method,
            target,
            headers,
            body,
            ..
        } = self;
        let mut request = HttpRequest::new(body);
        *request.uri_mut() = target.url.as_str().parse().map_err(|_| {
            Error::Denied(format!(
                "the request to `{}` is denied: its URL cannot be sent",
                target.origin
            ))
        })?;
        *request.headers_mut() = headers;
        *request.method_mut() = method.clone();
        traffic.send(size(&request))?;
        let sending = tenant.client().send(request, &target.origin);
        let received = Arc::clone(&traffic).charging(sending).await;
        match &received {
            Ok(received) => {
                traffic.answered(received.response.status());
                tracing::debug!(%method, origin = %target.origin, status = received.response.status().as_u16())
            }
            Err(error) => tracing::debug!(%method, origin = %target.origin, %error),
        }
        let idle = tenant.client().idle();
        Reply::receive(received?, target, &links, idle, &traffic).await
    }
}

/// What an account puts into a request to this place: a fixed header's value, or a token.
async fn credential(
    account: &Arc<Account>,
    signing_in: Option<SigningIn>,
    tenant: &Tenant,
    target: &Target,
) -> Result<Credential, SignInError> {
    match account.fixed_header(&target.origin, &target.url).await {
        Some(fixed) => fixed.map(|(name, value)| Credential {
            name,
            value,
            token: None,
        }),
        None => {
            let token = match signing_in {
                Some(signing_in) => signing_in.await?,
                None => account.token(tenant, None).await?,
            };
            Ok(Credential {
                name: header::AUTHORIZATION,
                value: token.header(),
                token: Some(token),
            })
        }
    }
}

/// Bytes of what will be sent, as far as it is the component's.
fn size(request: &HttpRequest<Outgoing>) -> u64 {
    let url = request.uri().to_string().len() as u64;
    (url + header_bytes(request.headers())).saturating_add(request.body().length())
}
