//! What the host knows of Domo and Entra ID: endpoints, methods and how to ask for a token.

use std::sync::Arc;

use http::Method;
use tokio::sync::Mutex;

use super::Account;
use super::sign_in::{Grant, SignIn};
use super::source::Sources;
use crate::config::{AccountConfig, DomoAccount, EntraAccount};
use crate::egress::{Endpoint, Origin, Reach, Service};

const DOMO_METHODS: &[Method] = &[Method::GET, Method::POST];
const GRAPH_METHODS: &[Method] = &[
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
];

/// Upload sessions and driveItems (Microsoft Graph, "uploadSession" and "driveItem" resources).
const GRAPH_LINK_FIELDS: &[&str] = &[
    "uploadUrl",
    "@microsoft.graph.downloadUrl",
    "@content.downloadUrl",
];

pub(super) fn account(
    name: &str,
    config: &AccountConfig,
    sources: &Arc<Sources>,
) -> Result<Account, String> {
    let (built, link_fields) = match config {
        AccountConfig::Domo(domo) => (domo_account(domo, sources), &[][..]),
        AccountConfig::Entra(entra) => (entra_account(entra, sources), GRAPH_LINK_FIELDS),
    };
    let (reach, hosts, sign_in) = built.map_err(|error| format!("account `{name}`: {error}"))?;
    Ok(Account {
        name: name.to_owned(),
        kind: config.kind(),
        reach,
        hosts,
        link_fields,
        sign_in,
        token: Mutex::new(None),
    })
}

type Parts = (Reach, Vec<String>, SignIn);

fn domo_account(config: &DomoAccount, sources: &Arc<Sources>) -> Result<Parts, String> {
    let api = Endpoint::parse(config.endpoints.api())?;
    let token_url = format!("{}/oauth/token", api.url());
    let reach = Reach {
        services: vec![Service {
            name: "api",
            endpoint: api,
            methods: DOMO_METHODS,
        }],
        token_endpoint: Endpoint::parse(&token_url)?,
        hosts: Vec::new(),
    };
    let client = writeback_oauth::domo::Client {
        token_url,
        id: config.client_id.clone(),
        scope: config.scope.clone(),
    };
    Ok((
        reach,
        Vec::new(),
        SignIn {
            grant: Grant::Domo(client),
            secret: config.client_secret.clone(),
            sources: Arc::clone(sources),
        },
    ))
}

fn entra_account(config: &EntraAccount, sources: &Arc<Sources>) -> Result<Parts, String> {
    let login = Endpoint::parse(config.login())?;
    let token_url = format!("{}/{}/oauth2/v2.0/token", login.url(), config.tenant);
    let hosts = config
        .hosts
        .iter()
        .map(|host| Origin::from_host(host))
        .collect::<Result<_, _>>()?;
    let reach = Reach {
        services: vec![Service {
            name: "graph",
            endpoint: Endpoint::parse(config.graph())?,
            methods: GRAPH_METHODS,
        }],
        token_endpoint: Endpoint::parse(&token_url)?,
        hosts,
    };
    let client = writeback_oauth::entra::Client {
        token_url,
        id: config.client_id.clone(),
        scope: config.cloud.graph_scope().to_owned(),
    };
    Ok((
        reach,
        config.hosts.clone(),
        SignIn {
            grant: Grant::Entra(client),
            secret: config.client_secret.clone(),
            sources: Arc::clone(sources),
        },
    ))
}
