//! Writes a `writeback.toml`, its secret files (0600) and a `job.toml` that work as they are.

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::state::State;

/// The files to hand to the program.
pub(crate) struct ConfigFiles {
    pub config: PathBuf,
    pub job: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Writes the files to the `config` folder of the cloud's folder.
pub(crate) fn write_config(
    state: &State,
    addresses: &[SocketAddr; 4],
    ca_file: Option<&Path>,
) -> anyhow::Result<ConfigFiles> {
    let dir = std::path::absolute(state.dir.join("config"))?;
    fs::create_dir_all(&dir)
        .with_context(|| format!("cannot create the folder `{}`", dir.display()))?;
    let (domo, entra) = (state.domo.default_client(), state.entra.default_app());
    write_secret(&dir.join("domo-secret"), &domo.secret)?;
    write_secret(&dir.join("sharepoint-secret"), &entra.secret)?;
    let [certificate, key] = state.entra.certificate();
    let files = ConfigFiles {
        certificate: dir.join("sharepoint-certificate.pem"),
        key: dir.join("sharepoint-key.pem"),
        config: dir.join("writeback.toml"),
        job: dir.join("job.toml"),
    };
    write(&files.certificate, certificate)?;
    write_secret(&files.key, key)?;
    write(&files.config, &config_text(state, addresses, ca_file))?;
    write(&files.job, &job_text(state))?;
    Ok(files)
}

fn config_text(state: &State, addresses: &[SocketAddr; 4], ca_file: Option<&Path>) -> String {
    let (urls, tenant) = (&state.urls, crate::entra::TENANT);
    let (domo, entra) = (state.domo.default_client().id, state.entra.default_app().id);
    let addresses: Vec<String> = addresses
        .iter()
        .map(|address| format!("\"{address}\""))
        .collect();
    let addresses = addresses.join(", ");
    let ca = ca_file.map_or_else(String::new, |file| {
        format!("ca_file = {:?}\n", file.display().to_string())
    });
    format!(
        r#"# Accounts of a simulated cloud. The secrets are in files beside this one.
[accounts.domo]
kind = "domo"
client_id = "{domo}"
client_secret = {{ file = "domo-secret" }}
[accounts.domo.endpoints]
api = "{}"

[accounts.sharepoint]
kind = "entra"
tenant = "{tenant}"
client_id = "{entra}"
client_secret = {{ file = "sharepoint-secret" }}
hosts = ["contoso.sharepoint.com", "{}"]
[accounts.sharepoint.endpoints]
login = "{}"
graph = "{}/v1.0"

[egress]
allow_addresses = [{addresses}]
{ca}"#,
        urls.domo, urls.upload, urls.login, urls.graph
    )
}

fn job_text(state: &State) -> String {
    let dataset = state
        .domo
        .summaries()
        .into_iter()
        .next()
        .map_or_else(String::new, |dataset| dataset.id);
    format!(
        r#"name = "daily sales"
[domo]
account = "domo"
dataset = "{dataset}"
[sharepoint]
account = "sharepoint"
site = "https://contoso.sharepoint.com/sites/Finance"
library = "Documents"
folder = "Reports/Daily"
filename = {{ custom = "sales.csv" }}
if_exists = "replace"
"#
    )
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))
}

fn write_secret(path: &Path, secret: &str) -> anyhow::Result<()> {
    let _ = fs::remove_file(path);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options
        .open(path)
        .with_context(|| format!("cannot write `{}`", path.display()))?;
    file.write_all(secret.as_bytes())
        .with_context(|| format!("cannot write `{}`", path.display()))
}
