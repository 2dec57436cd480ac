//! How each kind of account asks for a token. Where it may be spent is the policy's to say.

use std::path::Path;
use std::sync::Arc;

use writeback_oauth::{domo, entra};
use writeback_policy::Binding;

use super::certificate::CertificateSource;
use super::fixed::FixedHeader;
use super::proof::Proof;
use super::refresh::{Held, Owner};
use super::rows::Rows;
use super::sign_in::{Grant, SignIn, User};
use super::token::TokenCache;
use super::{Account, SecretSources};
use crate::config::{AccountConfig, DomoAccount, EntraAccount, EntraSignIn};

pub(super) fn account(
    name: &str,
    config: &AccountConfig,
    sources: &Arc<SecretSources>,
    state_dir: &Path,
) -> Result<Account, String> {
    let binding = Arc::new(Binding::new(name, config)?);
    let (grant, fixed, rows) = match config {
        AccountConfig::Domo(domo) => (
            domo_grant(domo, &binding),
            fixed_header(domo, &binding),
            Some(Rows::of_domo(&binding)?),
        ),
        AccountConfig::Entra(entra) => (entra_grant(entra, &binding, state_dir), None, None),
        other => {
            return Err(format!(
                "account `{name}`: kind `{}` is not known",
                other.kind()
            ));
        }
    };
    Ok(Account {
        binding,
        fixed,
        rows,
        sign_in: SignIn {
            grant,
            sources: Arc::clone(sources),
        },
        token: TokenCache::default(),
    })
}

fn domo_grant(config: &DomoAccount, binding: &Binding) -> Grant {
    Grant::Domo {
        client: domo::Client {
            token_url: binding.reach.token_endpoint.url(),
            id: config.client_id.clone(),
            scope: config.scope.clone(),
        },
        secret: config.client_secret.clone(),
    }
}

fn fixed_header(config: &DomoAccount, binding: &Binding) -> Option<FixedHeader> {
    Some(FixedHeader {
        key: binding.fixed.as_ref()?.key,
        source: config.developer_token.clone()?,
    })
}

fn entra_grant(config: &EntraAccount, binding: &Binding, state_dir: &Path) -> Grant {
    let directory = binding.reach.token_endpoint.url();
    let scope = config.cloud.graph_scope();
    let client = |scope: String| entra::Client {
        token_url: format!("{directory}/token"),
        id: config.client_id.clone(),
        scope,
    };
    match config.sign_in {
        EntraSignIn::User => Grant::User(Box::new(User {
            client: client(format!("{scope} offline_access")),
            proof: proof(config),
            held: Held::new(state_dir, &binding.name, owner(config)),
            device_url: format!("{directory}/devicecode"),
            authorize_url: format!("{directory}/authorize"),
        })),
        _ => Grant::App {
            client: client(scope.to_owned()),
            proof: proof(config),
        },
    }
}

fn proof(config: &EntraAccount) -> Proof {
    let (secret, certificate) = (&config.client_secret, &config.certificate);
    match (secret, certificate, &config.federated_token) {
        (Some(secret), _, _) => Proof::Secret(secret.clone()),
        (_, Some(certificate), _) => Proof::Certificate(CertificateSource {
            certificate: certificate.clone(),
            private_key: config.private_key.clone(),
            password: config.certificate_password.clone(),
        }),
        (_, _, Some(path)) => Proof::Federated(path.clone()),
        _ => Proof::Public,
    }
}

fn owner(config: &EntraAccount) -> Owner {
    Owner {
        tenant: config.tenant.clone(),
        client_id: config.client_id.clone(),
    }
}
