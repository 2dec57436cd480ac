//! What a client needs to use the cloud, as one JSON object.

use std::path::PathBuf;

use serde::Serialize;

use crate::state::State;

/// Everything a client needs. The secrets in it open nothing but this cloud.
#[derive(Clone, Debug, Serialize)]
pub struct Description {
    /// Base URL of Domo's API.
    pub domo: String,
    /// Base URL of Entra's login.
    pub login: String,
    /// Base URL of Graph, version segment included.
    pub graph: String,
    /// Origin of upload and download URLs.
    pub upload: String,
    /// Base of the test controls: `/_sim/files`, `/_sim/requests`, `/_sim/faults`.
    pub control: String,
    /// The tenant's name.
    pub tenant: String,
    /// The Domo client of the ready configuration: it owns the DataSets.
    pub domo_client: ClientCredentials,
    /// A developer token of the company's Domo, which is served at the same base URL.
    pub domo_developer_token: String,
    /// The Entra app of the ready configuration: `Sites.ReadWrite.All`.
    pub entra_client: ClientCredentials,
    /// The certificate with which that app may sign in instead.
    pub entra_certificate: CertificateFiles,
    /// Other Domo clients, for tests of ownership and sign-in.
    pub other_domo_clients: Vec<NamedClient>,
    /// Other Entra apps, for tests of permissions and sign-in.
    pub other_entra_clients: Vec<NamedClient>,
    /// All DataSets, the special ones last.
    pub datasets: Vec<DatasetSummary>,
    /// All sites.
    pub sites: Vec<SiteSummary>,
    /// A ready `writeback.toml`.
    pub config: PathBuf,
    /// A ready `job.toml` beside it.
    pub job: PathBuf,
}

/// A client id and its secret.
#[derive(Clone, Debug, Serialize)]
pub struct ClientCredentials {
    /// Client id.
    pub id: String,
    /// Client secret.
    pub secret: String,
}

/// A certificate and its key.
#[derive(Clone, Debug, Serialize)]
pub struct CertificateFiles {
    /// PEM.
    pub certificate: PathBuf,
    /// PEM of PKCS #8, an RSA key.
    pub key: PathBuf,
}

/// A client and what is special about it.
#[derive(Clone, Debug, Serialize)]
pub struct NamedClient {
    /// Such as `participant` or `sites-selected`.
    pub name: String,
    /// Client id.
    pub id: String,
    /// Client secret.
    pub secret: String,
}

/// One DataSet.
#[derive(Clone, Debug, Serialize)]
pub struct DatasetSummary {
    /// GUID.
    pub id: String,
    /// Name in Domo.
    pub name: String,
    /// Rows.
    pub rows: u64,
    /// Bytes of an export with its header.
    pub bytes: u64,
    /// What is special about it (`plain` when nothing is): `empty`, `pdp`, `deleted`, ...
    pub kind: String,
}

/// One site.
#[derive(Clone, Debug, Serialize)]
pub struct SiteSummary {
    /// Display name.
    pub name: String,
    /// `webUrl`.
    pub url: String,
    /// `host,guid,guid`.
    pub id: String,
    /// The default library's drive.
    pub drive_id: String,
}

impl Description {
    pub(crate) fn new(state: &State, config: crate::config::ConfigFiles) -> Self {
        let urls = &state.urls;
        Self {
            domo: urls.domo.clone(),
            login: urls.login.clone(),
            graph: format!("{}/v1.0", urls.graph),
            upload: urls.upload.clone(),
            control: format!("{}/_sim", urls.domo),
            tenant: crate::entra::TENANT.to_owned(),
            domo_client: state.domo.default_client(),
            domo_developer_token: state.domo.developer_token(),
            entra_client: state.entra.default_app(),
            entra_certificate: CertificateFiles {
                certificate: config.certificate,
                key: config.key,
            },
            other_domo_clients: state.domo.other_clients(),
            other_entra_clients: state.entra.other_apps(),
            datasets: state.domo.summaries(),
            sites: state.graph.sites(),
            config: config.config,
            job: config.job,
        }
    }
}
