//! rclone, fed by curl. There is no shell: this plays it, for nothing.

use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use serde_json::Value;
use writeback_bench::model::Run;

use super::{Stage, timed};
use crate::peers::process::{Started, Usage, start, wait};

/// Its fragments; the default is 10 MiB. Without latency 10, 20, 30, 40 and 50 MiB took the same time for 300 MB; with latency
/// each fragment costs a round trip, so the largest of them serves it best.
const CHUNK: &str = "50M";

impl Stage<'_> {
    pub(super) fn rclone(&self) -> Result<Run> {
        // A new one each time: rclone writes its token there, which is over by the next run of a job.
        fs::write(self.folder.join("rclone.conf"), self.configuration())?;
        let place = &self.cloud.place;
        let [id, secret] = &place.domo_client;
        let sign_in = format!("{}/oauth/token?grant_type=client_credentials", place.domo);
        let export = format!(
            "{}/v1/datasets/{}/data?includeHeader=true",
            place.domo, place.dataset
        );
        timed(|| {
            let (used, token) =
                self.token(self.curl(&sign_in, &format!("user = \"{id}:{secret}\""))?)?;
            let header = format!(
                "header = \"Authorization: Bearer {token}\"\nheader = \"Accept: text/csv\""
            );
            Ok(used.then(self.pipe(self.curl(&export, &header)?)?))
        })
    }

    /// Starts curl. Secrets are in a file and not among its arguments.
    fn curl(&self, url: &str, settings: &str) -> Result<Started> {
        let config = self.folder.join("curl.conf");
        fs::write(&config, settings)?;
        let mut command = Command::new("curl");
        command
            .args(["--silent", "--show-error", "--fail", "--config"])
            .arg(&config);
        if let Some(ca) = &self.cloud.place.ca {
            command.arg("--cacert").arg(ca);
        }
        command.arg(url).stdin(Stdio::null()).stdout(Stdio::piped());
        start(&mut command, self.folder.join("curl.said"))
    }

    fn token(&self, mut curl: Started) -> Result<(Usage, String)> {
        let mut reply = String::new();
        let output = curl.child.stdout.take().context("curl without an output")?;
        { output }.read_to_string(&mut reply)?;
        let used = wait(curl)?;
        let reply: Value = serde_json::from_str(&reply)?;
        Ok((
            used,
            reply["access_token"]
                .as_str()
                .context("no token")?
                .to_owned(),
        ))
    }

    fn pipe(&self, mut curl: Started) -> Result<Usage> {
        let mut command = Command::new(&self.tools.rclone);
        command
            .arg("--config")
            .arg(self.folder.join("rclone.conf"))
            .arg("--cache-dir")
            .arg(self.folder);
        if let Some(ca) = &self.cloud.place.ca {
            command.arg("--ca-cert").arg(ca);
        }
        command
            .arg("rcat")
            .arg(format!("cloud:{}", self.file))
            .env("TMPDIR", self.folder);
        command
            .stdin(curl.child.stdout.take().context("curl without an output")?)
            .stdout(Stdio::null());
        let rclone = start(&mut command, self.folder.join("rclone.said"))?;
        // Its own end of the pipe goes with it.
        drop(command);
        match (wait(rclone), wait(curl)) {
            (Ok(rclone), Ok(curl)) => Ok(curl.beside(rclone)),
            // Either may have failed because of the other.
            (Err(rclone), Err(curl)) => Err(rclone.context(curl.to_string())),
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    }

    fn configuration(&self) -> String {
        let place = &self.cloud.place;
        let login = format!("{}/{}/oauth2/v2.0", place.login, place.tenant);
        let [id, secret] = &place.entra_client;
        format!(
            "[cloud]\ntype = onedrive\nclient_credentials = true\ndrive_type = documentLibrary\n\
             tenant_url = {graph}/x\ntoken_url = {login}/token\nauth_url = {login}/authorize\n\
             client_id = {id}\nclient_secret = {secret}\ntenant = {tenant}\ndrive_id = {drive}\nchunk_size = {CHUNK}\n",
            graph = place.graph.trim_end_matches("/v1.0"),
            tenant = place.tenant,
            drive = place.drive,
        )
    }
}
