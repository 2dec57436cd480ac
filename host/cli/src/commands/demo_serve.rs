//! `demo --serve`: the server with a simulated cloud behind it, two tenants, and jobs that run every minute. Everything is in
//! a temporary folder, which is removed at the end.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use writeback_client::{Api, Ask, Method};
use writeback_cloud::Description;

use super::demo::simulated;
use super::serve::{self, Operator};
use crate::cli::{Demo, LogFormat, Serve};
use crate::config;
use crate::error::Error;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::render::paint::{Paint, Tone};
use crate::render::units::{bytes, counted, duration};
use crate::settings::{Settings, Talk};

/// The tenants, and the site that each writes to.
const TENANTS: [(&str, &str); 2] = [("finance", "Finance"), ("marketing", "Marketing")];
/// How errors call what is asked of it.
const WHAT: &str = "the demo's own server";
/// How often the history is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Serves until a signal.
pub async fn demo_serve(arguments: &Demo, settings: &Settings) -> Result<Exit, Error> {
    let mut interrupt = Interrupt::listen()?;
    let (folder, cloud) = simulated(arguments.rows).await?;
    let operator = Operator {
        config: operator_config(&cloud.description().config)?,
        allow_endpoints: true,
        ..Operator::default()
    };
    // Its master key goes with the folder.
    let quiet = Settings {
        talk: Talk::Quiet,
        ..settings.clone()
    };
    let mut server = serve::start(&serving(folder.path(), arguments), operator, &quiet).await?;
    let token = server.take_first_token().unwrap_or_default();
    let api = writeback_client::api(&format!("http://{}", server.address()), &token);
    let api = Server(api.map_err(failed)?);
    let mut tenants = Vec::new();
    for (name, site) in TENANTS {
        let token = settle(&api, cloud.description(), name, site).await?;
        tenants.push((name, token));
    }
    eprint!(
        "{}",
        introduction(server.address(), &token, &tenants, settings.stderr)
    );
    let mut told = HashSet::new();
    loop {
        tokio::select! {
            () = interrupt.next() => break,
            () = tokio::time::sleep(LOOK) => tell(&api, &mut told, settings.stderr).await?,
        }
    }
    server
        .stop()
        .await
        .map_err(|cause| Error::failed(cause.to_string()))?;
    cloud.stop().await;
    Ok(Exit::Done)
}

/// What the simulated cloud's own configuration allows, without its accounts.
fn operator_config(file: &Path) -> Result<writeback_host::config::Config, Error> {
    let mut config = config::load(file)?;
    config.accounts.clear();
    Ok(config)
}

fn serving(folder: &Path, arguments: &Demo) -> Serve {
    Serve {
        data: folder.join("server"),
        database: None,
        database_file: None,
        roles: Vec::new(),
        listen: arguments
            .listen
            .unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 8420))),
        tls_certificate: None,
        tls_key: None,
        master_key: None,
        previous_master_key: None,
        settings: None,
        slots: 4,
        lease: 30,
        drain: 5,
        machine: None,
        log_format: LogFormat::Text,
        otlp: None,
    }
}

/// Makes a tenant with its accounts, a job and a schedule, starts the job once, and returns a token of the tenant.
async fn settle(
    api: &Server,
    cloud: &Description,
    tenant: &str,
    site: &str,
) -> Result<String, Error> {
    let found = cloud.sites.iter().find(|known| known.name == site);
    let site = found
        .or(cloud.sites.first())
        .map_or("", |site| site.url.as_str());
    let dataset = cloud
        .datasets
        .first()
        .map_or("", |dataset| dataset.id.as_str());
    api.post(
        &["tenants"],
        &json!({ "name": tenant, "title": format!("The {tenant} department") }),
    )
    .await?;
    let domo = json!({
        "kind": "domo", "client_id": cloud.domo_client.id, "client_secret": { "value": cloud.domo_client.secret },
        "endpoints": { "api": cloud.domo },
    });
    let sharepoint = json!({
        "kind": "entra", "tenant": cloud.tenant, "client_id": cloud.entra_client.id,
        "client_secret": { "value": cloud.entra_client.secret },
        "hosts": [cloud.upload], "endpoints": { "login": cloud.login, "graph": cloud.graph },
    });
    for (name, account) in [("domo", domo), ("sharepoint", sharepoint)] {
        api.post(
            &["tenants", tenant, "accounts"],
            &json!({ "name": name, "account": account }),
        )
        .await?;
    }
    let job = json!({
        "name": "daily-sales",
        "description": "Writes the DataSet to the department's site every minute",
        "job": {
            "name": "daily-sales",
            "domo": { "account": "domo", "dataset": dataset },
            "sharepoint": { "account": "sharepoint", "site": site, "folder": "Reports", "filename": { "custom": format!("{tenant}.csv") } },
        },
    });
    api.post(&["tenants", tenant, "jobs"], &job).await?;
    let every_minute = json!({ "when": { "kind": "interval", "every": 1, "unit": "minutes" } });
    api.post(
        &["tenants", tenant, "jobs", "daily-sales", "schedules"],
        &every_minute,
    )
    .await?;
    api.post(
        &["tenants", tenant, "jobs", "daily-sales", "runs"],
        &json!({}),
    )
    .await?;
    let token = api
        .post(
            &["tenants", tenant, "tokens"],
            &json!({ "name": "demo", "role": "admin" }),
        )
        .await?;
    Ok(token["text"].as_str().unwrap_or_default().to_owned())
}

fn introduction(
    address: SocketAddr,
    token: &str,
    tenants: &[(&str, String)],
    paint: Paint,
) -> String {
    let mut text = format!(
        "{}\n  API           http://{address}/docs\n  installation  WRITEBACK_TOKEN={token}\n",
        paint.tone(
            Tone::Strong,
            "A server with two tenants runs on this machine, a simulated cloud behind it."
        ),
    );
    for (name, token) in tenants {
        text += &format!("  {name:<12}  WRITEBACK_TOKEN={token}\n");
    }
    text + &format!(
        "\n{}\n  WRITEBACK_TOKEN=… writeback --server http://{address} run list\n  \
         WRITEBACK_TOKEN=… writeback --server http://{address} job show daily-sales\n  \
         curl -H 'Authorization: Bearer …' http://{address}/v1/tenants/finance/jobs\n\n\
         Each tenant has a job that runs every minute. Ctrl-C ends the demo and removes everything.\n\n",
        paint.tone(Tone::Strong, "Try, with one of the tokens"),
    )
}

/// A line for each run that is over since the last time.
async fn tell(api: &Server, told: &mut HashSet<String>, paint: Paint) -> Result<(), Error> {
    for (tenant, _) in TENANTS {
        let runs = api.get(&["tenants", tenant, "runs"]).await?;
        for run in runs["items"].as_array().into_iter().flatten().rev() {
            let id = run["id"].as_str().unwrap_or_default();
            let Some(ended) = run["ended_at_ms"].as_i64() else {
                continue;
            };
            if told.insert(id.to_owned()) {
                eprintln!("{}", line(tenant, run, ended, paint));
            }
        }
    }
    Ok(())
}

fn line(tenant: &str, run: &Value, ended: i64, paint: Paint) -> String {
    let started = run["started_at_ms"].as_i64().unwrap_or(ended);
    let took = duration(u64::try_from(ended - started).unwrap_or_default());
    let what = match run["state"].as_str() {
        Some("done") => {
            let rows = run["receipt"]["export"]["rows"]
                .as_u64()
                .unwrap_or_default();
            let size = run["receipt"]["file"]["bytes"].as_u64().unwrap_or_default();
            format!(
                "{} {}, {}",
                paint.tone(Tone::Good, "done"),
                counted(rows, "row", "rows"),
                bytes(size)
            )
        }
        _ => format!(
            "{} {}",
            paint.tone(Tone::Bad, run["state"].as_str().unwrap_or("?")),
            run["failure"]["message"].as_str().unwrap_or_default()
        ),
    };
    let cause = run["cause"].as_str().unwrap_or_default();
    format!("{tenant:<10} daily-sales  {what} in {took} ({cause})")
}

/// The API of the demo's own server.
struct Server(Api);

impl Server {
    async fn get(&self, path: &[&str]) -> Result<Value, Error> {
        self.ask(Ask::new(Method::GET, WHAT, path).query("limit", 20))
            .await
    }

    async fn post(&self, path: &[&str], body: &Value) -> Result<Value, Error> {
        let ask = Ask::new(Method::POST, WHAT, path).json(body);
        self.ask(ask.map_err(failed)?).await
    }

    async fn ask(&self, ask: Ask<'_>) -> Result<Value, Error> {
        Ok(self.0.send(ask).await.map_err(failed)?.value)
    }
}

fn failed(cause: writeback_client::Error) -> Error {
    Error::failed(cause.message.clone())
}
