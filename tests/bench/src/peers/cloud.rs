//! The simulated cloud, a process of its own for each cell.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use hyper::Request;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use writeback_bench::model::Scheme;
use writeback_bench::simulated::Simulated;

use super::cells::Plan;
use super::tools::Tools;
use crate::client::{Client, bearer, empty};
use crate::floor::{Place, entra_token};

/// Rows from which the size of one is learnt.
const SAMPLE: u64 = 10_000;

/// A running cloud. It and all it stored are gone when it is dropped.
pub struct Cloud {
    _simulated: Simulated,
    pub folder: TempDir,
    pub place: Place,
    /// A ready configuration of `writeback` for it.
    pub config: PathBuf,
    /// The site that all upload to, into the default library.
    pub site: String,
    pub client: Client,
    pub runtime: Runtime,
    bytes: u64,
    control: String,
}

impl Cloud {
    pub fn start(plan: &Plan, rows: u64, tools: &Tools) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("cell-")
            .tempdir_in(&tools.folder)?;
        let mut command = simulate(tools, folder.path(), rows, plan);
        if plan.latency_ms > 0 {
            command.args(["--latency", &plan.latency_ms.to_string()]);
        }
        let authority = folder.path().join("tls");
        if plan.scheme == Scheme::Https {
            command.arg("--tls").arg(&authority);
        }
        let simulated = Simulated::start(command)?;
        let described = &simulated.described;
        let ca = (plan.scheme == Scheme::Https).then(|| authority.join("ca.pem"));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let mut sites = described["sites"].as_array().into_iter().flatten();
        let site = sites
            .find(|site| site["name"] == "Finance")
            .context("no site `Finance`")?;
        Ok(Self {
            client: Client::new(ca.as_deref())?,
            place: place(described, site, ca)?,
            config: text(&described["config"])?.into(),
            site: text(&site["url"])?,
            bytes: described["datasets"][0]["bytes"]
                .as_u64()
                .context("a DataSet without bytes")?,
            control: text(&described["control"])?,
            folder,
            runtime,
            _simulated: simulated,
        })
    }

    /// Size of the export.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Fails unless the file landed whole, the same as those before it; then it makes room.
    pub fn check_and_delete(&mut self, name: &str, seen: &mut Option<String>) -> Result<()> {
        let bytes = self.bytes;
        let found = self.stored(name)?;
        ensure!(
            found["size"] == bytes,
            "`{name}` has {} bytes where the export has {bytes}",
            found["size"]
        );
        let hash = text(&found["sha256"])?;
        let before = seen.get_or_insert_with(|| hash.clone());
        ensure!(*before == hash, "`{name}` differs from the files before it");
        self.delete(&found)
    }

    /// What the cloud says of a file, hashed from its disk.
    fn stored(&mut self, name: &str) -> Result<Value> {
        let request = Request::get(format!("{}/files", self.control)).body(empty())?;
        let files = self.runtime.block_on(self.client.json(request))?;
        let mut files = files.as_array().into_iter().flatten();
        let found = files.find(|file| {
            file["path"]
                .as_str()
                .is_some_and(|path| path.ends_with(&format!("/{name}")))
        });
        Ok(found
            .with_context(|| format!("`{name}` did not land"))?
            .clone())
    }

    /// Deletes a file with all its versions.
    pub fn delete(&mut self, file: &Value) -> Result<()> {
        let (drive, item) = (text(&file["driveId"])?, text(&file["id"])?);
        let url = format!("{}/drives/{drive}/items/{item}", self.place.graph);
        self.runtime.block_on(async {
            let token = entra_token(&mut self.client, &self.place).await?;
            self.client
                .json(bearer(Request::delete(url), &token).body(empty())?)
                .await?;
            Ok(())
        })
    }

    /// The same for a file that only its name is known of.
    pub fn delete_named(&mut self, name: &str) -> Result<()> {
        let file = self.stored(name)?;
        self.delete(&file)
    }
}

/// How many rows make an export of about the plan's size.
pub fn rows_for(plan: &Plan, tools: &Tools) -> Result<u64> {
    let folder = tempfile::tempdir_in(&tools.folder)?;
    let simulated = Simulated::start(simulate(tools, folder.path(), SAMPLE, plan))?;
    let bytes = simulated.described["datasets"][0]["bytes"]
        .as_u64()
        .context("a DataSet without bytes")?;
    Ok((plan.size * SAMPLE / bytes).max(1))
}

fn simulate(tools: &Tools, folder: &Path, rows: u64, plan: &Plan) -> Command {
    let mut command = Command::new(&tools.writeback);
    command.args(["simulate", "--datasets", "1", "--rows", &rows.to_string()]);
    command.args(["--columns", &plan.rows.columns().to_string()]);
    command.env("TMPDIR", folder);
    command
}

fn place(described: &Value, site: &Value, ca: Option<PathBuf>) -> Result<Place> {
    let client = |name: &str| {
        anyhow::Ok([
            text(&described[name]["id"])?,
            text(&described[name]["secret"])?,
        ])
    };
    Ok(Place {
        domo: text(&described["domo"])?,
        login: text(&described["login"])?,
        graph: text(&described["graph"])?,
        ca,
        dataset: text(&described["datasets"][0]["id"])?,
        tenant: text(&described["tenant"])?,
        drive: text(&site["drive_id"])?,
        domo_client: client("domo_client")?,
        entra_client: client("entra_client")?,
    })
}

fn text(value: &Value) -> Result<String> {
    Ok(value
        .as_str()
        .context("the simulated cloud's description lacks a text")?
        .to_owned())
}
