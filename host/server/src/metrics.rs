//! What is measured, for Prometheus.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use sqlx::Row as _;

use crate::App;
use crate::error::{Error, Result};
use crate::runner::Usage;
use crate::store::runs::RunRow;
use crate::time::{Millis, SECOND};
use crate::work::ending::Verdict;

/// Bounds of run durations in seconds: from a small file to the longest night.
const SECONDS: [f64; 12] = [
    1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 1_800.0, 3_600.0, 14_400.0,
];

/// What all names begin with.
const PREFIX: &str = "writeback";

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfState {
    tenant: String,
    state: String,
}

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
            registry: Registry::with_prefix(PREFIX),
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
    let now = gauges(app).await?;
    let mut text = String::new();
    encode_registry(&mut text, &app.metrics.registry)
        .and_then(|()| encode_registry(&mut text, &now))
        .and_then(|()| encode_eof(&mut text))
        .map_err(|cause| Error::Setting(cause.to_string()))?;
    Ok(text)
}

/// What is true now, and counted anew each time.
async fn gauges(app: &App) -> Result<Registry> {
    let mut registry = Registry::with_prefix(PREFIX);
    let runs = Family::<OfState, Gauge>::default();
    let ages = Family::<OfTenant, Gauge>::default();
    registry.register("runs", "Runs that are not over", runs.clone());
    registry.register_with_unit(
        "queue_age",
        "Age of the oldest run that waits",
        Unit::Seconds,
        ages.clone(),
    );
    let now = app.clock.now();
    let rows = sqlx::query(
        "SELECT tenant, state, COUNT(*) AS n, MIN(queued_at) AS oldest FROM runs WHERE state IN ('queued', 'admitted', 'running')
         GROUP BY tenant, state",
    )
    .fetch_all(app.db.pool())
    .await?;
    for row in rows {
        let (tenant, state): (String, String) = (row.try_get("tenant")?, row.try_get("state")?);
        if state == "queued" {
            let age = (now - row.try_get::<i64, _>("oldest")?).max(0) / SECOND;
            let tenant = tenant.clone();
            ages.get_or_create(&OfTenant { tenant }).set(age);
        }
        let count = row.try_get("n")?;
        runs.get_or_create(&OfState { tenant, state }).set(count);
    }
    let row = sqlx::query(
        "SELECT COUNT(*) AS n, CAST(COALESCE(SUM(slots), 0) AS BIGINT) AS slots FROM workers WHERE draining = 0 AND seen_at >= $1",
    )
    .bind(now - app.settings.lease_ms())
    .fetch_one(app.db.pool())
    .await?;
    let usage = app.runner.usage();
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let single: [(&str, &str, i64); 4] = [
        ("workers", "Workers that are alive", row.try_get("n")?),
        ("slots", "Their slots", row.try_get("slots")?),
        (
            "sandboxes",
            "Sandboxes under way in this process",
            number(usage.runs),
        ),
        (
            "tenants_open",
            "Tenants whose accounts and connections are at hand in this process",
            number(usage.tenants),
        ),
    ];
    for (name, help, value) in single {
        registry.register(name, help, ConstGauge::new(value));
    }
    registry.register_with_unit(
        "spool",
        "Bytes in spools of this process",
        Unit::Bytes,
        ConstGauge::new(number(usage.spool_bytes)),
    );
    Ok(registry)
}
