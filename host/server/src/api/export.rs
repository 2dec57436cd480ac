//! All that is known of a tenant, in one JSON document, but for secrets. It is written while it is read: a long history takes
//! no memory.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::accounts::Account;
use super::audit::AuditEntry;
use super::auth::{Admin, In};
use super::jobs::{Job, Revision};
use super::problem::Answer;
use super::runs::{LogLine, Run};
use super::schedules::JobSchedule;
use super::targets::{Delivery, Target};
use super::tenants::Tenant;
use super::tokens::Token;
use crate::App;
use crate::error::{Error, Result};
use crate::store::audit;
use crate::store::tenants::TenantRow;
use crate::store::{accounts, history, jobs, runs, schedules, targets, tokens};

/// Entries that are read at a time.
const PAGE: i64 = 500;
/// Bytes that are sent at a time.
const CHUNK: usize = 64 << 10;
/// Where lists of the newest first begin.
const NEWEST: &str = super::paging::NEWEST;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(export))
}

/// Exports a tenant: everything but secrets. The last member is `complete`; without it, the document ended early.
#[utoipa::path(get, path = "/tenants/{tenant}/export", tag = "tenants", params(("tenant" = String, Path)),
    security(("token" = ["admin"])), responses((status = 200, body = Object)))]
async fn export(State(app): State<App>, caller: In<Admin>) -> Answer<Response> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let name = &caller.tenant.name;
    caller
        .record(&mut tx, "tenant.export", name, json!({}), now)
        .await?;
    tx.commit().await?;
    let tenant = caller.tenant;
    let (sender, receiver) = mpsc::channel(2);
    let name = format!("attachment; filename=\"{}.json\"", tenant.name);
    tokio::spawn(async move {
        let mut out = Out {
            sender,
            buffer: Vec::new(),
            follows: false,
        };
        if let Err(error) = write(&app, &tenant, &mut out).await {
            tracing::error!(%error, tenant = tenant.id, "an export ended early");
            let _ = out
                .sender
                .send(Err(std::io::Error::other("it ended early")))
                .await;
        }
    });
    let chunks = stream::unfold(receiver, |mut receiver| async move {
        let chunk = receiver.recv().await?;
        Some((chunk, receiver))
    });
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, Body::from_stream(chunks)).into_response())
}

/// A JSON document in the making.
struct Out {
    sender: mpsc::Sender<std::io::Result<Bytes>>,
    buffer: Vec<u8>,
    /// Whether something came before in the same list or object.
    follows: bool,
}

impl Out {
    fn open(&mut self, name: &str, bracket: char) -> Result<()> {
        self.name(name)?;
        self.buffer.push(bracket as u8);
        self.follows = false;
        Ok(())
    }

    fn close(&mut self, bracket: char) {
        self.buffer.push(bracket as u8);
        self.follows = true;
    }

    fn name(&mut self, name: &str) -> Result<()> {
        self.comma();
        if !name.is_empty() {
            serde_json::to_writer(&mut self.buffer, name).map_err(Error::stored("a name"))?;
            self.buffer.push(b':');
        }
        Ok(())
    }

    fn comma(&mut self) {
        if std::mem::replace(&mut self.follows, true) {
            self.buffer.push(b',');
        }
    }

    /// A member, or an element where the name is empty. Waits until whoever reads has taken what came before.
    async fn put(&mut self, name: &str, value: &impl Serialize) -> Result<()> {
        self.name(name)?;
        let text = serde_json::to_vec(value).map_err(Error::stored("an entry"))?;
        self.buffer.extend_from_slice(&text);
        match self.buffer.len() >= CHUNK {
            true => self.flush().await,
            false => Ok(()),
        }
    }

    async fn flush(&mut self) -> Result<()> {
        let chunk = Bytes::from(std::mem::take(&mut self.buffer));
        let sent = self.sender.send(Ok(chunk)).await;
        sent.map_err(|_| Error::Setting("whoever asked for the export is gone".to_owned()))
    }
}

/// A list of all pages: each is read from after the last entry of the one before.
macro_rules! list {
    ($out:expr, $name:literal, $from:expr, |$after:ident| $rows:expr, $key:expr, |$row:ident| $put:expr) => {
        $out.open($name, '[')?;
        let mut next = Some($from);
        while let Some($after) = next.take() {
            let rows = $rows.await?;
            let full = rows.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
            next = rows.last().filter(|_| full).map($key);
            for $row in rows {
                $put;
            }
        }
        $out.close(']');
    };
}

async fn write(app: &App, tenant: &TenantRow, out: &mut Out) -> Result<()> {
    let (pool, id) = (app.db.pool(), tenant.id.as_str());
    out.open("", '{')?;
    out.put("exported_at_ms", &app.clock.now()).await?;
    out.put("tenant", &Tenant::from(tenant.clone())).await?;
    list!(
        out,
        "tokens",
        String::new(),
        |after| tokens::list(pool, id, &after, PAGE),
        |row| row.id.clone(),
        |row| {
            out.put("", &Token::from(row)).await?;
        }
    );
    list!(
        out,
        "accounts",
        String::new(),
        |after| accounts::list(pool, id, &after, PAGE),
        |row| row.name.clone(),
        |row| {
            out.put("", &Account::from(row)).await?;
        }
    );
    list!(
        out,
        "jobs",
        String::new(),
        |after| jobs::list(pool, id, &after, PAGE),
        |row| row.name.clone(),
        |row| {
            write_job(app, out, row).await?;
        }
    );
    list!(
        out,
        "runs",
        NEWEST.to_owned(),
        |before| runs::list(pool, id, &runs::Filter::default(), &before, PAGE),
        |row| row.id.clone(),
        |row| {
            write_run(app, out, row).await?;
        }
    );
    list!(
        out,
        "history",
        (String::new(), 0),
        |after| history::days(pool, id, &after.0, after.1, PAGE),
        |row| (row.0.clone(), row.1),
        |row| {
            out.put("", &day(&row)).await?;
        }
    );
    list!(
        out,
        "targets",
        String::new(),
        |after| targets::list(pool, id, &after, PAGE),
        |row| row.id.clone(),
        |row| {
            write_target(app, out, row).await?;
        }
    );
    list!(
        out,
        "audit",
        NEWEST.to_owned(),
        |before| audit::list(pool, id, &before, PAGE),
        |row| row.id.clone(),
        |row| {
            out.put("", &AuditEntry::from(row)).await?;
        }
    );
    out.put("complete", &true).await?;
    out.close('}');
    out.flush().await
}

/// A job with what it was, and its schedules.
async fn write_job(app: &App, out: &mut Out, row: jobs::JobRow) -> Result<()> {
    let (pool, tenant, job) = (app.db.pool(), row.tenant.clone(), row.id.clone());
    out.open("", '{')?;
    out.put("job", &Job::from(row)).await?;
    list!(
        out,
        "revisions",
        i64::MAX,
        |before| jobs::revisions(pool, &tenant, &job, before, PAGE),
        |row| row.revision,
        |row| {
            out.put("", &Revision::try_from(row)?).await?;
        }
    );
    out.open("schedules", '[')?;
    for row in schedules::of_job(pool, &tenant, &job).await? {
        out.put("", &JobSchedule::try_from(row)?).await?;
    }
    out.close(']');
    out.close('}');
    Ok(())
}

/// A run with its log.
async fn write_run(app: &App, out: &mut Out, row: runs::RunRow) -> Result<()> {
    let (pool, tenant, run) = (app.db.pool(), row.tenant.clone(), row.id.clone());
    out.open("", '{')?;
    out.put("run", &Run::from(row)).await?;
    list!(
        out,
        "log",
        0,
        |after| runs::logs(pool, &tenant, &run, after, PAGE),
        |row| row.seq,
        |row| {
            out.put("", &LogLine::from(row)).await?;
        }
    );
    out.close('}');
    Ok(())
}

/// A target with what was delivered to it.
async fn write_target(app: &App, out: &mut Out, row: targets::TargetRow) -> Result<()> {
    let (pool, tenant, target) = (app.db.pool(), row.tenant.clone(), row.id.clone());
    out.open("", '{')?;
    out.put("target", &Target::try_from(row)?).await?;
    list!(
        out,
        "deliveries",
        NEWEST.to_owned(),
        |before| targets::deliveries(pool, &tenant, &target, &before, PAGE),
        |row| row.id.clone(),
        |row| {
            out.put("", &Delivery::from(row)).await?;
        }
    );
    out.close('}');
    Ok(())
}

fn day((job, day, history): &(String, i64, history::History)) -> Value {
    json!({
        "job": job,
        "day": day,
        "done": history.done,
        "failed": history.failed,
        "cancelled": history.cancelled,
        "duration_ms": history.duration_ms,
        "bytes": history.bytes,
    })
}
