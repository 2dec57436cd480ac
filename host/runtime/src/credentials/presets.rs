//! What the host knows of Domo and Entra ID: endpoints, methods and how to ask for a token.

use std::path::Path;
use std::sync::Arc;

use http::{HeaderName, Method};
use writeback_oauth::entra;

use super::certificate::CertificateSource;
use super::fixed::FixedHeader;
use super::proof::Proof;
use super::refresh::{Held, Owner};
use super::sign_in::{Grant, SignIn, User};
use super::token::TokenCache;
use super::{Account, Sources};
use crate::config::{AccountConfig, DomoAccount, EntraAccount, EntraSignIn};
use crate::egress::{Endpoint, Origin, Reach, Service};

const DOMO_METHODS: &[Method] = &[Method::GET, Method::POST];
const GRAPH_METHODS: &[Method] = &[
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
];

/// All that a developer token is spent on: who owns a DataSet. Such a token opens the whole instance.
const DOMO_PERMISSIONS: &str = "/api/data/v3/datasources";

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
    state_dir: &Path,
) -> Result<Account, String> {
    let (built, link_fields) = match config {
        AccountConfig::Domo(domo) => (domo_account(domo), &[][..]),
        AccountConfig::Entra(entra) => (entra_account(name, entra, state_dir), GRAPH_LINK_FIELDS),
    };
    let parts = built.map_err(|error| format!("account `{name}`: {error}"))?;
    Ok(Account {
        name: name.to_owned(),
        kind: config.kind(),
        reach: parts.reach,
        hosts: parts.hosts,
        link_fields,
        fixed: parts.fixed,
        sign_in: SignIn {
            grant: parts.grant,
            sources: Arc::clone(sources),
        },
        token: TokenCache::default(),
    })
}

struct Parts {
    reach: Reach,
    hosts: Vec<String>,
    grant: Grant,
    fixed: Option<FixedHeader>,
}

fn domo_account(config: &DomoAccount) -> Result<Parts, String> {
    let api = Endpoint::parse(config.endpoints.api())?;
    let token_url = format!("{}/oauth/token", api.url());
    let mut services = vec![Service {
        name: "api",
        endpoint: api,
        methods: DOMO_METHODS,
    }];
    let fixed = config.developer_token.as_ref().map(|source| FixedHeader {
        service: "instance",
        name: HeaderName::from_static("x-domo-developer-token"),
        key: "developer_token",
        source: source.clone(),
    });
    if let (Some(url), Some(_)) = (config.instance_url(), &fixed) {
        services.push(Service {
            name: "instance",
            endpoint: Endpoint::parse(&format!("{url}{DOMO_PERMISSIONS}"))?,
            methods: &[Method::GET],
        });
    }
    let client = writeback_oauth::domo::Client {
        token_url,
        id: config.client_id.clone(),
        scope: config.scope.clone(),
    };
    Ok(Parts {
        reach: Reach {
            services,
            token_endpoint: Endpoint::parse(&client.token_url)?,
            hosts: Vec::new(),
        },
        hosts: Vec::new(),
        grant: Grant::Domo {
            client,
            secret: config.client_secret.clone(),
        },
        fixed,
    })
}

fn entra_account(name: &str, config: &EntraAccount, state_dir: &Path) -> Result<Parts, String> {
    let login = Endpoint::parse(config.login())?;
    let directory = format!("{}/{}/oauth2/v2.0", login.url(), config.tenant);
    let scope = config.cloud.graph_scope();
    let client = |scope: String| entra::Client {
        token_url: format!("{directory}/token"),
        id: config.client_id.clone(),
        scope,
    };
    let grant = match config.sign_in {
        EntraSignIn::App => Grant::App {
            client: client(scope.to_owned()),
            proof: proof(config),
        },
        EntraSignIn::User => Grant::User(Box::new(User {
            client: client(format!("{scope} offline_access")),
            proof: proof(config),
            held: Held::new(state_dir, name, owner(config)),
            device_url: format!("{directory}/devicecode"),
            authorize_url: format!("{directory}/authorize"),
        })),
    };
    let hosts = config.hosts.iter().map(|host| Origin::from_host(host));
    let reach = Reach {
        services: vec![Service {
            name: "graph",
            endpoint: Endpoint::parse(config.graph())?,
            methods: GRAPH_METHODS,
        }],
        token_endpoint: Endpoint::parse(&directory)?,
        hosts: hosts.collect::<Result<_, _>>()?,
    };
    Ok(Parts {
        reach,
        hosts: config.hosts.clone(),
        grant,
        fixed: None,
    })
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
