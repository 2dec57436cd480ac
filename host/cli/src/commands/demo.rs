//! `demo`: a simulated cloud on loopback, one real job through the real sandbox, and the proof that the file is whole.
//! Writes nothing outside a temporary folder, which it removes.

use serde_json::json;
use tempfile::TempDir;
use writeback_cloud::graph::StoredFile;
use writeback_cloud::{Cloud, Description, Options};

use super::run::{print, receipt_of};
use crate::cli::Demo;
use crate::config;
use crate::error::Error;
use crate::exit::Exit;
use crate::interrupt::stop_on_signal;
use crate::job::Job;
use crate::render::paint::{Paint, Tone};
use crate::render::receipt::Receipt;
use crate::render::units::{bytes, counted, grouped};
use crate::sandbox::Sandbox;
use crate::settings::{Settings, Talk};

/// Starts the cloud, runs the job, compares.
pub async fn demo(arguments: &Demo, settings: &Settings) -> Result<Exit, Error> {
    let (folder, cloud) = simulated(arguments.rows).await?;
    let mut config = config::load(&cloud.description().config)?;
    config.state.dir = Some(folder.path().join("state"));
    say(
        settings,
        &introduction(cloud.description(), settings.stderr),
    );
    let cancel = stop_on_signal(settings)?;
    let sandbox = Sandbox::open(config, settings).await?;
    let ended = receipt_of(
        &sandbox,
        &job(cloud.description())?,
        None,
        settings,
        &cancel,
    )
    .await?;
    print(&ended, arguments.report, settings)?;
    let proof = prove(&ended.receipt, &cloud, settings.stderr)?;
    say(settings, &proof);
    say(settings, &next_steps(settings.stderr));
    cloud.stop().await;
    Ok(Exit::Done)
}

/// A simulated cloud in a temporary folder, which goes when it is dropped.
pub async fn simulated(rows: u64) -> Result<(TempDir, Cloud), Error> {
    let folder = tempfile::Builder::new().prefix("writeback-demo-").tempdir();
    let folder =
        folder.map_err(|cause| Error::failed("cannot make a temporary folder").because(&cause))?;
    let options = Options {
        rows,
        data: Some(folder.path().join("cloud")),
        ..Options::default()
    };
    let cloud = Cloud::start(options).await.map_err(|cause| {
        Error::failed("cannot start the simulated cloud").because(cause.as_ref())
    })?;
    Ok((folder, cloud))
}

fn say(settings: &Settings, text: &str) {
    if settings.talk > Talk::Quiet {
        eprint!("{text}");
    }
}

fn introduction(cloud: &Description, paint: Paint) -> String {
    let (rows, size) = cloud
        .datasets
        .first()
        .map_or((0, 0), |dataset| (dataset.rows, dataset.bytes));
    format!(
        "{}\n  Domo        {}\n  Entra ID    {}\n  Graph       {}\n  SharePoint  {}\n\
         A DataSet of {} ({}) now goes from one to the other: over real HTTP, by the real connector, inside its sandbox.\n\n",
        paint.tone(Tone::Strong, "A simulated cloud serves on this machine."),
        cloud.domo,
        cloud.login,
        cloud.graph,
        cloud.upload,
        counted(rows, "row", "rows"),
        bytes(size),
    )
}

fn job(cloud: &Description) -> Result<Job, Error> {
    let finance = cloud.sites.iter().find(|site| site.name == "Finance");
    let (Some(dataset), Some(site)) = (cloud.datasets.first(), finance) else {
        return Err(Error::failed(
            "the simulated cloud has no DataSet or no Finance site",
        ));
    };
    let name = "demo".to_owned();
    let document = json!({
        "name": name,
        "domo": {"account": "domo", "dataset": dataset.id},
        "sharepoint": {"account": "sharepoint", "site": site.url, "folder": "Reports/Daily", "filename": {"custom": "sales.csv"}},
    });
    Ok(Job { name, document })
}

/// Compares the receipt with what the simulated SharePoint has on disk, and with what the DataSet was generated to be.
fn prove(receipt: &str, cloud: &Cloud, paint: Paint) -> Result<String, Error> {
    let receipt: Receipt = serde_json::from_str(receipt)
        .map_err(|cause| Error::failed("the receipt cannot be read").because(&cause))?;
    let files = cloud.state().graph.files();
    let stored = files
        .iter()
        .find(|file| file.path.ends_with("/Reports/Daily/sales.csv"));
    let stored =
        stored.ok_or_else(|| Error::failed("the simulated SharePoint does not hold the file"))?;
    let generated = cloud
        .description()
        .datasets
        .first()
        .map_or(0, |dataset| dataset.bytes);
    let differences = differences(&receipt, stored, generated);
    if !differences.is_empty() {
        return Err(Error::failed(format!(
            "the file is not what the receipt says: {}",
            differences.join(", ")
        )));
    }
    Ok(format!(
        "\n{} the simulated SharePoint holds `{}`\n  size          {} bytes, as the DataSet was generated and as the receipt says\n  \
         quickXorHash  {}, as the receipt says\n  sha256        {}\n",
        paint.tone(Tone::Good, "proved:"),
        stored.path,
        grouped(stored.size),
        stored.quick_xor_hash,
        stored.sha256,
    ))
}

fn differences(receipt: &Receipt, stored: &StoredFile, generated: u64) -> Vec<String> {
    let file = receipt.file.as_ref();
    let sizes = [
        ("generated", generated),
        (
            "receipt",
            file.and_then(|file| file.bytes).unwrap_or_default(),
        ),
    ];
    let hashes = [
        ("export", Some(&receipt.export.quickxor)),
        ("receipt", file.and_then(|file| file.quickxor.as_ref())),
    ];
    let size = sizes.iter().filter(|(_, size)| *size != stored.size);
    let hash = hashes
        .iter()
        .filter(|(_, hash)| hash.is_some_and(|hash| *hash != stored.quick_xor_hash));
    let size = size.map(|(whose, size)| format!("{whose} size {size}, stored {}", stored.size));
    size.chain(hash.map(|(whose, _)| format!("{whose} hash differs from the stored file's")))
        .collect()
}

fn next_steps(paint: Paint) -> String {
    format!(
        "\n{}\n  writeback simulate           keep such a cloud running, with a ready configuration to try things on\n  \
         writeback run --help         the same with your own accounts: the README has the first real job in five minutes\n",
        paint.tone(Tone::Strong, "Next"),
    )
}
