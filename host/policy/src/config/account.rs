//! The kinds of account, and the endpoints of each cloud.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SecretSource;

/// An account that jobs name and the component spends.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AccountConfig {
    /// A Domo API client.
    Domo(DomoAccount),
    /// An app registration in Entra ID, signing in as itself or for a user.
    Entra(EntraAccount),
}

impl AccountConfig {
    /// The word that `kind` has in the configuration.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Domo(_) => "domo",
            Self::Entra(_) => "entra",
        }
    }

    /// Where its secrets are, each with its key.
    #[must_use]
    pub fn secrets(&self) -> Vec<(&'static str, &SecretSource)> {
        let given = match self {
            Self::Domo(domo) => vec![
                ("client_secret", Some(&domo.client_secret)),
                ("developer_token", domo.developer_token.as_ref()),
            ],
            Self::Entra(entra) => vec![
                ("client_secret", entra.client_secret.as_ref()),
                ("certificate", entra.certificate.as_ref()),
                ("private_key", entra.private_key.as_ref()),
                ("certificate_password", entra.certificate_password.as_ref()),
            ],
        };
        let given = given.into_iter();
        given
            .filter_map(|(key, source)| Some((key, source?)))
            .collect()
    }
}

/// A Domo API client (Admin > Authentication > API Clients).
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DomoAccount {
    /// The API client's id.
    pub client_id: String,
    /// The API client's secret.
    pub client_secret: SecretSource,
    /// Scopes to ask for. Empty asks for all that the client has.
    #[serde(default)]
    pub scope: Vec<String>,
    /// The company's Domo: `acme` or `acme.domo.com`. With `developer_token` alone: its list of
    /// owners and co-owners is read there.
    #[serde(default)]
    pub instance: Option<String>,
    /// A developer access token of the instance (Admin > Authentication > Access tokens).
    #[serde(default)]
    pub developer_token: Option<SecretSource>,
    /// Base URLs, where they differ from the public ones.
    #[serde(default)]
    pub endpoints: DomoEndpoints,
}

/// Base URLs of Domo.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct DomoEndpoints {
    /// Default: `https://api.domo.com`.
    pub api: Option<String>,
    /// Default: `https://` and the account's `instance`.
    pub instance: Option<String>,
}

impl DomoAccount {
    /// An API client with nothing else said.
    #[must_use]
    pub fn new(client_id: impl Into<String>, client_secret: SecretSource) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret,
            scope: Vec::new(),
            instance: None,
            developer_token: None,
            endpoints: DomoEndpoints::default(),
        }
    }

    /// Base URL of the company's Domo, where the account names one.
    #[must_use]
    pub fn instance_url(&self) -> Option<String> {
        let instance = self.instance.as_deref()?;
        let usual = match instance.contains('.') {
            true => format!("https://{instance}"),
            false => format!("https://{instance}.domo.com"),
        };
        Some(self.endpoints.instance.clone().unwrap_or(usual))
    }
}

impl DomoEndpoints {
    /// The API's base URL.
    #[must_use]
    pub fn api(&self) -> &str {
        self.api.as_deref().unwrap_or("https://api.domo.com")
    }
}

/// An app registration in Entra ID.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct EntraAccount {
    /// The directory: its id, or one of its domain names.
    pub tenant: String,
    /// The Application (client) ID. Domo's connector labels this field "Secret ID".
    pub client_id: String,
    /// For whom the account acts.
    #[serde(default)]
    pub sign_in: EntraSignIn,
    /// The client secret's *Value*, not its Secret ID. Domo's connector labels this field "Value".
    /// An app proves who it is by this, by `certificate` or by `federated_token`; for a user, an
    /// app that is registered as a public client needs none of them.
    #[serde(default)]
    pub client_secret: Option<SecretSource>,
    /// A certificate of the app registration: PEM, or PFX (PKCS #12).
    #[serde(default)]
    pub certificate: Option<SecretSource>,
    /// The certificate's RSA key in PEM, where it is not in `certificate`.
    #[serde(default)]
    pub private_key: Option<SecretSource>,
    /// The password of a PFX. Absent: the empty one.
    #[serde(default)]
    pub certificate_password: Option<SecretSource>,
    /// A file with an assertion of an issuer that the app trusts (workload identity federation),
    /// read anew at each sign-in.
    #[serde(default)]
    pub federated_token: Option<PathBuf>,
    /// The cloud that the tenant lives in.
    #[serde(default)]
    pub cloud: Cloud,
    /// Where pre-authenticated links may lead: `host`, `host:port` or a full origin. No wildcards.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Base URLs, where they differ from the cloud's.
    #[serde(default)]
    pub endpoints: EntraEndpoints,
}

impl EntraAccount {
    /// An app registration with nothing else said: it has no proof of itself yet.
    #[must_use]
    pub fn new(tenant: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self {
            tenant: tenant.into(),
            client_id: client_id.into(),
            ..Self::default()
        }
    }

    /// Base URL of the sign-in service.
    #[must_use]
    pub fn login(&self) -> &str {
        self.endpoints
            .login
            .as_deref()
            .unwrap_or(self.cloud.login())
    }

    /// Base URL of Microsoft Graph, version segment included.
    #[must_use]
    pub fn graph(&self) -> &str {
        self.endpoints
            .graph
            .as_deref()
            .unwrap_or(self.cloud.graph())
    }
}

/// For whom an account acts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EntraSignIn {
    /// For the app itself: application permissions.
    #[default]
    App,
    /// For the user who signed in with `writeback account login`: delegated permissions.
    User,
}

/// Base URLs of Entra ID and Microsoft Graph.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct EntraEndpoints {
    /// The sign-in service. Default: the cloud's, such as `https://login.microsoftonline.com`.
    pub login: Option<String>,
    /// Microsoft Graph with its version. Default: the cloud's, such as `https://graph.microsoft.com/v1.0`.
    pub graph: Option<String>,
}

/// Microsoft's clouds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Cloud {
    /// The public cloud, GCC included.
    #[default]
    Global,
    /// US Government, L4.
    GccHigh,
    /// US Department of Defense, L5.
    Dod,
    /// Operated by 21Vianet.
    China,
}

impl Cloud {
    pub(super) const NAMES: [(&'static str, Self); 4] = [
        ("global", Self::Global),
        ("gcc-high", Self::GccHigh),
        ("dod", Self::Dod),
        ("china", Self::China),
    ];

    /// Microsoft Graph "National cloud deployments". For China, Microsoft's pages disagree
    /// (`login.partner.microsoftonline.cn`): `endpoints.login` overrides.
    fn login(self) -> &'static str {
        match self {
            Self::Global => "https://login.microsoftonline.com",
            Self::GccHigh | Self::Dod => "https://login.microsoftonline.us",
            Self::China => "https://login.chinacloudapi.cn",
        }
    }

    fn graph(self) -> &'static str {
        match self {
            Self::Global => "https://graph.microsoft.com/v1.0",
            Self::GccHigh => "https://graph.microsoft.us/v1.0",
            Self::Dod => "https://dod-graph.microsoft.us/v1.0",
            Self::China => "https://microsoftgraph.chinacloudapi.cn/v1.0",
        }
    }

    /// What an access token for Microsoft Graph is asked for: it belongs to the cloud, whatever
    /// address Graph is reached at.
    #[doc(hidden)]
    #[must_use]
    pub fn graph_scope(self) -> &'static str {
        match self {
            Self::Global => "https://graph.microsoft.com/.default",
            Self::GccHigh => "https://graph.microsoft.us/.default",
            Self::Dod => "https://dod-graph.microsoft.us/.default",
            Self::China => "https://microsoftgraph.chinacloudapi.cn/.default",
        }
    }
}
