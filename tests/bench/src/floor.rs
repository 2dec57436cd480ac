//! The floor: what moving the bytes costs when nothing else is done. Sign in twice, export to a file, upload that file.
//! It counts no rows, hashes nothing, verifies nothing, retries nothing and knows no sandbox.

mod export;
mod upload;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use clap::Args;
use hyper::Request;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::{Client, empty, full};

pub use export::drop_all;
pub use upload::{Source, upload};

/// What the process is started with.
#[derive(Args)]
pub struct Task {
    /// A JSON file: where everything is
    place: PathBuf,
    /// Name of the file in SharePoint
    name: String,
    /// The file on disk that it passes through
    spool: PathBuf,
}

/// Where a DataSet is and where it goes, with what opens both. It holds secrets, so it is never shown.
#[derive(Clone, Serialize, Deserialize)]
pub struct Place {
    /// Base URL of Domo's API.
    pub domo: String,
    /// Base URL of Entra ID's login.
    pub login: String,
    /// Base URL of Graph, with its version.
    pub graph: String,
    /// The certificate authority to trust.
    pub ca: Option<PathBuf>,
    /// The DataSet.
    pub dataset: String,
    /// The directory.
    pub tenant: String,
    /// The document library.
    pub drive: String,
    /// Domo's client id and secret.
    pub domo_client: [String; 2],
    /// Entra's client id and secret.
    pub entra_client: [String; 2],
}

/// Does it once.
pub fn run(task: &Task) -> Result<()> {
    let text = std::fs::read(&task.place)
        .with_context(|| format!("cannot read `{}`", task.place.display()))?;
    let place: Place = serde_json::from_slice(&text)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut client = Client::new(place.ca.as_deref())?;
        let token = domo_token(&mut client, &place).await?;
        let size = export::to_disk(&mut client, &place, &token, &task.spool).await?;
        let token = entra_token(&mut client, &place).await?;
        let source = Source::File(task.spool.clone());
        upload(&mut client, &place, &token, &task.name, size, &source).await?;
        std::fs::remove_file(&task.spool)?;
        Ok(())
    })
}

/// Signs in to Domo.
pub async fn domo_token(client: &mut Client, place: &Place) -> Result<String> {
    let [id, secret] = &place.domo_client;
    let request = Request::get(format!(
        "{}/oauth/token?grant_type=client_credentials",
        place.domo
    ));
    let request = request.header(
        AUTHORIZATION,
        format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{secret}"))),
    );
    token(client.json(request.body(empty())?).await?)
}

/// Signs in to Entra ID.
pub async fn entra_token(client: &mut Client, place: &Place) -> Result<String> {
    let [id, secret] = &place.entra_client;
    let form = format!(
        "grant_type=client_credentials&client_id={id}&client_secret={secret}&scope={}",
        "https%3A%2F%2Fgraph.microsoft.com%2F.default"
    );
    let request = Request::post(format!(
        "{}/{}/oauth2/v2.0/token",
        place.login, place.tenant
    ));
    let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    token(client.json(request.body(full(form))?).await?)
}

fn token(reply: Value) -> Result<String> {
    let token = reply["access_token"].as_str();
    Ok(token
        .context("the reply to a sign-in has no token")?
        .to_owned())
}
