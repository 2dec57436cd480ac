//! What is measured, for Prometheus.

use std::fmt::Write as _;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use sqlx::Row as _;

use crate::App;
use crate::error::Result;
use crate::runner::Usage;
use crate::store::runs::RunRow;
use crate::time::Millis;
use crate::work::ending::Verdict;

/// Bounds of run durations in seconds: from a small file to the longest night.
const SECONDS: [f64; 12] = [
    1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 1_800.0, 3_600.0, 14_400.0,
];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfTenant {
    tenant: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Ended {
    tenant: String,
    result: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Limit {
    tenant: String,
    limit: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Direction {
    tenant: String,
    direction: &'static str,
}

/// Counters of this process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    attempts: Family<Ended, Counter>,
    durations: Family<OfTenant, Histogram, fn() -> Histogram>,
    bytes: Family<Direction, Counter>,
    requests: Family<OfTenant, Counter>,
    throttled: Family<OfTenant, Counter>,
    retries: Family<OfTenant, Counter>,
    limits: Family<Limit, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(SECONDS);
        let mut metrics = Self {
            registry: Registry::with_prefix("writeback"),
            attempts: Family::default(),
            durations: Family::new_with_constructor(histogram),
            bytes: Family::default(),
            requests: Family::default(),
            throttled: Family::default(),
            retries: Family::default(),
            limits: Family::default(),
        };
        let registry = &mut metrics.registry;
        registry.register(
            "run_attempts",
            "Attempts at runs that ended, by result",
            metrics.attempts.clone(),
        );
        registry.register_with_unit(
            "run_duration",
            "How long attempts took that went well",
            Unit::Seconds,
            metrics.durations.clone(),
        );
        registry.register_with_unit(
            "transferred",
            "Bytes received and sent by runs",
            Unit::Bytes,
            metrics.bytes.clone(),
        );
        registry.register(
            "requests",
            "Requests that runs sent",
            metrics.requests.clone(),
        );
        registry.register(
            "throttled",
            "Requests that a service answered 429 or 503",
            metrics.throttled.clone(),
        );
        registry.register(
            "retries",
            "Attempts that failed, and are made again",
            metrics.retries.clone(),
        );
        registry.register(
            "limits_reached",
            "Runs that a limit of their sandbox ended",
            metrics.limits.clone(),
        );
        metrics
    }
}

impl Metrics {
    /// Counts an attempt that ended.
    pub(crate) fn ended(&self, run: &RunRow, verdict: &Verdict, usage: &Usage, now: Millis) {
        let tenant = || run.tenant.clone();
        let result = match verdict {
            Verdict::Done(_) => "done",
            Verdict::Failed(_) => "failed",
            Verdict::Cancelled => "cancelled",
            Verdict::HandedBack => "handed-back",
            Verdict::Lost => "lost",
        };
        self.attempts
            .get_or_create(&Ended {
                tenant: tenant(),
                result,
            })
            .inc();
        if let (Verdict::Done(_), Some(started)) = (verdict, run.started_at) {
            let took = u32::try_from(now - started).unwrap_or(u32::MAX);
            self.durations
                .get_or_create(&OfTenant { tenant: tenant() })
                .observe(f64::from(took) / 1_000.0);
        }
        if let Verdict::Failed(failure) = verdict
            && failure.retry_after.is_some()
            && run.failures < run.retries
        {
            let label = OfTenant { tenant: tenant() };
            self.retries.get_or_create(&label).inc();
        }
        if let Verdict::Failed(failure) = verdict
            && let Some(limit) = &failure.limit
        {
            let label = Limit {
                tenant: tenant(),
                limit: limit.clone(),
            };
            self.limits.get_or_create(&label).inc();
        }
        for (direction, bytes) in [
            ("received", usage.received_bytes),
            ("sent", usage.sent_bytes),
        ] {
            self.bytes
                .get_or_create(&Direction {
                    tenant: tenant(),
                    direction,
                })
                .inc_by(bytes);
        }
        self.requests
            .get_or_create(&OfTenant { tenant: tenant() })
            .inc_by(usage.requests);
        self.throttled
            .get_or_create(&OfTenant { tenant: tenant() })
            .inc_by(usage.throttled);
    }
}

/// Everything, as Prometheus reads it: the counters of this process, and what the database says of the queue.
///
/// # Errors
/// The database's.
pub(crate) async fn text(app: &App) -> Result<String> {
    let mut text = String::new();
    let failed = |cause: std::fmt::Error| crate::error::Error::Setting(cause.to_string());
    prometheus_client::encoding::text::encode_registry(&mut text, &app.metrics.registry)
        .map_err(failed)?;
    queue(app, &mut text).await?;
    let usage = app.runner.usage();
    let gauges = [
        (
            "writeback_sandboxes",
            "Sandboxes under way in this process",
            usage.runs,
        ),
        (
            "writeback_tenants_open",
            "Tenants whose accounts and connections are at hand in this process",
            usage.tenants,
        ),
        (
            "writeback_spool_bytes",
            "Bytes in spools of this process",
            usage.spool_bytes,
        ),
    ];
    for (name, help, value) in gauges {
        writeln!(
            text,
            "# HELP {name} {help}.\n# TYPE {name} gauge\n{name} {value}"
        )
        .map_err(failed)?;
    }
    // The counters end with a mark of the end, which belongs behind the rest.
    Ok(text.replace("# EOF\n", "") + "# EOF\n")
}

async fn queue(app: &App, text: &mut String) -> Result<()> {
    let failed = |cause: std::fmt::Error| crate::error::Error::Setting(cause.to_string());
    let now = app.clock.now();
    let rows = sqlx::query(
        "SELECT tenant, state, COUNT(*) AS n, MIN(queued_at) AS oldest FROM runs WHERE state IN ('queued', 'admitted', 'running')
         GROUP BY tenant, state",
    )
    .fetch_all(app.db.pool())
    .await?;
    let mut ages = String::new();
    writeln!(
        text,
        "# HELP writeback_runs Runs that are not over.\n# TYPE writeback_runs gauge"
    )
    .map_err(failed)?;
    for row in rows {
        let (tenant, state): (String, String) = (row.try_get("tenant")?, row.try_get("state")?);
        let count: i64 = row.try_get("n")?;
        writeln!(
            text,
            "writeback_runs{{tenant=\"{tenant}\",state=\"{state}\"}} {count}"
        )
        .map_err(failed)?;
        if state == "queued" {
            let age = (now - row.try_get::<i64, _>("oldest")?).max(0) / 1_000;
            writeln!(
                ages,
                "writeback_queue_age_seconds{{tenant=\"{tenant}\"}} {age}"
            )
            .map_err(failed)?;
        }
    }
    write!(
        text,
        "# HELP writeback_queue_age_seconds Age of the oldest run that waits.\n# TYPE writeback_queue_age_seconds gauge\n{ages}"
    )
    .map_err(failed)?;
    let row = sqlx::query(
        "SELECT COUNT(*) AS n, CAST(COALESCE(SUM(slots), 0) AS BIGINT) AS slots FROM workers WHERE draining = 0 AND seen_at >= $1",
    )
    .bind(now - Millis::try_from(app.settings.lease.as_millis()).unwrap_or(30_000))
    .fetch_one(app.db.pool())
    .await?;
    let (workers, slots): (i64, i64) = (row.try_get("n")?, row.try_get("slots")?);
    for (name, help, value) in [
        ("writeback_workers", "Workers that are alive", workers),
        ("writeback_slots", "Their slots", slots),
    ] {
        writeln!(
            text,
            "# HELP {name} {help}.\n# TYPE {name} gauge\n{name} {value}"
        )
        .map_err(failed)?;
    }
    Ok(())
}
