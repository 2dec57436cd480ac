//! What is known of Domo and Entra ID without asking them: endpoints, methods, and the members of replies
//! that are credentials themselves.

use std::fmt;
use std::net::SocketAddr;

use http::{HeaderName, Method};

use crate::config::{AccountConfig, DomoAccount, EntraAccount, nearest};
use crate::origin::{Endpoint, Origin};
use crate::target::{Reach, Service};

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

/// Renewals of its token that a component may ask for, each account and run.
pub const RENEWALS: u32 = 2;

/// An account's name, and where it may be spent. Its credential is kept elsewhere.
pub struct Binding {
    /// The name that jobs give it.
    pub name: String,
    /// `domo` or `entra`.
    pub kind: &'static str,
    /// Its services and its token endpoint.
    pub reach: Reach,
    /// The entries of `hosts`, as configured.
    pub hosts: Vec<String>,
    /// Members of JSON replies that hold pre-authenticated URLs.
    pub link_fields: &'static [&'static str],
    /// The service that takes a value of its own instead of an access token.
    pub fixed: Option<FixedService>,
}

/// A service that a header opens whose value never changes.
#[derive(Clone)]
pub struct FixedService {
    /// The service's name.
    pub service: &'static str,
    /// The header, which only the host may set.
    pub header: HeaderName,
    /// Where the configuration names the value's source.
    pub key: &'static str,
}

impl fmt::Debug for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Binding")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl Binding {
    /// What a configuration binds the account `name` to.
    ///
    /// # Errors
    /// An endpoint or host that cannot be read.
    pub fn new(name: &str, config: &AccountConfig) -> Result<Self, String> {
        let built = match config {
            AccountConfig::Domo(domo) => domo_binding(name, domo),
            AccountConfig::Entra(entra) => entra_binding(name, entra),
        };
        built.map_err(|error| format!("account `{name}`: {error}"))
    }

    /// The base URL of a service, without a trailing slash.
    ///
    /// # Errors
    /// Where the account has none of this name.
    pub fn endpoint(&self, service: &str) -> Result<String, String> {
        let known = self.reach.services.iter().find(|one| one.name == service);
        known.map(|service| service.endpoint.url()).ok_or_else(|| {
            format!(
                "account `{}` (kind `{}`) has no service `{service}`",
                self.name, self.kind
            )
        })
    }

    /// The service at a URL that takes a value of its own, where it is one.
    #[must_use]
    pub fn fixed_at(&self, origin: &Origin, path: &str) -> Option<&FixedService> {
        let fixed = self.fixed.as_ref()?;
        let opens = |service: &Service| {
            service.name == fixed.service && service.endpoint.contains(origin, path)
        };
        self.reach.services.iter().any(opens).then_some(fixed)
    }

    /// Whether only the host may set this header, besides those that it always owns.
    #[must_use]
    pub fn owns_header(&self, name: &HeaderName) -> bool {
        self.fixed
            .as_ref()
            .is_some_and(|fixed| fixed.header == name)
    }

    /// Whether every origin that the account's credentials or links go to is https, or at one of the exempt
    /// addresses.
    ///
    /// # Errors
    /// The first that is neither.
    pub fn check_schemes(&self, exempt: &[SocketAddr]) -> Result<(), String> {
        let services = self.reach.services.iter();
        let mut origins = services
            .map(|service| service.endpoint.origin())
            .chain([self.reach.token_endpoint.origin()])
            .chain(&self.reach.hosts);
        let checked = origins.try_for_each(|origin| origin.check_scheme(exempt));
        checked.map_err(|why| format!("account `{}`: {why}", self.name))
    }

    /// What a component is told that has had all its [`RENEWALS`].
    #[must_use]
    pub fn renewed_enough(&self) -> String {
        format!(
            "account `{}` was signed in again {RENEWALS} times in this run already",
            self.name
        )
    }
}

/// What is said of an account that the configuration does not have.
#[must_use]
pub fn unknown_account<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(name, known) {
        Some(near) => {
            format!("account `{name}` is not in the configuration, did you mean `{near}`?")
        }
        None => {
            format!("account `{name}` is not in the configuration\nhint: add `[accounts.{name}]`")
        }
    }
}

fn domo_binding(name: &str, config: &DomoAccount) -> Result<Binding, String> {
    let api = Endpoint::parse(config.endpoints.api())?;
    let token_endpoint = Endpoint::parse(&format!("{}/oauth/token", api.url()))?;
    let mut services = vec![Service {
        name: "api",
        endpoint: api,
        methods: DOMO_METHODS,
    }];
    let fixed = config.developer_token.as_ref().map(|_| FixedService {
        service: "instance",
        header: HeaderName::from_static("x-domo-developer-token"),
        key: "developer_token",
    });
    if let (Some(url), Some(_)) = (config.instance_url(), &fixed) {
        services.push(Service {
            name: "instance",
            endpoint: Endpoint::parse(&format!("{url}{DOMO_PERMISSIONS}"))?,
            methods: &[Method::GET],
        });
    }
    Ok(Binding {
        name: name.to_owned(),
        kind: "domo",
        reach: Reach {
            services,
            token_endpoint,
            hosts: Vec::new(),
        },
        hosts: Vec::new(),
        link_fields: &[],
        fixed,
    })
}

fn entra_binding(name: &str, config: &EntraAccount) -> Result<Binding, String> {
    let login = Endpoint::parse(config.login())?;
    let directory = format!("{}/{}/oauth2/v2.0", login.url(), config.tenant);
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
    Ok(Binding {
        name: name.to_owned(),
        kind: "entra",
        reach,
        hosts: config.hosts.clone(),
        link_fields: GRAPH_LINK_FIELDS,
        fixed: None,
    })
}

#[cfg(test)]
pub(crate) fn test_binding() -> Binding {
    let config = EntraAccount {
        tenant: "contoso.onmicrosoft.com".to_owned(),
        client_id: "app".to_owned(),
        hosts: vec!["contoso.sharepoint.com".to_owned()],
        ..EntraAccount::default()
    };
    Binding::new("sharepoint", &AccountConfig::Entra(config)).unwrap()
}
